import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("contact", "Cambio de contacto"),
                            ("granted", "Empresa asignada"),
                            ("revoked", "Empresa retirada"),
                            ("activated", "Activación"),
                            ("deactivated", "Desactivación"),
                        ],
                        db_default="contact",
                        default="contact",
                        max_length=11,
                        verbose_name="qué",
                    ),
                ),
                ("old_phone", models.CharField(max_length=16, verbose_name="número anterior")),
                ("new_phone", models.CharField(max_length=16, verbose_name="número nuevo")),
                ("old_email", models.EmailField(max_length=254, verbose_name="correo anterior")),
                ("new_email", models.EmailField(max_length=254, verbose_name="correo nuevo")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Por confirmar"),
                            ("applied", "Hecho"),
                            ("rejected", "Rechazado"),
                        ],
                        max_length=8,
                        verbose_name="estado",
                    ),
                ),
                ("requested_at", models.DateTimeField(verbose_name="pedido")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decidido")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="motivo")),
                (
                    "administrator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_changes",
                        to="companies.administrator",
                        verbose_name="administrador",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                        verbose_name="empresa",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lo decidió",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lo pidió",
                    ),
                ),
            ],
            options={
                "verbose_name": "cambio de administrador",
                "verbose_name_plural": "cambios de administradores",
                "ordering": ["-requested_at", "-pk"],
                "permissions": [("confirm_contactchange", "Can confirm cambio de administrador")],
                "indexes": [models.Index(fields=["requested_at"], name="contact_change_at")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("company", None), ("state", "pending")),
                        fields=("administrator",),
                        name="contact_change_pending_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "pending")),
                        fields=("administrator", "company"),
                        name="company_change_pending_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "rejected"),
                            models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="contact_change_by_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="cuándo")),
                ("address", models.CharField(blank=True, max_length=43, verbose_name="dirección de red")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "Ingreso"),
                            ("wrong", "Usuario o contraseña incorrectos"),
                            ("locked", "Comienzo de bloqueo"),
                            ("refused", "Rechazado: demasiados intentos"),
                            ("signed_out", "Salida"),
                            ("expired", "Sesión vencida"),
                        ],
                        max_length=10,
                        verbose_name="qué",
                    ),
                ),
                ("name", models.CharField(max_length=150, verbose_name="usuario escrito")),
                ("name_hash", models.CharField(max_length=64)),
                ("known_browser", models.BooleanField(default=False, verbose_name="navegador conocido")),
                ("request_id", models.CharField(blank=True, max_length=32, verbose_name="referencia")),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="usuario",
                    ),
                ),
            ],
            options={
                "verbose_name": "ingreso del personal",
                "verbose_name_plural": "ingresos del personal",
                "ordering": ["-at", "-pk"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["name_hash", "at"], name="sign_in_name_at"),
                    models.Index(fields=["at"], name="sign_in_at"),
                ],
            },
        ),
    ]
