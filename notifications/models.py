"""The outbox. Its rows decide what is sent; a Celery task only says that a row may be due."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.append_only import AppendOnlyModel, AppendOnlyQuerySet
from companies.indexes import PrefixIndex
from jobs.leases import Leased
from notifications.email import rendering


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> Self:
        """Filter messages that may be sent now: those queued and due, and those whose lease ran out
        because the process that had claimed them recorded no outcome.
        """
        return self.filter(
            models.Q(state=Message.State.QUEUED, next_at__lte=now)
            | models.Q(state=Message.State.SENDING, leased_until__lte=now)
        )

    def given_up(self) -> Self:
        """Filter failed and dead messages, which are sent again only if staff ask for it."""
        return self.filter(state__in=GIVEN_UP)

    def unresolved(self) -> Self:
        """Filter messages that staff have not marked as resolved in another way."""
        return self.filter(resolved_at=None)


class Message(Leased):
    """An e-mail or SMS to send, inserted in the transaction of the change it is about (R4.01)."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("Correo")
        SMS = "sms", _("SMS")

    class State(models.TextChoices):
        QUEUED = "queued", _("Por enviar")
        SENDING = "sending", _("Enviando")
        SENT = "sent", _("Enviado")
        DELIVERED = "delivered", _("Entregado")  # reported by the provider; plain SMTP reports nothing
        FAILED = "failed", _("Rechazado por el destino")
        DEAD = "dead", _("Abandonado")
        HELD = "held", _("Espera a un asesor")  # not sent until staff release it (S4)
        DROPPED = "dropped", _("Descartado")  # staff decided that it is not to be sent

    # Set by the caller, such as `ticket:3608314:client`: it keeps a message from being queued twice
    # (R4.02)
    dedup_key = models.CharField(_("clave"), max_length=120)
    # What the message is about, such as `ticket:3608314`
    subject_ref = models.CharField(_("asunto de"), max_length=60)
    channel = models.CharField(_("canal"), max_length=5, choices=Channel.choices)
    kind = models.CharField(_("mensaje"), max_length=60, blank=True)  # the name of its MessageType
    to = models.CharField(_("destinatario"), max_length=254)
    reply_to = models.CharField(_("responder a"), max_length=254, blank=True)
    # What the mail's template shows (`email.snapshot`), until the first claim renders the mail and
    # stores the content in its place; empty for an SMS. `template_version` is the version of the
    # type's templates that these facts are for (`message_types.MessageType`)
    facts = models.TextField(blank=True, editable=False)
    template_version = models.PositiveSmallIntegerField(default=0, editable=False)
    # Read them as `subject`, `text` and `html`, which render a mail that is not rendered yet
    stored_subject = models.CharField(max_length=200, blank=True, db_column="subject", editable=False)
    stored_text = models.TextField(blank=True, db_column="text", editable=False)
    stored_html = models.TextField(blank=True, db_column="html", editable=False)
    message_id = models.CharField("Message-ID", max_length=200)  # derived from `dedup_key` (R4.07)

    state = models.CharField(_("estado"), max_length=9, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0)
    next_at = models.DateTimeField(_("próximo intento"))
    give_up_at = models.DateTimeField(_("se abandona"))
    # How many leases ran out with no outcome recorded: a process died while sending (R4.12)
    lost_leases = models.PositiveSmallIntegerField(default=0)
    # How many times the SMS may have been sent. A repeated SMS costs money and cannot be recognised
    # by a Message-ID, so this number is limited (R1.24)
    maybe_sent = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(_("identificador del proveedor"), max_length=200, blank=True)
    last_error = models.CharField(_("último error"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("creado"))
    tried_at = models.DateTimeField(_("último intento"), null=True)
    sent_at = models.DateTimeField(_("enviado"), null=True)
    delivered_at = models.DateTimeField(_("entregado"), null=True)
    # When the recipient marked it as spam, as reported by the provider
    complained_at = models.DateTimeField(_("marcado como no deseado"), null=True)
    # When staff marked a failed or dead message as resolved in another way
    resolved_at = models.DateTimeField(_("resuelto de otro modo"), null=True)
    # When to poll the provider for a delivery report if none has arrived (R4.25)
    poll_at = models.DateTimeField(null=True, editable=False)
    # The message that this one copies because staff resent or redirected it. An undelivered message
    # with a copy leaves the lists of undelivered ones
    copy_of = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="copies", db_index=False
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("mensaje")
        verbose_name_plural = _("mensajes")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("resend_message", _("Puede reenviar un mensaje a su destinatario")),
            ("redirect_message", _("Puede enviar un mensaje a otra dirección")),
            ("preview_message", _("Puede ver las plantillas de los mensajes")),
        ]
        # Each change of state writes to every index that contains the row. `unique` and `db_index`
        # of the fields would add two indexes for LIKE, which no query uses, and would put all rows
        # into the two that have a condition here
        constraints = [models.UniqueConstraint(fields=["dedup_key"], name="message_dedup_key")]
        indexes = [
            models.Index(fields=["subject_ref"], name="message_subject_ref"),
            models.Index(
                fields=["copy_of"], name="message_copy_of", condition=models.Q(copy_of__isnull=False)
            ),
            models.Index(fields=["state", "next_at"], name="message_state_next_at"),
            PrefixIndex(fields=["to"], name="message_to_start"),
            models.Index(fields=["provider_id"], name="message_provider_id"),
            models.Index(
                fields=["poll_at"], name="message_poll_at", condition=models.Q(poll_at__isnull=False)
            ),
            models.Index(fields=["sent_at"], name="message_sent_at"),
            models.Index(fields=["tried_at"], name="message_tried_at"),
        ]

    def __str__(self) -> str:
        return gettext("Mensaje n.º %(pk)s") % {"pk": self.pk}

    @property
    def subject(self) -> str:
        return self._preview.subject if self.facts else self.stored_subject

    @property
    def text(self) -> str:
        return self._preview.text if self.facts else self.stored_text

    @property
    def html(self) -> str:
        return self._preview.html if self.facts else self.stored_html

    @property
    def _preview(self) -> rendering.RenderedEmail:
        """The mail as it would be rendered now; nothing is stored."""
        return rendering.render_snapshot(self.kind, self.facts)

    def set_content(self, content: rendering.RenderedEmail) -> dict[str, object]:
        """Put the content in the place of the facts. Returns the values to store."""
        values: dict[str, object] = {
            "stored_subject": content.subject,
            "stored_text": content.text,
            "stored_html": content.html,
            "facts": "",
        }
        for name, value in values.items():
            setattr(self, name, value)
        return values


