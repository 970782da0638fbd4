import companies.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("leased_until", models.DateTimeField(null=True, verbose_name="tomado hasta")),
                ("lease_token", models.CharField(blank=True, max_length=32)),
                ("dedup_key", models.CharField(max_length=120, verbose_name="clave")),
                ("subject_ref", models.CharField(max_length=60, verbose_name="asunto de")),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "Correo"), ("sms", "SMS")], max_length=5, verbose_name="canal"
                    ),
                ),
                ("kind", models.CharField(blank=True, max_length=60, verbose_name="mensaje")),
                ("to", models.CharField(max_length=254, verbose_name="destinatario")),
                ("reply_to", models.CharField(blank=True, max_length=254, verbose_name="responder a")),
                ("facts", models.TextField(blank=True, editable=False)),
                ("template_version", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "stored_subject",
                    models.CharField(blank=True, db_column="subject", editable=False, max_length=200),
                ),
                ("stored_text", models.TextField(blank=True, db_column="text", editable=False)),
                ("stored_html", models.TextField(blank=True, db_column="html", editable=False)),
                ("message_id", models.CharField(max_length=200, verbose_name="Message-ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Por enviar"),
                            ("sending", "Enviando"),
                            ("sent", "Enviado"),
                            ("delivered", "Entregado"),
                            ("failed", "Rechazado por el destino"),
                            ("dead", "Abandonado"),
                            ("held", "Espera a un asesor"),
                            ("dropped", "Descartado"),
                        ],
                        default="queued",
                        max_length=9,
                        verbose_name="estado",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="intentos")),
                ("next_at", models.DateTimeField(verbose_name="próximo intento")),
                ("give_up_at", models.DateTimeField(verbose_name="se abandona")),
                ("lost_leases", models.PositiveSmallIntegerField(default=0)),
                ("maybe_sent", models.PositiveSmallIntegerField(default=0)),
                (
                    "provider_id",
                    models.CharField(blank=True, max_length=200, verbose_name="identificador del proveedor"),
                ),
                ("last_error", models.CharField(blank=True, max_length=200, verbose_name="último error")),
                ("created_at", models.DateTimeField(verbose_name="creado")),
                ("tried_at", models.DateTimeField(null=True, verbose_name="último intento")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="enviado")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="entregado")),
                ("complained_at", models.DateTimeField(null=True, verbose_name="marcado como no deseado")),
                ("resolved_at", models.DateTimeField(null=True, verbose_name="resuelto de otro modo")),
                ("poll_at", models.DateTimeField(editable=False, null=True)),
                (
                    "copy_of",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="notifications.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "mensaje",
                "verbose_name_plural": "mensajes",
                "ordering": ["-created_at", "-pk"],
                "permissions": [
                    ("resend_message", "Puede reenviar un mensaje a su destinatario"),
                    ("redirect_message", "Puede enviar un mensaje a otra dirección"),
                    ("preview_message", "Puede ver las plantillas de los mensajes"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageAction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("serial", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("retried", "Puso otra vez en cola"),
                            ("resent", "Reenvió"),
                            ("redirected", "Envió a otra dirección"),
                            ("resolved", "Dio por resuelto"),
                            ("released", "Envió lo que esperaba"),
                            ("dropped", "Descartó"),
                        ],
                        max_length=10,
                        verbose_name="qué",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="cuándo")),
                ("actor_name", models.CharField(max_length=150, verbose_name="quién")),
                ("to", models.CharField(max_length=254, verbose_name="a quién")),
                ("state_before", models.CharField(max_length=9, verbose_name="estado anterior")),
                ("error_before", models.CharField(blank=True, max_length=200, verbose_name="error anterior")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="cómo")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "copy",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="made_by",
                        to="notifications.message",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="notifications.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "acción sobre un mensaje",
                "verbose_name_plural": "acciones sobre mensajes",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="UnmatchedReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("channel", models.CharField(choices=[("email", "Correo"), ("sms", "SMS")], max_length=5)),
                ("provider_id", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("delivered", "Entregado"),
                            ("failed", "Rechazado por el destino"),
                            ("complained", "Marcado como no deseado"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("channel", "provider_id", "kind"), name="report_kept_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["subject_ref"], name="message_subject_ref"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("copy_of__isnull", False)), fields=["copy_of"], name="message_copy_of"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["state", "next_at"], name="message_state_next_at"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=companies.indexes.PrefixIndex(fields=["to"], name="message_to_start"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["provider_id"], name="message_provider_id"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("poll_at__isnull", False)), fields=["poll_at"], name="message_poll_at"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["sent_at"], name="message_sent_at"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["tried_at"], name="message_tried_at"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("dedup_key",), name="message_dedup_key"),
        ),
        migrations.AddConstraint(
            model_name="messageaction",
            constraint=models.UniqueConstraint(fields=("message", "serial"), name="message_action_once"),
        ),
    ]
