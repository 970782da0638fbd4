"""What the PIN check keeps: challenges, the failures of each phone, and the counters behind the limits.

No code is ever stored: it is derived from the pepper and the challenge's nonce (design 4).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Challenge(models.Model):
    """One PIN asked for by one browser session, for any well-formed number, registered or not (A5)."""

    class Outcome(models.TextChoices):
        """What became of the SMS. A number nobody registered is `handled` like the others, so that writes are alike."""

        PENDING = "pending", _("Por enviar")
        HANDLED = "handled", _("Atendido")
        FAILED = "failed", _("No enviado")
        EXPIRED = "expired", _("Vencido sin enviar")

    phone = models.CharField(_("número móvil"), max_length=16)
    session_ref = models.CharField(max_length=64)  # keyed hash of the browser session that asked (R1.10)
    nonce = models.CharField(max_length=32, unique=True)  # 128 random bits, in hexadecimal
    created_at = models.DateTimeField(_("pedido"))
    expires_at = models.DateTimeField(_("vence"))
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    used_at = models.DateTimeField(_("usado"), null=True)
    closed_at = models.DateTimeField(_("anulado"), null=True)  # replaced by a resend, or the number was changed
    outcome = models.CharField(_("envío"), max_length=8, choices=Outcome.choices, default=Outcome.PENDING)
    leased_until = models.DateTimeField(null=True)  # a worker is at it until then
    send_attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(_("atendido"), null=True)
    provider_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("código enviado")
        verbose_name_plural = _("códigos enviados")
        indexes = [
            models.Index(fields=["outcome", "created_at"], name="challenge_outcome_created"),
            models.Index(fields=["phone", "created_at"], name="challenge_phone_created"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} …{self.phone[-3:]}"


class PhoneGuard(models.Model):
    """Consecutive failures of a phone across challenges and sessions, and the wait they brought (R1.05-R1.07)."""

    phone = models.CharField(_("número móvil"), max_length=16, primary_key=True)
    failures = models.PositiveIntegerField(_("fallos seguidos"), default=0)
    locks = models.PositiveSmallIntegerField(_("bloqueos seguidos"), default=0)
    locked_until = models.DateTimeField(_("en espera hasta"), null=True)

    class Meta:
        verbose_name = _("guarda de un número")
        verbose_name_plural = _("guardas de números")

    def __str__(self) -> str:
        return f"…{self.phone[-3:]}"


class Budget(models.Model):
    """How often something was done in one window of time; one row a limited key and window (R1.17)."""

    key = models.CharField(max_length=100)  # for instance `phone:<keyed hash>:600`
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window_start"], name="budget_once_a_window")]
        indexes = [models.Index(fields=["window_start"], name="budget_window_start")]

    def __str__(self) -> str:
        return self.key
