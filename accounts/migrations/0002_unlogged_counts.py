"""Keep rate counts out of PostgreSQL's write-ahead log: see RateCount."""

from typing import Any

from django.db import migrations


def set_unlogged(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE accounts_ratecount SET UNLOGGED")


def set_logged(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE accounts_ratecount SET LOGGED")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(set_unlogged, set_logged)]