# The columns that no list shows
CONTENT = ("facts", "stored_text", "stored_html")
GIVEN_UP = (Message.State.FAILED, Message.State.DEAD)
WITHHELD = (Message.State.HELD, Message.State.DROPPED)


class MessageAction(AppendOnlyModel):
    """An action of staff on a message: who did what and when, the recipient, and the message's
    state and error before it. Append-only (R5.09, R4.18).
    """

    class Kind(models.TextChoices):
        RETRIED = "retried", _("Puso otra vez en cola")
        RESENT = "resent", _("Reenvió")
        REDIRECTED = "redirected", _("Envió a otra dirección")
        RESOLVED = "resolved", _("Dio por resuelto")
        RELEASED = "released", _("Envió lo que esperaba")
        DROPPED = "dropped", _("Descartó")

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="actions")
    # How many actions the message had when the user saw it. The unique constraint makes one action
    # of two clicks, or of two users at the same time
    serial = models.PositiveSmallIntegerField()
    kind = models.CharField(_("qué"), max_length=10, choices=Kind.choices)
    at = models.DateTimeField(_("cuándo"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(_("quién"), max_length=150)
    to = models.CharField(_("a quién"), max_length=254)  # masked; the copy's row has the whole address
    state_before = models.CharField(_("estado anterior"), max_length=9)
    error_before = models.CharField(_("error anterior"), max_length=200, blank=True)
    note = models.CharField(
        _("cómo"), max_length=300, blank=True
    )  # how it was resolved, or why it was dropped
    copy = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="made_by")

    objects = AppendOnlyQuerySet["MessageAction"].as_manager()

    class Meta:
        verbose_name = _("acción sobre un mensaje")
        verbose_name_plural = _("acciones sobre mensajes")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["message", "serial"], name="message_action_once")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"


class UnmatchedReport(models.Model):
    """A delivery report with an unknown provider id, kept for five minutes: it may have arrived
    before the sending process recorded the id (R4.24).
    """

    class Kind(models.TextChoices):
        DELIVERED = "delivered", _("Entregado")
        FAILED = "failed", _("Rechazado por el destino")
        COMPLAINED = "complained", _("Marcado como no deseado")

    channel = models.CharField(max_length=5, choices=Message.Channel.choices)
    provider_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    tried_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "provider_id", "kind"], name="report_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%H:%M:%S}"
