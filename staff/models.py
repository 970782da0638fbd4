"""The record of sign-ins at the desk: written once, never changed (R5.09)."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.append_only import AppendOnlyModel, AppendOnlyQuerySet


class SignInEventQuerySet(AppendOnlyQuerySet["SignInEvent"]):
    def purge(self, before: datetime) -> int:
        """Delete what is older, which only the end of its retention allows (R8.03). Returns how many there were."""
        return models.QuerySet.delete(self.filter(at__lt=before))[0]


class SignInEvent(AppendOnlyModel):
    """One sign-in, refusal or sign-out of staff.

    A username that belongs to no account is masked: people type their password into that field by mistake.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Ingreso")
        WRONG = "wrong", _("Usuario o contraseña incorrectos")
        LOCKED = "locked", _("Comienzo de bloqueo")
        REFUSED = "refused", _("Rechazado: demasiados intentos")
        SIGNED_OUT = "signed_out", _("Salida")
        EXPIRED = "expired", _("Sesión vencida")

    at = models.DateTimeField(_("cuándo"))
    kind = models.CharField(_("qué"), max_length=10, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("usuario"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(_("usuario escrito"), max_length=150)
    name_hash = models.CharField(max_length=64)  # keyed, to find an account's events by its name
    known_browser = models.BooleanField(_("navegador conocido"), default=False)
    address = models.CharField(_("dirección de red"), max_length=43, blank=True)  # an IPv6 network at its longest
    request_id = models.CharField(_("referencia"), max_length=32, blank=True)

    objects = SignInEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("ingreso del personal")
        verbose_name_plural = _("ingresos del personal")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["name_hash", "at"], name="sign_in_name_at"),
            models.Index(fields=["at"], name="sign_in_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()} {self.name}"
