"""Actions of staff on a message: resend it, redirect it, mark it as resolved, release or drop it
(R4.18, R5.09, S4).

A message that was not accepted is queued again in its own row with the same Message-ID: if the
first one did arrive, the second is recognisable as a repeat. A message that was accepted is sent as
a copy with a new Message-ID, because mail programs hide a second mail with the same one.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import message_types, outbox
from notifications.models import GIVEN_UP, Message, MessageAction

logger = logging.getLogger(__name__)

COPY_SUFFIX = ":again:"  # in the dedup_key of a copy, before the original's pk and the serial
State = Message.State
Channel = Message.Channel


class ActionRefused(Exception):
    """The action was not carried out. The error's text, in Spanish, is shown to the user."""


class AlreadyDone(ActionRefused):
    """The action was requested twice, or the message changed since the user read it."""


@dataclass(frozen=True)
class Actor:
    """The author of an action: a member of staff, or a command with its name."""

    name: str
    user: User | None = None

    @classmethod
    def of(cls, user: User) -> "Actor":
        return cls(user.get_full_name() or user.get_username(), user)


def serial_of(message: Message) -> int:
    """Return how many actions the message has had.

    An action is requested with this number, and refused if another one was recorded since.
    """
    return message.actions.count()


def resend(message: Message, actor: Actor, serial: int) -> Message:
    """Send the message to the same recipient again and return the message that is queued: the same
    row if it was not accepted, else a copy. Raises ActionRefused.
    """
    _require_latest(message, serial)
    if message.state == State.SENDING:
        raise ActionRefused(_("El mensaje se está enviando en este momento."))
    if message.state == State.HELD:
        raise ActionRefused(_("El mensaje espera a un asesor: envíelo o descártelo desde su página."))
    if not outbox.is_deliverable(message.channel, message.to):
        raise ActionRefused(_("La dirección no es válida: el mensaje solo se puede enviar a otra."))
    if message.state in {State.QUEUED, *GIVEN_UP}:
        return _retry(message, actor, serial)
    return _copy(message, message.to, MessageAction.Kind.RESENT, actor, serial)


def redirect(message: Message, to: str, actor: Actor, serial: int) -> Message:
    """Send a copy of the mail to another address and return it. Raises ActionRefused."""
    _require_latest(message, serial)
    if message.channel != Channel.EMAIL or not outbox.is_email(to):
        raise ActionRefused(_("Escriba una dirección de correo válida."))
    return _copy(message, to, MessageAction.Kind.REDIRECTED, actor, serial)


def resolve(message: Message, how: str, actor: Actor, serial: int) -> None:
    """Mark a failed or dead message as resolved in another way, for instance by telephone. `how` is
    the user's note. Raises ActionRefused.
    """
    _require_latest(message, serial)
    if message.state not in GIVEN_UP:
        raise ActionRefused(_("Solo se da por resuelto un mensaje rechazado o abandonado."))
    unchanged = Message.objects.unresolved().filter(pk=message.pk, state=message.state)
    with _atomic_action(message):
        _record(MessageAction.Kind.RESOLVED, message, actor, serial, note=how)
        if not unchanged.update(resolved_at=timezone.now()):
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))


def release(message: Message, actor: Actor, serial: int) -> Message:
    """Queue a held message, whose address staff have reviewed. Raises ActionRefused."""
    _require_latest(message, serial)
    _require_held(message)
    with _atomic_action(message):
        _record(MessageAction.Kind.RELEASED, message, actor, serial)
        if not outbox.release(Message.objects.filter(pk=message.pk)):
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))
        outbox.enqueue_delivery(message.pk)
    return message


def drop(message: Message, why: str, actor: Actor, serial: int) -> None:
    """Drop a held message, so that it is never sent. Raises ActionRefused."""
    _require_latest(message, serial)
    _require_held(message)
    with _atomic_action(message):
        _record(MessageAction.Kind.DROPPED, message, actor, serial, note=why)
        if not Message.objects.filter(pk=message.pk, state=State.HELD).update(state=State.DROPPED):
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))


def mask_recipient(to: str) -> str:
    """Mask a recipient for the history: recognisable, but useless to send anything to."""
    name, at, domain = to.rpartition("@")
    return f"{name[:1]}•••@{domain}" if at else f"•••{to[-3:]}"


def _require_held(message: Message) -> None:
    if message.state != State.HELD:
        raise ActionRefused(_("Este mensaje no espera a un asesor."))


def _require_latest(message: Message, serial: int) -> None:
    """Refuse a second click with a text that says so. Two simultaneous requests both pass this
    check; the unique constraint on message and serial refuses one of them.
    """
    if serial != serial_of(message):
        raise AlreadyDone(_("Ya se había pedido: no se envió otra vez."))


def _retry(message: Message, actor: Actor, serial: int) -> Message:
    """Queue the message's own row, or make a queued one due now."""
    unchanged = Message.objects.filter(pk=message.pk, state=message.state)
    with _atomic_action(message):
        _record(MessageAction.Kind.RETRIED, message, actor, serial)
        if message.state == State.QUEUED:
            updated = unchanged.update(next_at=timezone.now())
        else:
            updated = outbox.requeue(unchanged)
        if not updated:
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))
        outbox.enqueue_delivery(message.pk)
    return message


def _copy(message: Message, to: str, kind: MessageAction.Kind, actor: Actor, serial: int) -> Message:
    message_type = message_types.message_type(message.kind)
    if message_type and message_type.copy_refusal:
        raise ActionRefused(str(message_type.copy_refusal))
    # The first message's key, also for the copy of a copy: the key must not grow with each copy
    original_key = message.dedup_key.partition(COPY_SUFFIX)[0]
    dedup_key = f"{original_key}{COPY_SUFFIX}{message.pk}-{serial}"
    with _atomic_action(message):
        copy = outbox.enqueue_copy(message, to=to, dedup_key=dedup_key)
        _record(kind, message, actor, serial, copy=copy)
    return copy


@contextmanager
def _atomic_action(message: Message) -> Iterator[None]:
    """Run an action in a transaction. Raises AlreadyDone if one with the same serial exists."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        logger.info("message %s: the same action was asked for twice", message.pk)
        raise AlreadyDone(_("Ya se había pedido: no se envió otra vez.")) from None


def _record(
    kind: MessageAction.Kind,
    message: Message,
    actor: Actor,
    serial: int,
    *,
    copy: Message | None = None,
    note: str = "",
) -> None:
    MessageAction.objects.create(
        message=message,
        serial=serial,
        kind=kind,
        at=timezone.now(),
        actor=actor.user,
        actor_name=actor.name[:150],
        to=mask_recipient(copy.to if copy else message.to),
        state_before=message.state,
        error_before=message.last_error,
        note=note,
        copy=copy,
    )
