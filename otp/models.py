"""The tables of the PIN check: invitations, challenges, lockouts, uses of limits, and the audit.

No table holds a code: it is derived from the pepper and the challenge's nonce (R1.09).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.event import AuditedEvent, AuditedEventQuerySet
from jobs.leases import Leased


class Invitation(models.Model):
    """A link sent to an administrator (A1). It fills in the number, but does not sign in.

    The table holds a hash of the link's token. Until the link expires, code requests of a session
    that opened it count on the link's own limit (invitations.py).
    """

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("Correo")

    token_hash = models.CharField(max_length=64, unique=True)  # keyed (hashing.py)
    phone = models.CharField(_("número móvil"), max_length=16)
    channel = models.CharField(_("canal"), max_length=5, choices=Channel.choices)
    created_at = models.DateTimeField(_("enviada"))
    expires_at = models.DateTimeField(_("vence"))
    used_at = models.DateTimeField(_("primer ingreso con ella"), null=True)
    # The staff user who sent it at the desk; empty when the command did, then `actor` names the
    # operating system's user
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("usuario"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    actor = models.CharField(_("quién"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("invitación")
        verbose_name_plural = _("invitaciones")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["phone", "channel", "created_at"], name="invitation_phone_channel"),
            models.Index(fields=["created_at"], name="invitation_created"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.get_channel_display()} …{self.phone[-3:]}"


class Challenge(Leased):
    """A PIN requested by one browser session for a number, registered or unknown (A5)."""

    class Outcome(models.TextChoices):
        """The state of the SMS. An unknown number also becomes `handled`, so that the statements
        are the same (R1.14).
        """

        PENDING = "pending", _("Por enviar")
        HANDLED = "handled", _("Atendido")
        FAILED = "failed", _("No enviado")
        DOUBTFUL = "doubtful", _("Sin confirmar")  # it may have left; not sent again (R1.24)
        EXPIRED = "expired", _("Vencido sin enviar")
        LIMIT = "limit", _("No enviado: límite del día")

    class Delivery(models.TextChoices):
        """The provider's last report on an SMS that it accepted."""

        ACCEPTED = "accepted", _("Aceptado por el proveedor")
        DELIVERED = "delivered", _("Entregado")
        UNDELIVERED = "undelivered", _("No entregado")

    phone = models.CharField(_("número móvil"), max_length=16)
    session_ref = models.CharField(max_length=64)  # keyed hash of the requesting session (R1.10)
    # Set if the code was counted on this invitation's limit instead of the number's
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.SET_NULL, related_name="+")
    nonce = models.CharField(max_length=32, unique=True)  # 128 random bits, in hexadecimal
    created_at = models.DateTimeField(_("pedido"))
    expires_at = models.DateTimeField(_("vence"))
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    used_at = models.DateTimeField(_("usado"), null=True)
    # A resend replaced it, the visitor changed the number, or it was seen to be expired
    closed_at = models.DateTimeField(_("anulado"), null=True)
    outcome = models.CharField(_("envío"), max_length=8, choices=Outcome.choices, default=Outcome.PENDING)
    send_attempts = models.PositiveSmallIntegerField(default=0)
    maybe_sent = models.PositiveSmallIntegerField(default=0)  # how many SMS may have left (R1.24)
    handled_at = models.DateTimeField(_("atendido"), null=True)
    provider_id = models.CharField(max_length=64, blank=True)
    delivery = models.CharField(_("entrega"), max_length=11, choices=Delivery.choices, blank=True)
    provider_error = models.CharField(_("motivo del proveedor"), max_length=100, blank=True)
    reported_at = models.DateTimeField(_("informado"), null=True)
    poll_at = models.DateTimeField(null=True)  # when to ask the provider for a report (R4.25)

    class Meta:
        verbose_name = _("código enviado")
        verbose_name_plural = _("códigos enviados")
        indexes = [
            models.Index(fields=["outcome", "created_at"], name="challenge_outcome_created"),
            models.Index(fields=["session_ref", "created_at"], name="challenge_session_created"),
            models.Index(fields=["created_at"], name="challenge_created"),
            models.Index(fields=["provider_id"], name="challenge_provider_id"),
            models.Index(fields=["poll_at"], name="challenge_poll_at"),
            # Strangers request many codes that lead to no SMS; metrics read only the others (R1.26)
            models.Index(fields=["created_at"], name="challenge_sms", condition=models.Q(maybe_sent__gt=0)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} …{self.phone[-3:]}"


class PhoneLockout(models.Model):
    """A phone's failures in a row over all challenges and sessions, and its wait (R1.05-R1.07)."""

    phone = models.CharField(_("número móvil"), max_length=16, primary_key=True)
    failures = models.PositiveIntegerField(_("fallos seguidos"), default=0)
    # How many of `failures` came from a known browser or an invitation (lockout.py)
    trusted_failures = models.PositiveIntegerField(_("fallos de quien es conocido"), default=0, db_default=0)
    locks = models.PositiveSmallIntegerField(_("esperas seguidas"), default=0)
    locked_at = models.DateTimeField(_("en espera desde"), null=True)
    locked_until = models.DateTimeField(_("en espera hasta"), null=True)
    tried_at = models.DateTimeField(_("último intento"), null=True)

    class Meta:
        verbose_name = _("número en espera")
        verbose_name_plural = _("números en espera")
        indexes = [
            models.Index(fields=["tried_at"], name="phone_lockout_tried"),
            # The few numbers of which only trusted attempts are compared (lockout.py)
            models.Index(
                fields=["failures"], name="phone_lockout_stopped", condition=models.Q(failures__gte=100)
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.phone[-3:]}"


class LimitUse(models.Model):
    """One use of a limit, numbered from 1 within its key (R1.17).

    Two requests at once try to insert the same number, and the constraint lets one of them succeed.
    """

    key = models.CharField(max_length=80)  # for example `phone:<keyed hash>`
    number = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "number"], name="limit_use_numbered_once")]
        indexes = [models.Index(fields=["at"], name="limit_use_at")]

    def __str__(self) -> str:
        return f"{self.key} {self.number}"


