import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def without_statistics(apps, schema_editor):
    # See the migration sync.0004.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE insights_categoryrule ALTER user_id SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0002_spread_by_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CategoryRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=253)),
                ("path", models.CharField(blank=True, max_length=512)),
                ("category", models.CharField(max_length=64)),
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
                "constraints": [
                    models.UniqueConstraint(fields=("user", "site", "path"), name="insights_categoryrule_key")
                ],
            },
        ),
        migrations.RunPython(without_statistics, migrations.RunPython.noop),
    ]
