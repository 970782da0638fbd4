from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_line_of_an_account_once")]

    operations = [
        migrations.AlterModelOptions(
            name="ticket",
            options={
                "ordering": ["-number"],
                "permissions": [("view_personal_data", "Puede ver los datos marcados como personales")],
                "verbose_name": "solicitud",
                "verbose_name_plural": "solicitudes",
            },
        ),
    ]
