"""Let a month have a tally for each filter that was asked for."""

from django.db import migrations, models


def forget_filtered_months(apps, schema_editor):
    apps.get_model("insights", "MonthTally").objects.exclude(filter_key="").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0004_name_month_tallies"),
    ]

    operations = [
        migrations.AddField("monthtally", "filter_key", models.CharField(blank=True, db_default="", max_length=32)),
        migrations.AddField("monthtally", "made_at", models.BigIntegerField(db_default=0)),
        migrations.RemoveConstraint("monthtally", "insights_monthtally_key"),
        migrations.AddConstraint(
            "monthtally",
            models.UniqueConstraint(fields=("user", "first_day", "filter_key"), name="insights_monthtally_key"),
        ),
        # Without these columns a month can have one tally alone.
        migrations.RunPython(migrations.RunPython.noop, forget_filtered_months),
    ]
