"""Find counts of past windows by an index: each new row deletes some of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_connect_answers")]
    operations = [
        migrations.AddIndex(
            model_name="ratecount",
            index=models.Index(fields=["ends_at"], name="accounts_ratecount_ends"),
        ),
    ]
