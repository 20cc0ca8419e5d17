"""Rename the columns of client IPs; their values stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_normalize_emails")]

    operations = [
        migrations.RenameField(model_name="session", old_name="last_address", new_name="last_client_ip"),
        migrations.RenameField(model_name="auditevent", old_name="address", new_name="client_ip"),
        migrations.AlterField(
            model_name="auditevent",
            name="detail",
            field=models.CharField(blank=True, help_text="A fixed word, never text of a client.", max_length=64),
        ),
    ]
