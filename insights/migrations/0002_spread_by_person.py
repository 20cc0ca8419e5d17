"""Prepare the month tallies for being spread by person: see the migration of the same name in sync."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def without_statistics(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE insights_monthtally ALTER user_id TYPE bigint, ALTER user_id SET STATISTICS 0"
        )


def with_statistics(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE insights_monthtally ALTER user_id SET STATISTICS -1")


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            "monthtally",
            "user",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(without_statistics, with_statistics),
    ]
