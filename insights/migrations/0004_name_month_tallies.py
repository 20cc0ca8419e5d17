from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0003_category_rules"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="monthtally",
            options={"verbose_name_plural": "month tallies"},
        ),
    ]
