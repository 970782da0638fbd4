"""Writes the messages owed, in the transaction of what they tell about (R4.01), and nudges the
worker after it.
"""

import re
import uuid
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import enqueue
from jobs.insertion import insert_new
from notifications.models import Message, MessageQuerySet
from notifications.reports import delivery_reports

GIVE_UP_AFTER = timedelta(hours=72)  # GOV.UK Notify's limit (R4.08)
E164 = re.compile(r"\+[1-9]\d{7,14}")
SPACES = re.compile(r"\s+")


def enqueue_email(
    *,
    dedup_key: str,
    subject_ref: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    kind: str = "",
    reply_to: str = "",
    hold: str = "",
) -> Message:
    """Owe an e-mail. The same `dedup_key` again gives back the message there is. `kind` is its name
    in the catalogue.

    Nothing a customer typed can make this raise: a subject is folded to one line, an address that
    is none gives a `failed` message that the desk sees. A `reply_to` that is no address is left
    out: the mail matters more. With `hold`, the reason for staff to read, it waits until they
    release or drop it (`actions`).
    """
    return _enqueue(
        Message(
            dedup_key=dedup_key,
            subject_ref=subject_ref,
            channel=Message.Channel.EMAIL,
            kind=kind,
            to=_one_line(to),
            reply_to=reply_to if is_email(reply_to) else "",
            subject=_one_line(subject)[:200],
            text=_storable(text),
            html=_storable(html),
        ),
        deliverable=is_deliverable(Message.Channel.EMAIL, to),
        hold=hold,
    )


def enqueue_sms(*, dedup_key: str, subject_ref: str, to: str, text: str, kind: str = "") -> Message:
    """Owe an SMS to an E.164 number; otherwise as `enqueue_email`."""
    return _enqueue(
        Message(
            dedup_key=dedup_key,
            subject_ref=subject_ref,
            channel=Message.Channel.SMS,
            kind=kind,
            to=_one_line(to),
            text=_storable(text),
        ),
        deliverable=is_deliverable(Message.Channel.SMS, to),
    )


def enqueue_copy(message: Message, *, to: str, dedup_key: str) -> Message:
    """Owe the same content once more, to the same recipient or another, as a message of its own."""
    return _enqueue(
        Message(
            dedup_key=dedup_key,
            subject_ref=message.subject_ref,
            channel=message.channel,
            kind=message.kind,
            to=_one_line(to),
            reply_to=message.reply_to,
            subject=message.subject,
            text=message.text,
            html=message.html,
            copy_of=message,
        ),
        deliverable=is_deliverable(message.channel, to),
    )


def requeue(messages: MessageQuerySet) -> int:
    """Owe again messages that were given up, as if they were new but with their Message-ID. Returns
    how many.
    """
    now = timezone.now()
    return messages.given_up().update(
        state=Message.State.QUEUED,
        attempts=0,
        lost_leases=0,
        maybe_sent=0,
        last_error="",
        provider_id="",  # what is still reported of the earlier sending is not about this one
        delivered_at=None,
        resolved_at=None,
        next_at=now,
        give_up_at=now + GIVE_UP_AFTER,
    )


def release(messages: MessageQuerySet) -> int:
    """Send messages that waited for staff; their time to be given
    up begins now. Returns how many.
    """
    now = timezone.now()
    waiting = messages.filter(state=Message.State.HELD)
    return waiting.update(
        state=Message.State.QUEUED, last_error="", next_at=now, give_up_at=now + GIVE_UP_AFTER
    )


def enqueue_delivery(pk: int) -> None:
    """Tell the worker of a message once the transaction at hand has committed."""
    enqueue.enqueue_on_commit("notifications.tasks.deliver_message", pk)


def message_id(dedup_key: str) -> str:
    """The Message-ID of a message: the same for the same key, so that a repeat is recognisable
    (R4.07).

    The portal's address takes part, so that a test installation's mails never pass for the real
    one's.
    """
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{settings.PORTAL_BASE_URL}/{dedup_key}").hex
    return f"<{name}@{mail_domain()}>"


def _enqueue(message: Message, *, deliverable: bool, hold: str = "") -> Message:
    now = timezone.now()
    message.message_id = message_id(message.dedup_key)
    message.to = message.to[:254]
    message.created_at = message.next_at = now
    message.give_up_at = now + GIVE_UP_AFTER
    if not deliverable:
        message.state = Message.State.FAILED
        message.last_error = _("La dirección del destinatario no es válida.")
    elif hold:
        message.state = Message.State.HELD
        message.last_error = hold
    # Nearly always new: looking for it first would cost each ticket a query a message
    inserted = insert_new([message])
    if not inserted:
        return Message.objects.get(dedup_key=message.dedup_key)
    message.pk = inserted[0]
    message._state.adding = False  # noqa: SLF001  documented: a later save() is an UPDATE
    if not deliverable:
        delivery_reports.notify_failed(message)
    elif not hold:
        enqueue_delivery(message.pk)
    return message


def is_deliverable(channel: str, to: str) -> bool:
    """Whether it is a recipient that the channel can send to at all."""
    return is_email(to) if channel == Message.Channel.EMAIL else E164.fullmatch(to) is not None


def is_email(address: str) -> bool:
    """Whether it is one address that a message can be sent to and its row can hold."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= 254 and address.isprintable()


def _one_line(value: str) -> str:
    """No line end or control character, which would begin a header of their own (R4.27)."""
    printable = "".join(character if character.isprintable() else " " for character in value)
    return SPACES.sub(" ", printable).strip()


def _storable(value: str) -> str:
    """PostgreSQL stores no NUL."""
    return value.replace("\0", "")


def mail_domain() -> str:
    """The domain our mails come from."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2]
    return domain or urlsplit(settings.PORTAL_BASE_URL).hostname or "localhost"
