import attachments.models
import companies.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import tickets.words
from django.conf import settings
from django.db import migrations, models


CODE = "cancellation"
NAME = "Anulación o baja de servicios"
REASONS = (
    "Usuario no labora en la empresa",
    "No utiliza el servicio",
    "Problemas económicos",
    "Problemas de cobertura",
    "Mejor oferta de la competencia",
)
# These rows equal tickets/catalogue/shipped/cancellation.yaml; a test compares them
WORDS = {
    "title": "Su solicitud de baja",
    "errand": "la baja de servicios",
    "entry_title": "Solicitud de baja de servicios",
    "entry_lead": "Aquí se solicita la anulación o baja de los servicios de una empresa. Solo puede hacerlo el administrador que la empresa registró.",
    "entry_have": "Los números de los servicios que quiere dar de baja.",
    "help_date": "En el primer corte de facturación para el que su solicitud llega con la anticipación que pide el contrato. La fecha se muestra antes de confirmar.\nTener valores pendientes o equipos por devolver no impide solicitarla.",
    "details_hint": "Escriba qué desea dar de baja:\n- números de línea;\n- números de servicio de enlaces de datos (portador);\n- internet corporativo.\nSi alguna línea pasa a prepago, escriba la cédula y los nombres completos de quien la recibe. Si la lista es larga, adjúntela en Excel.",
    "details_missing": "Escriba qué servicios desea dar de baja.",
    "lines_hint": "Elija las líneas o los servicios que desea dar de baja.",
    "date_one": "Si confirma hoy, {today}, la baja se hace efectiva el {date}, con su corte de facturación.",
    "date_many": "Si confirma hoy, {today}, la baja se hace efectiva con el corte de facturación de cada cuenta:",
    "date_unknown": "El asesor le confirmará la fecha efectiva por correo: depende del corte de facturación de su empresa.",
    "date_rule": "Según el contrato, la anulación o baja se solicita al menos {days} antes del corte de facturación.",
    "date_step": "La solicitud se hace efectiva, con el corte de facturación de ese día.",
    "result": "Registramos su solicitud de anulación o baja de servicios por el motivo «{reason}».",
    "change_of_mind": "Si cambia de opinión antes de la fecha efectiva, avise al asesor con su número de ticket: responda el correo de confirmación.",
    "change_of_mind_mail": "Si cambia de opinión antes de la fecha efectiva, avise al asesor: responda este correo, que ya lleva el número de ticket.",
}


