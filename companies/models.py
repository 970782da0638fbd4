"""Companies, their contracted services, and the administrators who may request cancellations for
them (A6, A17).
"""

from contextlib import suppress
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from companies.identity import InvalidTaxId, check_tax_id, validate_tax_id
from companies.indexes import PrefixIndex, TrigramIndex
from companies.phones import validate_mobile


class CompanyQuerySet(models.QuerySet["Company"]):
    def of_administrator(self, administrator: "Administrator") -> Self:
        """Filter the companies for which the administrator may act."""
        return self.filter(administrations__administrator=administrator)

    def with_service_count(self) -> Self:
        """Annotate `service_count`, the number of services that are not cancelled."""
        in_service = ~Q(billing_accounts__service_lines__status=ServiceLine.Status.CANCELLED)
        return self.annotate(service_count=Count("billing_accounts__service_lines", filter=in_service))


class Company(models.Model):
    """A corporate customer, identified by its RUC or, if a natural person, by the cédula."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Activa")
        INACTIVE = "inactive", _("Inactiva")

    legal_name = models.CharField(_("razón social"), max_length=200)
    tax_id = models.CharField(_("cédula / RUC"), max_length=13, unique=True, validators=[validate_tax_id])
    # A19: real numbers may have a wrong check digit, so the desk marks the number as doubtful
    tax_id_doubtful = models.BooleanField(_("dígito verificador dudoso"), default=False, editable=False)
    city = models.CharField(_("ciudad"), max_length=80, blank=True)
    advisor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asesor postventa"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="advised_companies",
    )
    queue_email = models.EmailField(
        _("correo de la cola"),
        blank=True,
        help_text=_("Recibe los avisos cuando la empresa no tiene asesor propio."),
    )

    # A25: an inactive company's administrators read why, and cannot register requests
    status = models.CharField(
        _("estado"), max_length=8, choices=Status.choices, default=Status.ACTIVE, db_default=Status.ACTIVE
    )
    status_reason = models.CharField(
        _("qué se dice al cliente"),
        max_length=300,
        blank=True,
        db_default="",
        help_text=_("Por qué está inactiva y qué puede hacer su administrador. Lo lee en el portal."),
    )

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("empresa")
        verbose_name_plural = _("empresas")
        ordering = ["legal_name", "pk"]
        indexes = [
            models.Index(fields=["legal_name", "id"], name="company_by_name"),
            TrigramIndex(fields=["legal_name"], name="company_name_part"),
        ]

    def __str__(self) -> str:
        return f"{self.legal_name} ({self.tax_id})"

    @property
    def is_inactive(self) -> bool:
        """Whether its administrators cannot register requests in the portal (A25)."""
        return self.status == self.Status.INACTIVE

    def clean(self) -> None:
        """Remove separators from the tax id, and mark it if its check digit is wrong (A19).

        An inactive company needs a reason, which its administrators read (A25).
        """
        super().clean()
        with suppress(InvalidTaxId):  # the field's validator reports it
            checked = check_tax_id(self.tax_id)
            self.tax_id, self.tax_id_doubtful = checked.number, checked.doubtful
        if self.status == self.Status.INACTIVE and not self.status_reason.strip():
            text = _("Escriba por qué está inactiva y qué puede hacer su administrador.")
            raise ValidationError({"status_reason": text})


class BillingAccount(models.Model):
    """An account with its own invoices and cut day; a company has one or several."""

    company = models.ForeignKey(
        Company, verbose_name=_("empresa"), on_delete=models.CASCADE, related_name="billing_accounts"
    )
    number = models.CharField(_("número de cuenta"), max_length=30, unique=True)
    cut_day = models.PositiveSmallIntegerField(
        _("día de corte"), validators=[MinValueValidator(1), MaxValueValidator(31)]
    )

    class Meta:
        verbose_name = _("cuenta de facturación")
        verbose_name_plural = _("cuentas de facturación")
        ordering = ["number"]
        indexes = [PrefixIndex(fields=["number"], name="billing_account_number_start")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cut_day__range=(1, 31)), name="billing_account_cut_day"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ServiceLineQuerySet(models.QuerySet["ServiceLine"]):
    def in_service(self) -> Self:
        """Filter the lines that can be cancelled, also suspended ones, because they are billed."""
        return self.exclude(status=ServiceLine.Status.CANCELLED)


class ServiceLine(models.Model):
    """One service of a company: a mobile line, a data link, an internet circuit."""

    class Kind(models.TextChoices):
        MOBILE = "mobile", _("Línea móvil")
        DATA_LINK = "data_link", _("Enlace de datos (portador)")
        INTERNET = "internet", _("Internet corporativo")
        OTHER = "other", _("Otro servicio")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Activa")
        SUSPENDED = "suspended", _("Suspendida")
        CANCELLED = "cancelled", _("Dada de baja")

    account = models.ForeignKey(
        BillingAccount,
        verbose_name=_("cuenta de facturación"),
        on_delete=models.CASCADE,
        related_name="service_lines",
    )
    # Free text: data links and circuits are not phone numbers (A18)
    number = models.CharField(_("número de servicio"), max_length=40)
    kind = models.CharField(_("tipo"), max_length=12, choices=Kind.choices, default=Kind.MOBILE)
    status = models.CharField(_("estado"), max_length=12, choices=Status.choices, default=Status.ACTIVE)

    objects = ServiceLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("línea de servicio")
        verbose_name_plural = _("líneas de servicio")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="service_line_number_once_an_account"),
        ]
        indexes = [
            models.Index(fields=["number"], name="service_line_number"),
            PrefixIndex(fields=["number"], name="service_line_number_start"),
        ]

    def __str__(self) -> str:
        return self.number


class AdministratorQuerySet(models.QuerySet["Administrator"]):
    def entitled(self) -> Self:
        """Filter the active administrators with at least one company: they may enter the portal."""
        return self.filter(
            Exists(Administration.objects.filter(administrator=OuterRef("pk"))), is_active=True
        )


class Administrator(models.Model):
    """A person whom companies registered to request their cancellations, identified by the mobile
    number.
    """

    phone = PhoneNumberField(_("número móvil"), unique=True, validators=[validate_mobile])
    names = models.CharField(_("nombres"), max_length=150)
    email = models.EmailField(_("correo electrónico"))
    is_active = models.BooleanField(_("activo"), default=True)
    companies = models.ManyToManyField(
        Company, through="Administration", verbose_name=_("empresas"), related_name="administrators"
    )

    objects = AdministratorQuerySet.as_manager()

    class Meta:
        verbose_name = _("administrador")
        verbose_name_plural = _("administradores")
        ordering = ["names", "pk"]
        indexes = [
            models.Index(fields=["names", "id"], name="administrator_by_names"),
            TrigramIndex(fields=["names"], name="administrator_names_part"),
            TrigramIndex(fields=["email"], name="administrator_email_part"),
        ]

    def __str__(self) -> str:
        return self.names


class Administration(models.Model):
    """Lets an administrator act for a company."""

    administrator = models.ForeignKey(
        Administrator,
        verbose_name=_("administrador"),
        on_delete=models.CASCADE,
        related_name="administrations",
    )
    company = models.ForeignKey(
        Company, verbose_name=_("empresa"), on_delete=models.CASCADE, related_name="administrations"
    )

    class Meta:
        verbose_name = _("administración")
        verbose_name_plural = _("administraciones")
        constraints = [
            models.UniqueConstraint(fields=["administrator", "company"], name="administration_once"),
        ]

    def __str__(self) -> str:
        return f"{self.administrator} · {self.company}"
