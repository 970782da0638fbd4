"""Models: areas, request types, reasons, tickets, their attachments and history."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Lower
from django.dispatch import Signal
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from attachments.models import DocumentEvent, ScannedDocument
from audit.append_only import AppendOnlyModel, AppendOnlyQuerySet
from companies.indexes import NullsFirstIndex, TrigramIndex
from companies.models import Administrator, Company
from tickets.effective_date import Account, Term, terms_for

M = TypeVar("M", bound=models.Model)
# Sent after a change of areas, request types or reasons that sends none of Django's signals
catalogue_changed = Signal()


class CatalogueQuerySet(models.QuerySet[M]):
    """Rows that `offer` keeps: says so when they are changed in bulk."""

    def update(self, **values: Any) -> int:
        changed = super().update(**values)
        catalogue_changed.send(sender=self.model)
        return changed

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        created = super().bulk_create(objs, *args, **options)
        catalogue_changed.send(sender=self.model)
        return created


class Area(models.Model):
    """A department that is mailed each request of its types, to check the customer (D3, D6)."""

    name = models.CharField(_("nombre"), max_length=80, unique=True)
    email = models.EmailField(_("correo electrónico"))
    checks = models.TextField(_("qué debe revisar"), blank=True, max_length=2000)
    is_active = models.BooleanField(_("se le avisa"), default=True)

    objects = CatalogueQuerySet["Area"].as_manager()

    class Meta:
        verbose_name = _("área")
        verbose_name_plural = _("áreas")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


# Always offered, so that a reason remains when the operator retires the others (A24)
OTHER_REASON = "Otro motivo"
LAST = 9_999


class RequestType(models.Model):
    """A type of request: its name, its rule of effective date, and whether it is offered (A7)."""

    class Rule(models.TextChoices):
        BILLING_CUT = "billing_cut", _("Corte de facturación con días de anticipación")

    code = models.SlugField(_("código"), max_length=40, unique=True)
    name = models.CharField(_("nombre"), max_length=100)
    in_portal = models.BooleanField(_("se ofrece en el portal"), default=True)
    effective_rule = models.CharField(
        _("regla de fecha efectiva"), max_length=20, choices=Rule.choices, default=Rule.BILLING_CUT
    )
    # Calendar days (A12, F1)
    notice_days = models.PositiveSmallIntegerField(_("días de anticipación"), default=15)
    position = models.PositiveSmallIntegerField(_("orden"), default=0)
    areas = models.ManyToManyField(Area, verbose_name=_("áreas que se avisan"), blank=True)

    objects = CatalogueQuerySet["RequestType"].as_manager()

    class Meta:
        verbose_name = _("tipo de requerimiento")
        verbose_name_plural = _("tipos de requerimiento")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def terms_at(self, moment: datetime, accounts: Iterable[Account]) -> list[Term]:
        """The effective date of each billing account if confirmed at that moment (A12).

        The day counted from is that of `TIME_ZONE`.
        """
        return terms_for(self.effective_rule, self.notice_days, accounts, timezone.localdate(moment))


class ReasonQuerySet(CatalogueQuerySet["Reason"]):
    def other_of(self, request_type: RequestType) -> "Reason":
        """Return the row of `OTHER_REASON`, created at first use; it is offered even if retired."""
        return self.get_or_create(request_type=request_type, text=OTHER_REASON, defaults={"position": LAST})[
            0
        ]


class Reason(models.Model):
    """A reason offered on the form (A8). It is retired, not deleted: tickets refer to it."""

    request_type = models.ForeignKey(
        RequestType, verbose_name=_("tipo de requerimiento"), on_delete=models.CASCADE, related_name="reasons"
    )
    text = models.CharField(_("motivo"), max_length=120)
    is_active = models.BooleanField(
        _("se ofrece"), default=True, help_text=_("«Otro motivo» se ofrece siempre, al final de la lista.")
    )
    position = models.PositiveSmallIntegerField(_("orden"), default=0)

    objects = ReasonQuerySet.as_manager()

    class Meta:
        verbose_name = _("motivo")
        verbose_name_plural = _("motivos")
        ordering = ["position", "text"]
        constraints = [
            models.UniqueConstraint(fields=["request_type", "text"], name="reason_text_once_a_type")
        ]

    def __str__(self) -> str:
        return self.text


class TicketQuerySet(models.QuerySet["Ticket"]):
    def of_companies(self, company_ids: Iterable[int]) -> Self:
        """Return the tickets of these companies, of any administrator (A21)."""
        return self.filter(company__in=company_ids)


class Ticket(models.Model):
    """A registered request, as confirmed: later changes of the directory do not alter it."""

    class Status(models.TextChoices):
        NEW = "new", _("Nuevo")
        IN_PROGRESS = "in_progress", _("En gestión")
        CLOSED = "closed", _("Cerrado")

    class Method(models.TextChoices):
        PIN = "pin", _("Código por SMS")
        NETWORK = "network", _("Red móvil del operador")

    # From one database sequence; `numbering` sets its start (A14)
    number = models.BigAutoField(_("ticket n.º"), primary_key=True)
    status = models.CharField(_("estado"), max_length=12, choices=Status.choices, default=Status.NEW)
    # Optimistic lock: incremented by each change (R5.08)
    version = models.PositiveIntegerField(default=0)

    request_type = models.ForeignKey(
        RequestType, verbose_name=_("tipo de requerimiento"), on_delete=models.PROTECT, related_name="+"
    )
    request_type_name = models.CharField(_("tipo de requerimiento"), max_length=100)
    reason = models.ForeignKey(Reason, verbose_name=_("motivo"), on_delete=models.PROTECT, related_name="+")
    reason_text = models.CharField(_("motivo"), max_length=120)

    company = models.ForeignKey(
        Company, verbose_name=_("empresa"), on_delete=models.PROTECT, related_name="tickets"
    )
    company_name = models.CharField(_("cliente"), max_length=200)
    company_tax_id = models.CharField(_("cédula / RUC"), max_length=13, db_index=True)

    administrator = models.ForeignKey(
        Administrator, verbose_name=_("administrador"), on_delete=models.PROTECT, related_name="tickets"
    )
    verified_phone = models.CharField(_("número verificado"), max_length=16, db_index=True)
    verified_by = models.CharField(_("verificado por"), max_length=8, choices=Method.choices)
    requester_name = models.CharField(_("nombres del solicitante"), max_length=150)
    email = models.EmailField(_("correo electrónico"))
    contact_phone = models.CharField(_("teléfono de contacto"), max_length=16, db_index=True)
    details = models.TextField(_("detalle de la solicitud"), blank=True)

    confirmed_at = models.DateTimeField(_("confirmado"), db_index=True)
    # The earliest of `effective_terms`; null if the company has no billing account
    effective_date = models.DateField(_("fecha efectiva"), null=True, db_index=True)
    # One entry per billing account, with the rule, its version and its inputs
    effective_terms = models.JSONField(_("cálculo de la fecha efectiva"), default=list)

    # The ticket with the same content that the customer saw before repeating it (A23)
    duplicate_of = models.ForeignKey(
        "self",
        verbose_name=_("repite el"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    submission_key = models.UUIDField(unique=True, editable=False)
    # SHA-256 of the form posted with the key
    submission_digest = models.CharField(max_length=64, editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("solicitud")
        verbose_name_plural = _("solicitudes")
        ordering = ["-number"]
        # Addresses are stored as typed; the desk searches them without regard to case
        indexes = [
            models.Index(Lower("email"), name="ticket_email_lower"),
            TrigramIndex(fields=["company_name"], name="ticket_company_name_part"),
            # The desk's list of open tickets
            NullsFirstIndex(fields=["status", "effective_date", "number"], name="ticket_open_by_date"),
        ]

    def __str__(self) -> str:
        return gettext("Ticket n.º %(number)s") % {"number": self.number}

    @cached_property
    def documents(self) -> list["Attachment"]:
        """The documents, in the order in which they were sent."""
        return list(self.attachments.all())

    @property
    def terms(self) -> list[Term]:
        """The effective date of each billing account, as computed at confirmation."""
        return [Term.from_record(record) for record in self.effective_terms]


class LatestRequest(models.Model):
    """The latest ticket of one content: a repetition needs the customer's consent (A23)."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    request_type = models.ForeignKey(RequestType, on_delete=models.CASCADE, related_name="+")
    content = models.CharField(max_length=64)  # SHA-256 of what is requested (`repeats.content_of`)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="latest_of")
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "request_type", "content"], name="latest_request_once")
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.at:%Y-%m-%d %H:%M}"