def load(apps, schema_editor):
    """Add the first request type and its reasons (A7, A8); from then on the operator edits them in the admin."""
    request_type, created = apps.get_model("tickets", "RequestType").objects.get_or_create(
        code=CODE,
        defaults={
            "name": NAME,
            "family": CODE,
            "description": "Para terminar el contrato de una o varias líneas o servicios.",
            "asks_lines": True,
            "allows_prepaid": True,
            "in_portal": True,
            "effective_rule": "billing_cut",
            "notice_days": 15,
            "first_response_hours": 8,
            "next_response_hours": 8,
            "resolution_hours": 40,
            "position": 1,
            "own_words": WORDS,
        },
    )
    if created:
        reason = apps.get_model("tickets", "Reason")
        reason.objects.bulk_create(
            reason(request_type=request_type, text=text, is_active=True, position=position)
            for position, text in enumerate(REASONS, start=1)
        )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("companies", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Area",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="nombre")),
                ("email", models.EmailField(max_length=254, verbose_name="correo electrónico")),
                ("checks", models.TextField(blank=True, max_length=2000, verbose_name="qué debe revisar")),
                ("is_active", models.BooleanField(default=True, verbose_name="se le avisa")),
            ],
            options={
                "verbose_name": "área",
                "verbose_name_plural": "áreas",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="día")),
                ("is_working", models.BooleanField(default=False, verbose_name="es laborable")),
                ("reason", models.CharField(max_length=200, verbose_name="motivo")),
            ],
            options={
                "verbose_name": "día del calendario",
                "verbose_name_plural": "días del calendario",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="LineList",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("phone", models.CharField(max_length=16)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("rows", models.JSONField(default=list)),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="companies.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "lista de líneas",
                "verbose_name_plural": "listas de líneas",
            },
        ),
        migrations.CreateModel(
            name="RequestType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="código")),
                ("name", models.CharField(max_length=100, verbose_name="nombre")),
                (
                    "family",
                    models.CharField(
                        choices=[
                            ("cancellation", "Bajas y suspensiones"),
                            ("change", "Cambios en sus servicios"),
                            ("billing", "Facturas y pagos"),
                            ("technical", "Fallas técnicas"),
                            ("complaint", "Quejas y reclamos"),
                            ("information", "Información y copias"),
                            ("new_service", "Servicios nuevos"),
                            ("general", "Otras solicitudes"),
                        ],
                        db_default="general",
                        default="general",
                        max_length=16,
                        verbose_name="grupo",
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="Una frase que ayuda al cliente a elegir entre varios tipos.",
                        max_length=200,
                        verbose_name="descripción",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="orden")),
                ("in_portal", models.BooleanField(default=True, verbose_name="se ofrece en el portal")),
                (
                    "in_public_form",
                    models.BooleanField(
                        default=False,
                        help_text="En «Consulta», para quien no tiene un número registrado.",
                        verbose_name="se ofrece sin ingresar",
                    ),
                ),
                ("in_desk", models.BooleanField(default=True, verbose_name="la registra el personal")),
                ("asks_reason", models.BooleanField(default=True, verbose_name="pide el motivo")),
                (
                    "asks_lines",
                    models.BooleanField(default=False, verbose_name="pide las líneas o servicios"),
                ),
                (
                    "allows_prepaid",
                    models.BooleanField(
                        default=False,
                        help_text="Solo si pide las líneas.",
                        verbose_name="una línea puede pasar a prepago",
                    ),
                ),
                (
                    "effective_rule",
                    models.CharField(
                        choices=[
                            ("none", "Sin fecha efectiva"),
                            ("notice_date", "El día de la solicitud"),
                            ("notice_days", "Un número de días después de la solicitud"),
                            ("billing_cut", "Corte de facturación con días de anticipación"),
                        ],
                        default="billing_cut",
                        max_length=20,
                        verbose_name="regla de fecha efectiva",
                    ),
                ),
                (
                    "notice_days",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[django.core.validators.MaxValueValidator(366)],
                        verbose_name="días de anticipación",
                    ),
                ),
                (
                    "working_days",
                    models.BooleanField(
                        default=False,
                        help_text="Si no, son días calendario.",
                        verbose_name="son días laborables",
                    ),
                ),
                (
                    "ceiling_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="La fecha no pasa de este plazo desde la solicitud. Vacío: sin tope.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(366),
                        ],
                        verbose_name="tope en días calendario",
                    ),
                ),
                (
                    "first_response_hours",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="primera respuesta (horas laborables)"
                    ),
                ),
                (
                    "next_response_hours",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="respuestas siguientes (horas laborables)"
                    ),
                ),
                (
                    "resolution_hours",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="solución (horas laborables)"
                    ),
                ),
                (
                    "own_words",
                    models.JSONField(
                        blank=True, default=dict, validators=[tickets.words.validate], verbose_name="textos"
                    ),
                ),
                (
                    "areas",
                    models.ManyToManyField(blank=True, to="tickets.area", verbose_name="áreas que se avisan"),
                ),
            ],
            options={
                "verbose_name": "tipo de requerimiento",
                "verbose_name_plural": "tipos de requerimiento",
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=120, verbose_name="motivo")),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="«Otro motivo» se ofrece siempre, al final de la lista.",
                        verbose_name="se ofrece",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="orden")),
                (
                    "request_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reasons",
                        to="tickets.requesttype",
                        verbose_name="tipo de requerimiento",
                    ),
                ),
            ],
            options={
                "verbose_name": "motivo",
                "verbose_name_plural": "motivos",
                "ordering": ["position", "text"],
            },
        ),
        migrations.CreateModel(
            name="RequiredDocument",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150, verbose_name="documento")),
                ("hint", models.CharField(blank=True, max_length=300, verbose_name="ayuda")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="orden")),
                (
                    "request_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="required_documents",
                        to="tickets.requesttype",
                        verbose_name="tipo de requerimiento",
                    ),
                ),
            ],
            options={
                "verbose_name": "documento que se pide",
                "verbose_name_plural": "documentos que se piden",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False, verbose_name="ticket n.º")),
                (
                    "status",
                    models.CharField(
                        choices=[("new", "Nuevo"), ("in_progress", "En gestión"), ("closed", "Cerrado")],
                        default="new",
                        max_length=12,
                        verbose_name="estado",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0)),
                ("request_type_name", models.CharField(max_length=100, verbose_name="tipo de requerimiento")),
                (
                    "own_words",
                    models.JSONField(db_default={}, default=dict, editable=False, verbose_name="textos"),
                ),
                ("reason_text", models.CharField(blank=True, max_length=120, verbose_name="motivo")),
                ("company_name", models.CharField(blank=True, max_length=200, verbose_name="cliente")),
                (
                    "company_tax_id",
                    models.CharField(blank=True, db_index=True, max_length=13, verbose_name="cédula / RUC"),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("portal", "Portal"),
                            ("phone", "Teléfono"),
                            ("email", "Correo electrónico"),
                            ("centre", "Centro de atención"),
                            ("api", "Otro sistema"),
                        ],
                        db_default="portal",
                        default="portal",
                        max_length=8,
                        verbose_name="canal",
                    ),
                ),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("administrator", "Administrador registrado"),
                            ("holder", "Titular"),
                            ("relative", "Familiar del titular"),
                            ("third_party", "Tercera persona"),
                            ("prospect", "Interesado sin servicios"),
                        ],
                        db_default="administrator",
                        default="administrator",
                        max_length=16,
                        verbose_name="quién pide",
                    ),
                ),
                (
                    "verified_phone",
                    models.CharField(
                        blank=True, db_index=True, max_length=16, verbose_name="número verificado"
                    ),
                ),
                (
                    "verified_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pin", "Código por SMS"),
                            ("network", "Red móvil del operador"),
                            ("email", "Código por correo"),
                        ],
                        max_length=8,
                        verbose_name="verificado por",
                    ),
                ),
                ("requester_name", models.CharField(max_length=150, verbose_name="nombres del solicitante")),
                (
                    "requester_tax_id",
                    models.CharField(
                        blank=True, db_default="", max_length=13, verbose_name="cédula o RUC del solicitante"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="correo electrónico")),
                (
                    "contact_phone",
                    models.CharField(db_index=True, max_length=16, verbose_name="teléfono de contacto"),
                ),
                ("details", models.TextField(blank=True, verbose_name="detalle de la solicitud")),
                (
                    "answers",
                    models.JSONField(db_default=[], default=list, editable=False, verbose_name="respuestas"),
                ),
                ("notice_at", models.DateTimeField(verbose_name="aviso del cliente")),
                ("registered_at", models.DateTimeField(db_index=True, verbose_name="registrada")),
                (
                    "effective_rule",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "Sin fecha efectiva"),
                            ("notice_date", "El día de la solicitud"),
                            ("notice_days", "Un número de días después de la solicitud"),
                            ("billing_cut", "Corte de facturación con días de anticipación"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="regla de fecha efectiva",
                    ),
                ),
                ("effective_date", models.DateField(db_index=True, null=True, verbose_name="fecha efectiva")),
                (
                    "effective_terms",
                    models.JSONField(default=list, verbose_name="cálculo de la fecha efectiva"),
                ),
                ("submission_key", models.UUIDField(editable=False, unique=True)),
                ("submission_digest", models.CharField(editable=False, max_length=64)),
                (
                    "administrator",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="companies.administrator",
                        verbose_name="administrador",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="companies.company",
                        verbose_name="empresa",
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                        verbose_name="repite el",
                    ),
                ),
                (
                    "reason",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.reason",
                        verbose_name="motivo",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="registrada por",
                    ),
                ),
                (
                    "request_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.requesttype",
                        verbose_name="tipo de requerimiento",
                    ),
                ),
            ],
            options={
                "verbose_name": "solicitud",
                "verbose_name_plural": "solicitudes",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="LatestRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "request_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.requesttype",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="latest_of",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("leased_until", models.DateTimeField(null=True, verbose_name="tomado hasta")),
                ("lease_token", models.CharField(blank=True, max_length=32)),
                ("original_name", models.CharField(max_length=100, verbose_name="nombre")),
                ("content_type", models.CharField(max_length=100, verbose_name="tipo")),
                ("size", models.PositiveIntegerField(verbose_name="tamaño en bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "file",
                    models.FileField(
                        storage=attachments.models.private_storage, upload_to="", verbose_name="archivo"
                    ),
                ),
                (
                    "scan",
                    models.CharField(
                        choices=[
                            ("pending", "En revisión"),
                            ("clean", "Revisado"),
                            ("infected", "Contiene un virus"),
                            ("error", "No se pudo revisar"),
                        ],
                        default="pending",
                        max_length=8,
                        verbose_name="antivirus",
                    ),
                ),
                ("signature", models.CharField(blank=True, max_length=200, verbose_name="virus")),
                ("scanned_at", models.DateTimeField(null=True, verbose_name="revisado")),
                ("scan_attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_scan_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="tickets.ticket",
                        verbose_name="solicitud",
                    ),
                ),
            ],
            options={
                "verbose_name": "documento adjunto",
                "verbose_name_plural": "documentos adjuntos",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="TicketEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="cuándo")),
                ("actor_name", models.CharField(max_length=150, verbose_name="quién")),
                (
                    "from_status",
                    models.CharField(
                        blank=True,
                        choices=[("new", "Nuevo"), ("in_progress", "En gestión"), ("closed", "Cerrado")],
                        max_length=12,
                        verbose_name="de",
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[("new", "Nuevo"), ("in_progress", "En gestión"), ("closed", "Cerrado")],
                        max_length=12,
                        verbose_name="a",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="nota")),
                ("customer_notified", models.BooleanField(default=False, verbose_name="se avisó al cliente")),
                ("customer_note", models.TextField(blank=True, verbose_name="nota para el cliente")),
                ("effective_date", models.DateField(null=True, verbose_name="fecha efectiva fijada")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="usuario",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="tickets.ticket",
                        verbose_name="solicitud",
                    ),
                ),
            ],
            options={
                "verbose_name": "evento",
                "verbose_name_plural": "historial",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="TicketLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="orden")),
                ("number", models.CharField(max_length=40, verbose_name="número de servicio")),
                (
                    "account_number",
                    models.CharField(blank=True, max_length=30, verbose_name="cuenta de facturación"),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[("cancel", "Dar de baja"), ("prepaid", "Pasar a prepago")],
                        default="cancel",
                        max_length=8,
                        verbose_name="qué se pide",
                    ),
                ),
                (
                    "holder_tax_id",
                    models.CharField(blank=True, max_length=13, verbose_name="cédula de quien la recibe"),
                ),
                (
                    "holder_name",
                    models.CharField(blank=True, max_length=150, verbose_name="nombres de quien la recibe"),
                ),
                ("effective_date", models.DateField(null=True, verbose_name="fecha efectiva")),
                (
                    "service_line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="companies.serviceline",
                        verbose_name="línea",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="tickets.ticket",
                        verbose_name="solicitud",
                    ),
                ),
            ],
            options={
                "verbose_name": "línea de la solicitud",
                "verbose_name_plural": "líneas de la solicitud",
                "ordering": ["ticket", "position"],
            },
        ),
        migrations.CreateModel(
            name="AttachmentEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="cuándo")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("delivered", "Descargado"),
                            ("pending", "Negado: en revisión"),
                            ("error", "Negado: no se pudo revisar"),
                            ("infected", "Negado: contiene un virus"),
                            ("forbidden", "Negado: sin permiso"),
                            ("missing", "No se pudo leer el archivo"),
                            ("rescan", "Se pidió revisarlo otra vez"),
                        ],
                        max_length=9,
                        verbose_name="qué",
                    ),
                ),
                ("actor", models.CharField(max_length=150, verbose_name="quién")),
                ("address", models.CharField(blank=True, max_length=45, verbose_name="dirección de red")),
                ("request_id", models.CharField(blank=True, max_length=32, verbose_name="referencia")),
                (
                    "attachment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="tickets.attachment",
                        verbose_name="documento",
                    ),
                ),
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
                "verbose_name": "movimiento de un documento",
                "verbose_name_plural": "auditoría de documentos",
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["at"], name="attachment_event_at")],
            },
        ),
        migrations.CreateModel(
            name="RequestField",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(max_length=40, verbose_name="código")),
                ("label", models.CharField(max_length=120, verbose_name="pregunta")),
                ("hint", models.CharField(blank=True, max_length=300, verbose_name="ayuda")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("short_text", "Texto corto"),
                            ("long_text", "Texto largo"),
                            ("number", "Número entero"),
                            ("money", "Valor en dólares"),
                            ("date", "Fecha"),
                            ("phone", "Teléfono"),
                            ("email", "Correo electrónico"),
                            ("tax_id", "Cédula o RUC"),
                            ("service_line", "Línea o servicio de la empresa"),
                            ("yes_no", "Sí o no"),
                            ("choice", "Una opción de una lista"),
                        ],
                        default="short_text",
                        max_length=12,
                        verbose_name="clase",
                    ),
                ),
                (
                    "choices",
                    models.TextField(
                        blank=True,
                        help_text="Una por renglón, para una lista.",
                        max_length=4000,
                        verbose_name="opciones",
                    ),
                ),
                ("is_required", models.BooleanField(default=False, verbose_name="es obligatoria")),
                (
                    "shown_if",
                    models.SlugField(
                        blank=True,
                        help_text="El código de otra pregunta del tipo.",
                        max_length=40,
                        verbose_name="se muestra según",
                    ),
                ),
                (
                    "shown_values",
                    models.TextField(
                        blank=True,
                        help_text="Una por renglón.",
                        max_length=1000,
                        verbose_name="con estas respuestas",
                    ),
                ),
                (
                    "is_personal",
                    models.BooleanField(
                        default=False, help_text="No va en los correos.", verbose_name="es un dato personal"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="se pregunta")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="orden")),
                (
                    "request_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fields",
                        to="tickets.requesttype",
                        verbose_name="tipo de requerimiento",
                    ),
                ),
            ],
            options={
                "verbose_name": "pregunta",
                "verbose_name_plural": "preguntas",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request_type", "name"), name="request_field_name_once_a_type"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="reason",
            constraint=models.UniqueConstraint(
                fields=("request_type", "text"), name="reason_text_once_a_type"
            ),
        ),
        migrations.AddConstraint(
            model_name="requireddocument",
            constraint=models.UniqueConstraint(
                fields=("request_type", "name"), name="required_document_once_a_type"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(django.db.models.functions.text.Lower("email"), name="ticket_email_lower"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=companies.indexes.TrigramIndex(fields=["company_name"], name="ticket_company_name_part"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=companies.indexes.NullsFirstIndex(
                fields=["status", "effective_date", "number"], name="ticket_open_by_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "portal"), _negated=True),
                    models.Q(
                        ("administrator__isnull", False),
                        ("company__isnull", False),
                        ("relation", "administrator"),
                        ("verified_by__in", ["pin", "network"]),
                        models.Q(("verified_phone", ""), _negated=True),
                    ),
                    models.Q(
                        ("administrator__isnull", True),
                        ("verified_by", "email"),
                        ("verified_phone", ""),
                        models.Q(("relation", "administrator"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ticket_portal_verified",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel__in", ["phone", "email", "centre"]), _negated=True),
                    ("registered_by__isnull", False),
                    _connector="OR",
                ),
                name="ticket_staff_registered",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("company__isnull", False), ("relation__in", ["prospect", "third_party"]), _connector="OR"
                ),
                name="ticket_customer_has_company",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("notice_at__lte", models.F("registered_at"))), name="ticket_notice_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="latestrequest",
            constraint=models.UniqueConstraint(
                fields=("company", "request_type", "content"), name="latest_request_once"
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["scan", "next_scan_at"], name="attachment_scan_next"),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["file"], name="attachment_file"),
        ),
        migrations.AddIndex(
            model_name="ticketline",
            index=models.Index(fields=["ticket", "position"], name="ticket_line_in_order"),
        ),
        migrations.AddIndex(
            model_name="ticketline",
            index=models.Index(fields=["number"], name="ticket_line_number"),
        ),
        migrations.AddConstraint(
            model_name="ticketline",
            constraint=models.UniqueConstraint(fields=("ticket", "number"), name="ticket_line_once"),
        ),
        migrations.AddConstraint(
            model_name="ticketline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action", "prepaid"), _negated=True),
                    models.Q(
                        models.Q(("holder_tax_id", ""), _negated=True),
                        models.Q(("holder_name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ticket_line_prepaid_holder",
            ),
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
