"""Delete the failed sign-ins that an earlier version kept by e-mail address and client IP. Nothing reads them now.

The empty table stays, because the earlier version may still run beside this one.
"""

from typing import Any

from django.db import migrations


def forget(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    if "axes_accessattempt" in connection.introspection.table_names():
        schema_editor.execute("DELETE FROM axes_accessattempt")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_personal_tokens")]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
