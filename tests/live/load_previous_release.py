"""Makes a database as the previous release left it: its tables, and the rows that it stored.

`python -m tests.live.load_previous_release` writes to DATABASE_URL. The rows were made by that release itself.
"""

import json
import os
from pathlib import Path
from typing import Final

# The last migrations of that release. Tables of other programs have not changed since.
LAST: Final = (
    ("accounts", "0004_second_step"),
    ("insights", "0001_initial"),
    ("sync", "0002_reading_index"),
    ("sessions", "0001_initial"),
    ("otp_totp", "0003_add_timestamps"),
    ("admin", "0003_logentry_add_action_flag_choices"),
)
CONTENT: Final = json.loads((Path(__file__).parent / "previous_release.json").read_text(encoding="utf-8"))


def load():
    """Migrate to these migrations, and insert the rows by the models of then."""
    from django.core.management import call_command
    from django.core.management.color import no_style
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    for app, name in LAST:
        call_command("migrate", app, name, verbosity=0)
    apps = MigrationExecutor(connection).loader.project_state(list(LAST)).apps
    models = []
    for row in CONTENT["rows"]:
        model = apps.get_model(row["model"])
        values = {"pk": row["pk"]}
        for name, value in row["fields"].items():
            field = model._meta.get_field(name)
            if not field.many_to_many:
                values[field.attname] = field.to_python(value)
        model.objects.create(**values)
        models.append(model)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(dict.fromkeys(models))):
            cursor.execute(statement)
        # That release counted failed sign-ins in a table of another package.
        cursor.execute("CREATE TABLE axes_accessattempt (id integer PRIMARY KEY, username varchar(255))")
        cursor.execute("INSERT INTO axes_accessattempt VALUES (1, 'alice@example.org')")


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "syncserver.settings"
    django.setup()
    load()