class Attachment(ScannedDocument):
    """A document that the customer sent with a ticket."""

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("solicitud"), on_delete=models.PROTECT, related_name="attachments"
    )

    class Meta:
        verbose_name = _("documento adjunto")
        verbose_name_plural = _("documentos adjuntos")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["scan", "next_scan_at"], name="attachment_scan_next"),
            # The daily clean-up looks up each stored file
            models.Index(fields=["file"], name="attachment_file"),
        ]

    @property
    def owner_in_logs(self) -> str:
        return f"ticket {self.ticket_id}"


class AttachmentEvent(DocumentEvent):
    """Audit of a document: downloads, refused downloads, requested scans (R3.17, R5.09)."""

    attachment = models.ForeignKey(
        Attachment, verbose_name=_("documento"), on_delete=models.PROTECT, related_name="events"
    )

    objects = AppendOnlyQuerySet["AttachmentEvent"].as_manager()

    class Meta:
        verbose_name = _("movimiento de un documento")
        verbose_name_plural = _("auditoría de documentos")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["at"], name="attachment_event_at")]


class TicketEventQuerySet(AppendOnlyQuerySet["TicketEvent"]):
    def record(
        self, ticket: Ticket, to: str, *, actor: User | None = None, actor_name: str = "", **values: Any
    ) -> "TicketEvent":
        """Add a line to the ticket's history, in the caller's transaction.

        `actor_name` names a customer or the system, where no user is the actor.
        """
        name = actor_name or (actor.get_full_name() or actor.get_username() if actor else "")
        return self.create(
            ticket=ticket, at=timezone.now(), to_status=to, actor=actor, actor_name=name, **values
        )


class TicketEvent(AppendOnlyModel):
    """A line of a ticket's history, written once and never changed (R5.09)."""

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("solicitud"), on_delete=models.PROTECT, related_name="events"
    )
    at = models.DateTimeField(_("cuándo"))
    # Null if the customer or the system acted; `actor_name` names them
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("usuario"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    actor_name = models.CharField(_("quién"), max_length=150)
    from_status = models.CharField(_("de"), max_length=12, choices=Ticket.Status.choices, blank=True)
    to_status = models.CharField(_("a"), max_length=12, choices=Ticket.Status.choices)
    note = models.TextField(_("nota"), blank=True)
    told_customer = models.BooleanField(_("se avisó al cliente"), default=False)
    customer_note = models.TextField(_("nota para el cliente"), blank=True)
    # Only in the event that set it (P6)
    effective_date = models.DateField(_("fecha efectiva fijada"), null=True)

    objects = TicketEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("evento")
        verbose_name_plural = _("historial")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_to_status_display()}"
