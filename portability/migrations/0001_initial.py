"""Create the imports and their staged batches, without statistics of the person's key: see the migration sync.0004."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def without_statistics(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in ("portability_import", "portability_stagedbatch"):
            schema_editor.execute(f"ALTER TABLE {table} ALTER user_id SET STATISTICS 0")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("family", models.CharField(max_length=16)),
                ("label", models.CharField(blank=True, max_length=64)),
                ("client_id", models.CharField(help_text="Of records that name no browser.", max_length=64)),
                ("browsers", models.JSONField(default=list, help_text="The browsers that an export restores.")),
                ("file_sha256", models.CharField(max_length=64)),
                (
                    "counts",
                    models.JSONField(
                        default=dict, help_text="Rows of the file: kept, or the reason for being left out."
                    ),
                ),
                ("notes", models.JSONField(default=list, help_text="Sentences for the person.")),
                ("examples", models.JSONField(default=list, help_text="A few of the visits, for the preview.")),
                ("first_at", models.BigIntegerField(null=True)),
                ("last_at", models.BigIntegerField(null=True)),
                ("is_staged", models.BooleanField(default=False, help_text="Whether the whole file was read.")),
                ("leave_out", models.JSONField(default=list, help_text="Patterns of pages that are not stored.")),
                ("stored", models.JSONField(help_text="Kept visits by their fate so far.", null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("finished_at", models.DateTimeField(null=True)),
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
        ),
        migrations.CreateModel(
            name="StagedBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("page-visits", "page visits"), ("tab-aggregates", "tab aggregates")], max_length=16
                    ),
                ),
                ("records", models.BinaryField()),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="portability.import",
                    ),
                ),
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
                "verbose_name_plural": "staged batches",
            },
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(fields=["user", "created_at"], name="portability_import_user"),
        ),
        migrations.AddConstraint(
            model_name="stagedbatch",
            constraint=models.UniqueConstraint(fields=("user", "source", "number"), name="portability_stagedbatch_key"),
        ),
        migrations.RunPython(without_statistics, migrations.RunPython.noop),
    ]
