"""Queues messages in the transaction of the change they are about (R4.01), and enqueues the task
that sends them after the commit.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import enqueue
from jobs.insertion import insert_new_by
from notifications import message_types
from notifications.email import rendering, snapshot
from notifications.models import Message, MessageQuerySet
from notifications.reports import delivery_reports

GIVE_UP_AFTER = timedelta(hours=72)  # GOV.UK Notify's limit (R4.08)
E164 = re.compile(r"\+[1-9]\d{7,14}")
SPACES = re.compile(r"\s+")
_batch: ContextVar[list[Message] | None] = ContextVar("_batch", default=None)


@contextmanager
def in_one_batch() -> Iterator[None]:
    """Insert the messages queued in this block with one statement, and enqueue one task for them.

    They have no key before the end of the block. An error in the block queues none of them.
    """
    batch: list[Message] = []
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)
    _insert(batch)


def enqueue_email(
    *,
    dedup_key: str,
    subject_ref: str,
    to: str,
    kind: str,
    context: dict[str, object],
    reply_to: str = "",
    hold: str = "",
) -> Message:
    """Queue an e-mail of a registered type and return it; the process that sends it renders it.

    `context` holds all that its templates show (`email.snapshot`). The rest is as in
    `enqueue_rendered_email`.
    """
    return _enqueue(
        Message(
            dedup_key=dedup_key,
            subject_ref=subject_ref,
            channel=Message.Channel.EMAIL,
            kind=kind,
            to=_one_line(to),
            reply_to=reply_to if is_email(reply_to) else "",
            facts=snapshot.freeze(context),
            template_version=message_types.newest_version(kind),
        ),
        deliverable=is_deliverable(Message.Channel.EMAIL, to),
        hold=hold,
    )


def enqueue_rendered_email(
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
    """Queue an e-mail with this content and return it; the existing one if `dedup_key` is in use.

    `kind` is the name of its MessageType. No text typed by a customer makes this raise: line ends
    are removed from the subject, an invalid recipient gives a `failed` message that the desk shows,
    and an invalid `reply_to` is left out. `hold` is a reason, shown to staff, for which the message
    waits until they release or drop it (`actions`).
    """
    content = clean(rendering.RenderedEmail(subject, text, html))
    return _enqueue(
        Message(
            dedup_key=dedup_key,
            subject_ref=subject_ref,
            channel=Message.Channel.EMAIL,
            kind=kind,
            to=_one_line(to),
            reply_to=reply_to if is_email(reply_to) else "",
            stored_subject=content.subject,
            stored_text=content.text,
            stored_html=content.html,
        ),
        deliverable=is_deliverable(Message.Channel.EMAIL, to),
        hold=hold,
    )


def enqueue_sms(*, dedup_key: str, subject_ref: str, to: str, text: str, kind: str = "") -> Message:
    """Queue an SMS to an E.164 number; otherwise like `enqueue_rendered_email`."""
    return _enqueue(
        Message(
            dedup_key=dedup_key,
            subject_ref=subject_ref,
            channel=Message.Channel.SMS,
            kind=kind,
            to=_one_line(to),
            stored_text=_without_nul(text),
        ),
        deliverable=is_deliverable(Message.Channel.SMS, to),
    )


def enqueue_copy(message: Message, *, to: str, dedup_key: str) -> Message:
    """Queue a copy of a message, with its own Message-ID, to the same recipient or another."""
    return _enqueue(
        Message(
            dedup_key=dedup_key,
            subject_ref=message.subject_ref,
            channel=message.channel,
            kind=message.kind,
            to=_one_line(to),
            reply_to=message.reply_to,
            facts=message.facts,
            template_version=message.template_version,
            stored_subject=message.stored_subject,
            stored_text=message.stored_text,
            stored_html=message.stored_html,
            copy_of=message,
        ),
        deliverable=is_deliverable(message.channel, to),
    )


def requeue(messages: MessageQuerySet) -> int:
    """Queue failed and dead messages again, like new ones but with their Message-ID. Returns their
    number.
    """
    now = timezone.now()
    return messages.given_up().update(
        state=Message.State.QUEUED,
        attempts=0,
        lost_leases=0,
        maybe_sent=0,
        last_error="",
        provider_id="",  # late reports on the earlier sending must not match this one
        delivered_at=None,
        resolved_at=None,
        next_at=now,
        give_up_at=now + GIVE_UP_AFTER,
    )


def release(messages: MessageQuerySet) -> int:
    """Queue held messages; their 72 hours begin now. Returns their number."""
    now = timezone.now()
    return messages.filter(state=Message.State.HELD).update(
        state=Message.State.QUEUED, last_error="", next_at=now, give_up_at=now + GIVE_UP_AFTER
    )


def enqueue_delivery(pk: int) -> None:
    """Enqueue the task that sends a message, after the current transaction has committed."""
    enqueue.enqueue_on_commit("notifications.tasks.deliver_message", pk)


def message_id(dedup_key: str) -> str:
    """Return the Message-ID derived from a `dedup_key`: a mail sent twice has the same one (R4.07).

    The portal's address is part of the hash, so that a test installation's mails have other ids.
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
    batch = _batch.get()
    if batch is not None:
        batch.append(message)
        return message
    if not _insert([message]):
        return Message.objects.get(dedup_key=message.dedup_key)
    return message


def _insert(messages: list[Message]) -> int:
    """Insert the messages whose `dedup_key` is new, and return their number.

    It does not look for existing ones first: nearly all are new, so that saves a query for each.
    """
    if not messages:
        return 0
    messages = list({message.dedup_key: message for message in reversed(messages)}.values())[::-1]
    inserted = insert_new_by("dedup_key", messages)
    new = [message for message in messages if message.dedup_key in inserted]
    for message in new:
        message.pk = inserted[message.dedup_key]
        message._state.adding = False  # noqa: SLF001  documented: a later save() is an UPDATE
        if message.state == Message.State.FAILED:
            delivery_reports.notify_failed(message)
    queued = [message for message in new if message.state == Message.State.QUEUED]
    mails = [message.pk for message in queued if message.channel == Message.Channel.EMAIL]
    if len(mails) > 1:  # one task sends them over one connection
        enqueue.enqueue_on_commit("notifications.tasks.deliver_messages", mails)
        queued = [message for message in queued if message.channel == Message.Channel.SMS]
    for message in queued:
        enqueue_delivery(message.pk)
    return len(new)


def is_deliverable(channel: str, to: str) -> bool:
    """Whether `to` is a valid recipient for the channel: an e-mail address or an E.164 number."""
    return is_email(to) if channel == Message.Channel.EMAIL else E164.fullmatch(to) is not None


def is_email(address: str) -> bool:
    """Whether this is exactly one valid e-mail address that fits in `Message.to`."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= 254 and address.isprintable()


def _one_line(value: str) -> str:
    """Replace line ends and control characters, which could add a header to the mail (R4.27)."""
    printable = "".join(character if character.isprintable() else " " for character in value)
    return SPACES.sub(" ", printable).strip()


def clean(content: rendering.RenderedEmail) -> rendering.RenderedEmail:
    """Return the content as the row stores it: the subject in one line, no NUL characters."""
    return rendering.RenderedEmail(
        _one_line(content.subject)[:200], _without_nul(content.text), _without_nul(content.html)
    )


def _without_nul(value: str) -> str:
    """Remove NUL characters, which PostgreSQL cannot store."""
    return value.replace("\0", "")


def mail_domain() -> str:
    """Return the domain of the sender address."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2]
    return domain or urlsplit(settings.PORTAL_BASE_URL).hostname or "localhost"
