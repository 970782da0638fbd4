"""The record of sign-ins at the desk (R5.09), and changes of administrators (S11)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.event import AuditedEvent, AuditedEventQuerySet
from companies.models import Administrator, Company


class SignInEvent(AuditedEvent):
    """One sign-in, refusal or sign-out of staff.

    A username that has no account is masked, because people type passwords there by mistake.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Ingreso")
        WRONG = "wrong", _("Usuario o contraseña incorrectos")
        LOCKED = "locked", _("Comienzo de bloqueo")
        REFUSED = "refused", _("Rechazado: demasiados intentos")
        SIGNED_OUT = "signed_out", _("Salida")
        EXPIRED = "expired", _("Sesión vencida")

    kind = models.CharField(_("qué"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("usuario escrito"), max_length=150)
    name_hash = models.CharField(max_length=64)  # keyed; finds the events of a username
    known_browser = models.BooleanField(_("navegador conocido"), default=False)
    request_id = models.CharField(_("referencia"), max_length=32, blank=True)

    objects = AuditedEventQuerySet["SignInEvent"].as_manager()

    class Meta(AuditedEvent.Meta):
        verbose_name = _("ingreso del personal")
        verbose_name_plural = _("ingresos del personal")
        indexes = [
            models.Index(fields=["name_hash", "at"], name="sign_in_name_at"),
            models.Index(fields=["at"], name="sign_in_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()} {self.name}"


class ContactChange(models.Model):
    """A change of an administrator's phone, e-mail or companies, and who requested and decided it.

    Where the phone or the e-mail does not change, its old and new columns are equal.
    """

    class Kind(models.TextChoices):
        CONTACT = "contact", _("Cambio de contacto")
        GRANTED = "granted", _("Empresa asignada")
        REVOKED = "revoked", _("Empresa retirada")
        ACTIVATED = "activated", _("Activación")
        DEACTIVATED = "deactivated", _("Desactivación")

    class State(models.TextChoices):
        PENDING = "pending", _("Por confirmar")
        APPLIED = "applied", _("Hecho")
        REJECTED = "rejected", _("Rechazado")

    administrator = models.ForeignKey(
        Administrator,
        verbose_name=_("administrador"),
        on_delete=models.PROTECT,
        related_name="contact_changes",
    )
    kind = models.CharField(
        _("qué"), max_length=11, choices=Kind.choices, default=Kind.CONTACT, db_default=Kind.CONTACT.value
    )
    # Set for GRANTED and REVOKED only
    company = models.ForeignKey(
        Company, verbose_name=_("empresa"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    old_phone = models.CharField(_("número anterior"), max_length=16)
    new_phone = models.CharField(_("número nuevo"), max_length=16)
    old_email = models.EmailField(_("correo anterior"))
    new_email = models.EmailField(_("correo nuevo"))
    state = models.CharField(_("estado"), max_length=8, choices=State.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("lo pidió"), on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(_("pedido"))
    # Null if the change needed no second person
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("lo decidió"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decidido"), null=True)
    reason = models.CharField(_("motivo"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("cambio de administrador")
        verbose_name_plural = _("cambios de administradores")
        ordering = ["-requested_at", "-pk"]
        permissions = [("confirm_contactchange", "Can confirm cambio de administrador")]
        constraints = [
            models.UniqueConstraint(
                fields=["administrator"],
                condition=models.Q(state="pending", company=None),
                name="contact_change_pending_once",
            ),
            models.UniqueConstraint(
                fields=["administrator", "company"],
                condition=models.Q(state="pending"),
                name="company_change_pending_once",
            ),
            # The person who requested a change may withdraw it, and may not confirm it
            models.CheckConstraint(
                condition=models.Q(state="rejected") | ~models.Q(decided_by=models.F("requested_by")),
                name="contact_change_by_two",
            ),
        ]
        indexes = [models.Index(fields=["requested_at"], name="contact_change_at")]

    def __str__(self) -> str:
        return str(self.administrator)

    @property
    def moves_phone(self) -> bool:
        return self.old_phone != self.new_phone

    @property
    def moves_email(self) -> bool:
        return self.old_email != self.new_email
