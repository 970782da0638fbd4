from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=20, primary_key=True, serialize=False, verbose_name="proceso"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="última señal")),
                ("since", models.DateTimeField(verbose_name="sin interrupción desde")),
                ("clock_skew", models.FloatField(null=True)),
                ("holder", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("held_until", models.DateTimeField(null=True)),
                ("second_at", models.DateTimeField(null=True)),
                ("second", models.CharField(blank=True, db_default="", default="", max_length=120)),
            ],
            options={
                "verbose_name": "señal de vida",
                "verbose_name_plural": "operación",
            },
        ),
        migrations.CreateModel(
            name="WebErrors",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("minute", models.DateTimeField(unique=True)),
                ("count", models.PositiveIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40, verbose_name="alarma")),
                ("detail", models.CharField(max_length=300, verbose_name="detalle")),
                ("raised_at", models.DateTimeField(verbose_name="desde")),
                ("cleared_at", models.DateTimeField(null=True, verbose_name="hasta")),
            ],
            options={
                "verbose_name": "alarma",
                "verbose_name_plural": "alarmas",
                "ordering": ["-raised_at", "-pk"],
                "indexes": [models.Index(fields=["raised_at"], name="alarm_raised_at")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at", None)), fields=("kind",), name="alarm_open_once"
                    )
                ],
            },
        ),
    ]
