"""Tickets: registered requests, their lines, and the latest one of each content."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from companies.indexes import NullsFirstIndex, TrigramIndex
from companies.models import Administrator, Company, ServiceLine
from tickets.effective_date import Term
from tickets.models.request_types import Reason, RequestType
from tickets.words import Words

if TYPE_CHECKING:
    from tickets.models.documents import Attachment


class TicketQuerySet(models.QuerySet["Ticket"]):
    def of_companies(self, company_ids: Iterable[int]) -> Self:
        """Return the tickets of these companies, of any administrator (A21)."""
        return self.filter(company__in=company_ids)


class Ticket(models.Model):
    """A registered request, stored as confirmed: later changes of the directory do not alter it."""

    class Status(models.TextChoices):
        NEW = "new", _("Nuevo")
        IN_PROGRESS = "in_progress", _("En gestión")
        CLOSED = "closed", _("Cerrado")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("Portal")
        PHONE = "phone", _("Teléfono")
        EMAIL = "email", _("Correo electrónico")
        CENTRE = "centre", _("Centro de atención")
        API = "api", _("Otro sistema")

    class Relation(models.TextChoices):
        ADMINISTRATOR = "administrator", _("Administrador registrado")
        HOLDER = "holder", _("Titular")
        RELATIVE = "relative", _("Familiar del titular")
        THIRD_PARTY = "third_party", _("Tercera persona")
        PROSPECT = "prospect", _("Interesado sin servicios")

    class Method(models.TextChoices):
        PIN = "pin", _("Código por SMS")
        NETWORK = "network", _("Red móvil del operador")
        EMAIL = "email", _("Código por correo")

    # From one database sequence; `numbering` sets its start (A14)
    number = models.BigAutoField(_("ticket n.º"), primary_key=True)
    status = models.CharField(_("estado"), max_length=12, choices=Status.choices, default=Status.NEW)
    # Optimistic lock: incremented by each change (R5.08)
    version = models.PositiveIntegerField(default=0)

    # Copies of the type's name and words, because the type may change
    request_type = models.ForeignKey(
        RequestType, verbose_name=_("tipo de requerimiento"), on_delete=models.PROTECT, related_name="+"
    )
    request_type_name = models.CharField(_("tipo de requerimiento"), max_length=100)
    own_words = models.JSONField(_("textos"), default=dict, db_default={}, editable=False)
    # Null and empty where the type asks no reason
    reason = models.ForeignKey(
        Reason, verbose_name=_("motivo"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason_text = models.CharField(_("motivo"), max_length=120, blank=True)

    # Null if the requester has no company: a prospect or a third person (D7)
    company = models.ForeignKey(
        Company, verbose_name=_("empresa"), null=True, on_delete=models.PROTECT, related_name="tickets"
    )
    company_name = models.CharField(_("cliente"), max_length=200, blank=True)
    company_tax_id = models.CharField(_("cédula / RUC"), max_length=13, blank=True, db_index=True)

    # The requester, the relation to the company, and the channel
    channel = models.CharField(
        _("canal"), max_length=8, choices=Channel.choices, default=Channel.PORTAL, db_default=Channel.PORTAL
    )
    relation = models.CharField(
        _("quién pide"),
        max_length=16,
        choices=Relation.choices,
        default=Relation.ADMINISTRATOR,
        db_default=Relation.ADMINISTRATOR,
    )
    administrator = models.ForeignKey(
        Administrator,
        verbose_name=_("administrador"),
        null=True,
        on_delete=models.PROTECT,
        related_name="tickets",
    )
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("registrada por"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    verified_phone = models.CharField(_("número verificado"), max_length=16, blank=True, db_index=True)
    verified_by = models.CharField(_("verificado por"), max_length=8, choices=Method.choices, blank=True)
    requester_name = models.CharField(_("nombres del solicitante"), max_length=150)
    requester_tax_id = models.CharField(
        _("cédula o RUC del solicitante"), max_length=13, blank=True, db_default=""
    )
    email = models.EmailField(_("correo electrónico"))
    contact_phone = models.CharField(_("teléfono de contacto"), max_length=16, db_index=True)
    details = models.TextField(_("detalle de la solicitud"), blank=True)
    # The answers to the type's own fields, in order: name, label, kind, value, text, personal
    answers = models.JSONField(_("respuestas"), default=list, db_default=[], editable=False)

    # When the customer gave notice, from which the dates count, and when it was registered
    notice_at = models.DateTimeField(_("aviso del cliente"))
    registered_at = models.DateTimeField(_("registrada"), db_index=True)
    # A copy of the type's; `none` for a request that has no effective date
    effective_rule = models.CharField(
        _("regla de fecha efectiva"), max_length=20, choices=RequestType.Rule.choices, default="", blank=True
    )
    # The earliest of `effective_terms`; null if none could be computed, or the type has none
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

    _lines_in_mails: list[tuple[str, str]] | None = None  # None: not read yet

    class Meta:
        verbose_name = _("solicitud")
        verbose_name_plural = _("solicitudes")
        ordering = ["-number"]
        permissions = [("view_personal_data", _("Puede ver los datos marcados como personales"))]
        # E-mail addresses are stored as typed; the desk's search ignores their case
        indexes = [
            models.Index(Lower("email"), name="ticket_email_lower"),
            TrigramIndex(fields=["company_name"], name="ticket_company_name_part"),
            TrigramIndex(
                fields=["requester_name"], name="ticket_prospect_name_part", condition=Q(company=None)
            ),
            # For the desk's list of open tickets
            NullsFirstIndex(fields=["status", "effective_date", "number"], name="ticket_open_by_date"),
        ]
        constraints = [
            models.CheckConstraint(
                name="ticket_portal_verified",
                condition=~Q(channel="portal")
                | Q(
                    relation="administrator",
                    company__isnull=False,
                    administrator__isnull=False,
                    verified_by__in=["pin", "network"],
                )
                & ~Q(verified_phone="")
                | Q(administrator__isnull=True, verified_by="email", verified_phone="")
                & ~Q(relation="administrator"),
            ),
            models.CheckConstraint(
                name="ticket_staff_registered",
                condition=~Q(channel__in=["phone", "email", "centre"]) | Q(registered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_customer_has_company",
                condition=Q(company__isnull=False) | Q(relation__in=["prospect", "third_party"]),
            ),
            models.CheckConstraint(
                name="ticket_notice_first", condition=Q(notice_at__lte=models.F("registered_at"))
            ),
        ]

    def __str__(self) -> str:
        return gettext("Ticket n.º %(number)s") % {"number": self.number}

    @cached_property
    def documents(self) -> list["Attachment"]:
        """The documents, in the order in which they were sent."""
        return list(self.attachments.all())

    @cached_property
    def words(self) -> Words:
        """The texts of its screens and mails, as they were when it was confirmed."""
        return Words(self.own_words)

    def remember_lines(self, lines: Iterable[tuple[str, str]]) -> None:
        """Cache number and action of the lines just stored, so that the mails run no query."""
        self._lines_in_mails = list(lines)

    @property
    def lines_in_mails(self) -> list[tuple[str, str]]:
        """Number and action of its lines, for mails, which must not name new holders (F4)."""
        if self._lines_in_mails is None:
            self._lines_in_mails = list(self.lines.values_list("number", "action"))
        return self._lines_in_mails

    @property
    def mailed_answers(self) -> list[dict[str, Any]]:
        """The answers that mails may contain: those that are not personal (F4)."""
        return [answer for answer in self.answers if not answer["personal"]]

    @property
    def has_date(self) -> bool:
        """Whether the request takes effect on a date, even if it is not known yet."""
        return self.effective_rule != RequestType.Rule.NONE

    @property
    def terms(self) -> list[Term]:
        """The effective date of each billing account, as computed at confirmation."""
        return [Term.from_record(record) for record in self.effective_terms]


class TicketLine(models.Model):
    """A line of a request, and the action requested for it (A10)."""

    class Action(models.TextChoices):
        CANCEL = "cancel", _("Dar de baja")
        PREPAID = "prepaid", _("Pasar a prepago")

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("solicitud"), on_delete=models.PROTECT, related_name="lines"
    )
    position = models.PositiveIntegerField(_("orden"))
    # As in the directory when the request was confirmed
    number = models.CharField(_("número de servicio"), max_length=40)
    account_number = models.CharField(_("cuenta de facturación"), max_length=30, blank=True)
    service_line = models.ForeignKey(
        ServiceLine, verbose_name=_("línea"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    action = models.CharField(_("qué se pide"), max_length=8, choices=Action.choices, default=Action.CANCEL)
    # The person who takes the line over as prepaid
    holder_tax_id = models.CharField(_("cédula de quien la recibe"), max_length=13, blank=True)
    holder_name = models.CharField(_("nombres de quien la recibe"), max_length=150, blank=True)
    effective_date = models.DateField(_("fecha efectiva"), null=True)

    class Meta:
        verbose_name = _("línea de la solicitud")
        verbose_name_plural = _("líneas de la solicitud")
        ordering = ["ticket", "position"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "account_number", "number"], name="ticket_line_once"),
            models.CheckConstraint(
                name="ticket_line_prepaid_holder",
                condition=~Q(action="prepaid") | ~Q(holder_tax_id="") & ~Q(holder_name=""),
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "position"], name="ticket_line_in_order"),
            models.Index(fields=["number"], name="ticket_line_number"),
        ]

    def __str__(self) -> str:
        return self.number


class LineList(models.Model):
    """The list of lines of a form that is not confirmed yet.

    It is stored on the server, because the lines of a large company do not fit in a form.
    """

    # The form's submission key; the row is the form's only list
    key = models.UUIDField(primary_key=True)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    phone = models.CharField(max_length=16)
    source = models.CharField(max_length=200, blank=True)  # the sheet's name; empty for typed text
    rows = models.JSONField(default=list)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("lista de líneas")
        verbose_name_plural = _("listas de líneas")

    def __str__(self) -> str:
        return f"{self.key}"


class LatestRequest(models.Model):
    """The latest ticket with one content; repeating it needs the customer's consent (A23)."""

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
