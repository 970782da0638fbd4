"""Request types: the differences between kinds of request are rows, not code (A7, D1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.dispatch import Signal
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tickets.effective_date import Account, Calendar, RequestDates, RuleKind, dates_for
from tickets.effective_date import Rule as DateRule
from tickets.words import Words, validate

M = TypeVar("M", bound=models.Model)
# Sent after bulk changes of areas, types, reasons and so on, for which Django sends no signal
catalogue_changed = Signal()


class CatalogueQuerySet(models.QuerySet[M]):
    """Rows that `offer` caches; sends `catalogue_changed` when they are changed in bulk."""

    def update(self, **values: Any) -> int:
        changed = super().update(**values)
        catalogue_changed.send(sender=self.model)
        return changed

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        created = super().bulk_create(objs, *args, **options)
        catalogue_changed.send(sender=self.model)
        return created


class Area(models.Model):
    """A department that gets a mail about each request of its types, to check it (D3, D6)."""

    name = models.CharField(_("nombre"), max_length=80, unique=True)
    email = models.EmailField(_("correo electrónico"))
    checks = models.TextField(_("qué debe revisar"), blank=True, max_length=2000)
    is_active = models.BooleanField(_("se le avisa"), default=True)
    # The values of the last load from a file; a column that differs was changed at the desk since
    loaded = models.JSONField(default=dict, db_default={}, editable=False)

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
    """A type of request: where it is offered, its questions, dates and texts (A7)."""

    class Family(models.TextChoices):
        CANCELLATION = "cancellation", _("Bajas y suspensiones")
        CHANGE = "change", _("Cambios en sus servicios")
        BILLING = "billing", _("Facturas y pagos")
        TECHNICAL = "technical", _("Fallas técnicas")
        COMPLAINT = "complaint", _("Quejas y reclamos")
        INFORMATION = "information", _("Información y copias")
        NEW_SERVICE = "new_service", _("Servicios nuevos")
        GENERAL = "general", _("Otras solicitudes")

    Rule = RuleKind

    code = models.SlugField(_("código"), max_length=40, unique=True)
    name = models.CharField(_("nombre"), max_length=100)
    family = models.CharField(
        _("grupo"), max_length=16, choices=Family.choices, default=Family.GENERAL, db_default=Family.GENERAL
    )
    description = models.CharField(
        _("descripción"),
        max_length=200,
        blank=True,
        help_text=_("Una frase que ayuda al cliente a elegir entre varios tipos."),
    )
    position = models.PositiveSmallIntegerField(_("orden"), default=0)
    # Who may open it
    in_portal = models.BooleanField(_("se ofrece en el portal"), default=True)
    in_public_form = models.BooleanField(
        _("se ofrece sin ingresar"),
        default=False,
        help_text=_("En «Consulta», para quien no tiene un número registrado."),
    )
    in_desk = models.BooleanField(_("la registra el personal"), default=True)
    # What it asks
    asks_reason = models.BooleanField(_("pide el motivo"), default=True)
    asks_lines = models.BooleanField(_("pide las líneas o servicios"), default=False)
    allows_prepaid = models.BooleanField(
        _("una línea puede pasar a prepago"), default=False, help_text=_("Solo si pide las líneas.")
    )
    # The effective date
    effective_rule = models.CharField(
        _("regla de fecha efectiva"), max_length=20, choices=RuleKind.choices, default=RuleKind.BILLING_CUT
    )
    notice_days = models.PositiveSmallIntegerField(
        _("días de anticipación"), default=15, validators=[MaxValueValidator(366)]
    )
    working_days = models.BooleanField(
        _("son días laborables"), default=False, help_text=_("Si no, son días calendario.")
    )
    ceiling_days = models.PositiveSmallIntegerField(
        _("tope en días calendario"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text=_("La fecha no pasa de este plazo desde la solicitud. Vacío: sin tope."),
    )
    # Service levels, in working hours
    first_response_hours = models.PositiveSmallIntegerField(
        _("primera respuesta (horas laborables)"), null=True, blank=True
    )
    next_response_hours = models.PositiveSmallIntegerField(
        _("respuestas siguientes (horas laborables)"), null=True, blank=True
    )
    resolution_hours = models.PositiveSmallIntegerField(
        _("solución (horas laborables)"), null=True, blank=True
    )
    areas = models.ManyToManyField(Area, verbose_name=_("áreas que se avisan"), blank=True)
    # Texts of its screens and mails, by key; `words.WORDS` has the defaults of missing ones
    own_words = models.JSONField(_("textos"), default=dict, blank=True, validators=[validate])
    # Columns, words and rows of the last load from a file; differences are changes of the desk
    loaded = models.JSONField(default=dict, db_default={}, editable=False)

    objects = CatalogueQuerySet["RequestType"].as_manager()

    class Meta:
        verbose_name = _("tipo de requerimiento")
        verbose_name_plural = _("tipos de requerimiento")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def words(self) -> Words:
        """The texts of its screens and mails."""
        return Words(self.own_words)

    @property
    def offered_in(self) -> list[str]:
        """The places where people may open it, in words for staff."""
        places = {
            gettext("portal"): self.in_portal,
            gettext("consulta"): self.in_public_form,
            gettext("escritorio"): self.in_desk,
        }
        return [place for place, offered in places.items() if offered]

    @property
    def notice_in_words(self) -> str:
        """The days of notice, as in "15 días" or "3 días laborables"."""
        days = self.notice_days
        if self.working_days:
            return ngettext("%(days)d día laborable", "%(days)d días laborables", days) % {"days": days}
        return ngettext("%(days)d día", "%(days)d días", days) % {"days": days}

    @cached_property
    def rule(self) -> DateRule:
        """The rule of its effective date."""
        return DateRule(RuleKind(self.effective_rule), self.notice_days, self.working_days, self.ceiling_days)

    def dates_at(self, moment: datetime, accounts: Iterable[Account], calendar: Calendar) -> RequestDates:
        """Return the effective date of each billing account if confirmed at that moment (A12).

        The notice counts from the local day in `TIME_ZONE`.
        """
        return dates_for(self.rule, accounts, timezone.localdate(moment), calendar)


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


class RequestField(models.Model):
    """A question that only this type of request asks. It is retired, not deleted."""

    class Kind(models.TextChoices):
        SHORT_TEXT = "short_text", _("Texto corto")
        LONG_TEXT = "long_text", _("Texto largo")
        NUMBER = "number", _("Número entero")
        MONEY = "money", _("Valor en dólares")
        DATE = "date", _("Fecha")
        PHONE = "phone", _("Teléfono")
        EMAIL = "email", _("Correo electrónico")
        TAX_ID = "tax_id", _("Cédula o RUC")
        SERVICE_LINE = "service_line", _("Línea o servicio de la empresa")
        YES_NO = "yes_no", _("Sí o no")
        CHOICE = "choice", _("Una opción de una lista")

    request_type = models.ForeignKey(
        RequestType, verbose_name=_("tipo de requerimiento"), on_delete=models.CASCADE, related_name="fields"
    )
    # Part of the form field's name, `field_<name>`
    name = models.SlugField(_("código"), max_length=40)
    label = models.CharField(_("pregunta"), max_length=120)
    hint = models.CharField(_("ayuda"), max_length=300, blank=True)
    kind = models.CharField(_("clase"), max_length=12, choices=Kind.choices, default=Kind.SHORT_TEXT)
    choices = models.TextField(
        _("opciones"), blank=True, max_length=4000, help_text=_("Una por renglón, para una lista.")
    )
    is_required = models.BooleanField(_("es obligatoria"), default=False)
    # Shown only if another field of the type has one of these values
    shown_if = models.SlugField(
        _("se muestra según"), max_length=40, blank=True, help_text=_("El código de otra pregunta del tipo.")
    )
    shown_values = models.TextField(
        _("con estas respuestas"), blank=True, max_length=1000, help_text=_("Una por renglón.")
    )
    is_personal = models.BooleanField(
        _("es un dato personal"), default=False, help_text=_("No va en los correos.")
    )
    is_active = models.BooleanField(_("se pregunta"), default=True)
    position = models.PositiveSmallIntegerField(_("orden"), default=0)

    objects = CatalogueQuerySet["RequestField"].as_manager()

    class Meta:
        verbose_name = _("pregunta")
        verbose_name_plural = _("preguntas")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request_type", "name"], name="request_field_name_once_a_type")
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Refuse a list without options, and options without a list."""
        super().clean()
        if (self.kind == self.Kind.CHOICE) != bool(self.choices.strip()):
            raise ValidationError({"choices": _("Escriba las opciones de una lista, una por renglón.")})

    @cached_property
    def options(self) -> list[str]:
        """The options of a list, in order."""
        return [line.strip() for line in self.choices.splitlines() if line.strip()]

    @cached_property
    def shown_options(self) -> list[str]:
        """The answers to the question `shown_if` that make this field appear."""
        return [line.strip() for line in self.shown_values.splitlines() if line.strip()]


class RequiredDocument(models.Model):
    """A document that the type asks for. A request without it is registered all the same."""

    request_type = models.ForeignKey(
        RequestType,
        verbose_name=_("tipo de requerimiento"),
        on_delete=models.CASCADE,
        related_name="required_documents",
    )
    name = models.CharField(_("documento"), max_length=150)
    hint = models.CharField(_("ayuda"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("orden"), default=0)

    objects = CatalogueQuerySet["RequiredDocument"].as_manager()

    class Meta:
        verbose_name = _("documento que se pide")
        verbose_name_plural = _("documentos que se piden")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request_type", "name"], name="required_document_once_a_type")
        ]

    def __str__(self) -> str:
        return self.name


class CalendarDay(models.Model):
    """A day that staff made a holiday or a working day, unlike the law's calendar (F8)."""

    day = models.DateField(_("día"), unique=True)
    is_working = models.BooleanField(_("es laborable"), default=False)
    reason = models.CharField(_("motivo"), max_length=200)

    objects = CatalogueQuerySet["CalendarDay"].as_manager()

    class Meta:
        verbose_name = _("día del calendario")
        verbose_name_plural = _("días del calendario")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
