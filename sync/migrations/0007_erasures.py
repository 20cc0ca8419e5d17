import secrets

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sync.models


def give_each_person_a_key(apps, schema_editor):
    # The default gave the same key to every row. One statement a person, which Citus sends to that person's worker.
    states = apps.get_model("sync", "SyncState").objects
    for user_id in list(states.values_list("pk", flat=True)):
        states.filter(pk=user_id).update(erasure_key=secrets.token_bytes(32))


def without_statistics(apps, schema_editor):
    # As in sync.0004.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE sync_erasure ALTER user_id SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0006_browser_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("syncbatch", "erased", models.PositiveIntegerField(default=0)),
        migrations.AddField("syncstate", "erased_before", models.BigIntegerField(default=0)),
        migrations.AddField(
            "syncstate", "erasure_key", models.BinaryField(default=sync.models.new_erasure_key, max_length=32)
        ),
        migrations.AddField(
            "syncstate",
            "keep_months",
            models.PositiveSmallIntegerField(help_text="Null keeps records for good.", null=True),
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField()),
                ("erased_at", models.BigIntegerField()),
                ("domain_hash", models.BinaryField(max_length=32, null=True)),
                ("id_hashes", models.BinaryField(help_text="Hashes of 16 bytes, one after another.", null=True)),
                ("starts_at", models.BigIntegerField(null=True)),
                ("ends_at", models.BigIntegerField(null=True)),
                ("client_id", models.CharField(max_length=64, null=True)),
                ("is_retention", models.BooleanField(default=False)),
                ("page_visits", models.PositiveIntegerField(default=0, help_text="Erased so far.")),
                ("tab_aggregates", models.PositiveIntegerField(default=0, help_text="Erased or rewritten so far.")),
                ("is_done", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "seq"), name="sync_erasure_key")],
            },
        ),
        migrations.RunPython(give_each_person_a_key, migrations.RunPython.noop),
        migrations.RunPython(without_statistics, migrations.RunPython.noop),
    ]