class AuditEvent(AuditedEvent):
    """One event of the sign-in, append-only and without number, code or cookie (R1.28, R8.09)."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("Código pedido")
        SENT = "sent", _("Envío del código")
        REPORTED = "reported", _("Entrega del SMS")
        VERIFIED = "verified", _("Ingreso")
        FAILED = "failed", _("Código no aceptado")
        LOCKED = "locked", _("Comienzo de espera")
        UNLOCKED = "unlocked", _("Espera levantada")
        INVITED = "invited", _("Enlace enviado")
        IGNORED = "ignored", _("Identificación por la red no aceptada")

    class Method(models.TextChoices):
        PIN = "pin", _("PIN")
        NETWORK = "network", _("Red móvil")
        SMS = "sms", _("SMS")
        EMAIL = "email", _("Correo")

    class Result(models.TextChoices):
        DONE = "done", _("Hecho")
        LIMIT = "limit", _("Límite alcanzado")
        NOBODY = "nobody", _("Número no registrado: sin SMS")
        UNSENT = "unsent", _("No se pudo enviar")
        DOUBTFUL = "doubtful", _("Enviado, sin confirmar")
        EXPIRED = "expired", _("Venció sin enviar")
        ARRIVED = "arrived", _("Entregado")
        LOST = "lost", _("No entregado")
        WRONG = "wrong", _("Código equivocado")
        INVALID = "dead", _("Código ya sin validez")  # used, replaced, out of attempts or expired
        WAITING = "waiting", _("Número en espera")
        NOTHING = "nothing", _("No había nada que levantar")
        NO_NUMBER = "nonumber", _("Sin un número móvil completo")
        UNSIGNED = "unsigned", _("Sin una firma válida")
        STALE = "stale", _("Firmada hace demasiado, o con otro reloj")
        REUSED = "reused", _("Con una firma ya usada")

    kind = models.CharField(_("qué"), max_length=8, choices=Kind.choices)
    method = models.CharField(_("medio"), max_length=7, choices=Method.choices, blank=True)
    result = models.CharField(_("resultado"), max_length=8, choices=Result.choices)
    phone_tail = models.CharField(_("número, final"), max_length=3)
    phone_hash = models.CharField(max_length=64)
    session_hash = models.CharField(_("sesión"), max_length=64, blank=True)
    # Who lifted a wait or sent a link: the name of `user`, or the operating system's user that ran
    # the command
    actor = models.CharField(_("quién"), max_length=150, blank=True)
    reason = models.CharField(_("motivo"), max_length=100, blank=True)

    objects = AuditedEventQuerySet["AuditEvent"].as_manager()

    class Meta(AuditedEvent.Meta):
        verbose_name = _("evento de seguridad")
        verbose_name_plural = _("auditoría de ingresos")
        indexes = [
            models.Index(fields=["phone_hash", "at"], name="audit_phone_at"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()} …{self.phone_tail}"


class NetworkSwitch(models.Model):
    """The switch for network identity: one row, which a supervisor changes at the desk (R2.13).

    Each sign-in reads it, so a change takes effect at once in every process. Without a row, network
    identity is on.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    enabled = models.BooleanField(
        _("identificar por la red móvil"),
        default=True,
        help_text=_("Sin marcar, todos reciben el código por SMS. Rige al guardar, sin reiniciar nada."),
    )

    class Meta:
        verbose_name = _("identificación por la red")
        verbose_name_plural = _("identificación por la red")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="network_switch_is_one_row")]

    def __str__(self) -> str:
        return str(_("Identificación por la red móvil"))

    @classmethod
    def is_off(cls) -> bool:
        return cls.objects.filter(enabled=False).exists()
