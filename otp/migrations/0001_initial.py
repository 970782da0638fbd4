import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def load(apps, schema_editor):
    """Add the one row of the network identity's switch, switched on (R2.13)."""
    apps.get_model("otp", "NetworkSwitch").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("phone", models.CharField(max_length=16, verbose_name="número móvil")),
                (
                    "channel",
                    models.CharField(
                        choices=[("sms", "SMS"), ("email", "Correo")], max_length=5, verbose_name="canal"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="enviada")),
                ("expires_at", models.DateTimeField(verbose_name="vence")),
                ("used_at", models.DateTimeField(null=True, verbose_name="primer ingreso con ella")),
                ("actor", models.CharField(blank=True, max_length=150, verbose_name="quién")),
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
                "verbose_name": "invitación",
                "verbose_name_plural": "invitaciones",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Challenge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("leased_until", models.DateTimeField(null=True, verbose_name="tomado hasta")),
                ("lease_token", models.CharField(blank=True, max_length=32)),
                ("phone", models.CharField(max_length=16, verbose_name="número móvil")),
                ("session_ref", models.CharField(max_length=64)),
                ("nonce", models.CharField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField(verbose_name="pedido")),
                ("expires_at", models.DateTimeField(verbose_name="vence")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="intentos")),
                ("used_at", models.DateTimeField(null=True, verbose_name="usado")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="anulado")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("pending", "Por enviar"),
                            ("handled", "Atendido"),
                            ("failed", "No enviado"),
                            ("doubtful", "Sin confirmar"),
                            ("expired", "Vencido sin enviar"),
                            ("limit", "No enviado: límite del día"),
                        ],
                        default="pending",
                        max_length=8,
                        verbose_name="envío",
                    ),
                ),
                ("send_attempts", models.PositiveSmallIntegerField(default=0)),
                ("maybe_sent", models.PositiveSmallIntegerField(default=0)),
                ("handled_at", models.DateTimeField(null=True, verbose_name="atendido")),
                ("provider_id", models.CharField(blank=True, max_length=64)),
                (
                    "delivery",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accepted", "Aceptado por el proveedor"),
                            ("delivered", "Entregado"),
                            ("undelivered", "No entregado"),
                        ],
                        max_length=11,
                        verbose_name="entrega",
                    ),
                ),
                (
                    "provider_error",
                    models.CharField(blank=True, max_length=100, verbose_name="motivo del proveedor"),
                ),
                ("reported_at", models.DateTimeField(null=True, verbose_name="informado")),
                ("poll_at", models.DateTimeField(null=True)),
                (
                    "invitation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="otp.invitation",
                    ),
                ),
            ],
            options={
                "verbose_name": "código enviado",
                "verbose_name_plural": "códigos enviados",
            },
        ),
        migrations.CreateModel(
            name="LimitUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="limit_use_at")],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "number"), name="limit_use_numbered_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="NetworkSwitch",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
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
        migrations.CreateModel(
            name="PhoneLockout",
            fields=[
                (
                    "phone",
                    models.CharField(
                        max_length=16, primary_key=True, serialize=False, verbose_name="número móvil"
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="fallos seguidos")),
                (
                    "trusted_failures",
                    models.PositiveIntegerField(
                        db_default=0, default=0, verbose_name="fallos de quien es conocido"
                    ),
                ),
                ("locks", models.PositiveSmallIntegerField(default=0, verbose_name="esperas seguidas")),
                ("locked_at", models.DateTimeField(null=True, verbose_name="en espera desde")),
                ("locked_until", models.DateTimeField(null=True, verbose_name="en espera hasta")),
                ("tried_at", models.DateTimeField(null=True, verbose_name="último intento")),
            ],
            options={
                "verbose_name": "número en espera",
                "verbose_name_plural": "números en espera",
                "indexes": [
                    models.Index(fields=["tried_at"], name="phone_lockout_tried"),
                    models.Index(
                        condition=models.Q(("failures__gte", 100)),
                        fields=["failures"],
                        name="phone_lockout_stopped",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
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
                            ("asked", "Código pedido"),
                            ("sent", "Envío del código"),
                            ("reported", "Entrega del SMS"),
                            ("verified", "Ingreso"),
                            ("failed", "Código no aceptado"),
                            ("locked", "Comienzo de espera"),
                            ("unlocked", "Espera levantada"),
                            ("invited", "Enlace enviado"),
                            ("ignored", "Identificación por la red no aceptada"),
                        ],
                        max_length=8,
                        verbose_name="qué",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pin", "PIN"),
                            ("network", "Red móvil"),
                            ("sms", "SMS"),
                            ("email", "Correo"),
                        ],
                        max_length=7,
                        verbose_name="medio",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("done", "Hecho"),
                            ("limit", "Límite alcanzado"),
                            ("nobody", "Número no registrado: sin SMS"),
                            ("unsent", "No se pudo enviar"),
                            ("doubtful", "Enviado, sin confirmar"),
                            ("expired", "Venció sin enviar"),
                            ("arrived", "Entregado"),
                            ("lost", "No entregado"),
                            ("wrong", "Código equivocado"),
                            ("dead", "Código ya sin validez"),
                            ("waiting", "Número en espera"),
                            ("nothing", "No había nada que levantar"),
                            ("nonumber", "Sin un número móvil completo"),
                            ("unsigned", "Sin una firma válida"),
                            ("stale", "Firmada hace demasiado, o con otro reloj"),
                            ("reused", "Con una firma ya usada"),
                        ],
                        max_length=8,
                        verbose_name="resultado",
                    ),
                ),
                ("phone_tail", models.CharField(max_length=3, verbose_name="número, final")),
                ("phone_hash", models.CharField(max_length=64)),
                ("session_hash", models.CharField(blank=True, max_length=64, verbose_name="sesión")),
                ("actor", models.CharField(blank=True, max_length=150, verbose_name="quién")),
                ("reason", models.CharField(blank=True, max_length=100, verbose_name="motivo")),
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
                "verbose_name": "evento de seguridad",
                "verbose_name_plural": "auditoría de ingresos",
                "ordering": ["-at", "-pk"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["phone_hash", "at"], name="audit_phone_at"),
                    models.Index(fields=["at"], name="audit_at"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["phone", "channel", "created_at"], name="invitation_phone_channel"),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["created_at"], name="invitation_created"),
        ),
        migrations.AddIndex(
            model_name="challenge",
            index=models.Index(fields=["outcome", "created_at"], name="challenge_outcome_created"),
        ),
        migrations.AddIndex(
            model_name="challenge",
            index=models.Index(fields=["session_ref", "created_at"], name="challenge_session_created"),
        ),
        migrations.AddIndex(
            model_name="challenge",
            index=models.Index(fields=["created_at"], name="challenge_created"),
        ),
        migrations.AddIndex(
            model_name="challenge",
            index=models.Index(fields=["provider_id"], name="challenge_provider_id"),
        ),
        migrations.AddIndex(
            model_name="challenge",
            index=models.Index(fields=["poll_at"], name="challenge_poll_at"),
        ),
        migrations.AddIndex(
            model_name="challenge",
            index=models.Index(
                condition=models.Q(("maybe_sent__gt", 0)), fields=["created_at"], name="challenge_sms"
            ),
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
