"""Prepare the tables for being spread by person, and let the planner trust no statistics of the person's key.

With statistics from before a person's first push, PostgreSQL took that person's rows for few and walked all of them for
each key that a push looks up (25 s instead of 3 ms for 500 keys). Without statistics it takes each person's rows for a
two-hundredth of the table, and looks keys up by the unique key.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# In the order in which a push locks them.
TABLES = ("sync_syncstate", "sync_browser", "sync_pagevisit", "sync_tabaggregate", "sync_syncbatch")


def without_statistics(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            # Only ALTER TYPE drops the statistics there are. The type stays, so no row is rewritten.
            schema_editor.execute(f"ALTER TABLE {table} ALTER user_id TYPE bigint, ALTER user_id SET STATISTICS 0")


def with_statistics(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} ALTER user_id SET STATISTICS -1")


def person(field=models.ForeignKey, **options):
    return field(
        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, **options
    )


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0003_unknown_durations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            "syncstate",
            "user",
            person(models.OneToOneField, primary_key=True, related_name="sync_state", serialize=False),
        ),
        migrations.AlterField("browser", "user", person(db_index=False, related_name="browsers")),
        migrations.AlterField("pagevisit", "user", person(db_index=False, related_name="+")),
        migrations.AlterField("tabaggregate", "user", person(db_index=False, related_name="+")),
        migrations.AlterField("syncbatch", "user", person(db_index=False, related_name="+")),
        migrations.RunPython(without_statistics, with_statistics),
    ]
