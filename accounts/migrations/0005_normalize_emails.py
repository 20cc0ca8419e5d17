"""Bring addresses into NFKC, in which they are compared from now on; until now they were only in lower case.

An address that would become another person's, or too long, stays as it is, and its person signs in by that spelling.
An address that changes counts as not confirmed: the link was followed by a reader of the other spelling.
"""

import unicodedata
from typing import Any

from django.db import migrations

LENGTH = 254


def normalized(email: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).lower()).strip()


def normalize_emails(apps: Any, schema_editor: Any) -> None:
    people = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    # Read to the end before the first change: SQLite cannot change a table under an open cursor.
    odd = [
        (pk, email, pending)
        for pk, email, pending in people.order_by("pk").values_list("pk", "email", "pending_email").iterator()
        if (normalized(email), normalized(pending)) != (email, pending)
    ]
    for pk, email, pending in odd:
        new, new_pending = normalized(email), normalized(pending)
        if len(new_pending) <= LENGTH:
            people.filter(pk=pk).update(pending_email=new_pending)
        if new != email and len(new) <= LENGTH and not people.filter(email=new).exists():
            people.filter(pk=pk).update(email=new, email_confirmed_at=None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_second_step")]
    operations = [migrations.RunPython(normalize_emails, migrations.RunPython.noop)]
