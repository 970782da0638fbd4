"""The switch of the network identity, and its one row, switched on (R2.13)."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def add_the_row(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    apps.get_model("otp", "NetworkSwitch").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("otp", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="NetworkSwitch",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "enabled",
                    models.BooleanField(
                        default=True,
                        help_text="Sin marcar, todos reciben el código por SMS. Rige al guardar, sin reiniciar nada.",
                        verbose_name="identificar por la red móvil",
                    ),
                ),
            ],
            options={
                "verbose_name": "identificación por la red",
                "verbose_name_plural": "identificación por la red",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="network_switch_is_one_row")
                ],
            },
        ),
        migrations.RunPython(add_the_row, migrations.RunPython.noop),
    ]
