import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("attachments", "0001_initial"),
        ("companies", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stagedfile",
            name="administrator",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="companies.administrator",
            ),
        ),
    ]
