"""What staff do with a message: send it again or elsewhere, settle it, release or drop it (R4.18,
R5.09, S4).

A message that never arrived keeps its row and its Message-ID: should the recipient have it after
all, the repetition is recognisable. One that was accepted is sent as a copy with a Message-ID of
its own: mail programs hide a second mail with the same one, and whoever asks for it again would see
nothing.
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

AGAIN = ":again:"
Kind = MessageAction.Kind
State = Message.State
Channel = Message.Channel


class ActionRefused(Exception):
    """Nothing was done; the message is for whoever asked."""


class AlreadyDone(ActionRefused):
    """The same was asked twice, or somebody else acted on the message meanwhile."""


@dataclass(frozen=True)
class Actor:
    """Who acts: somebody at the desk, or a command by its name."""

    name: str
    user: User | None = None

    @classmethod
    def of(cls, user: User) -> "Actor":
        return cls(user.get_full_name() or user.get_username(), user)


def serial_of(message: Message) -> int:
    """How many actions the message has had; an action asked for
    with an older figure is not done.
    """
    return message.actions.count()


def resend(message: Message, actor: Actor, serial: int) -> Message:
    """To the same recipient: the row itself where it never arrived, else a copy. Raises Refused."""
    _require_latest(message, serial)
    if message.state == State.SENDING:
        raise ActionRefused(_("El mensaje se está enviando en este momento."))
    if message.state == State.HELD:
        raise ActionRefused(_("El mensaje espera a un asesor: envíelo o descártelo desde su página."))
    if not outbox.is_deliverable(message.channel, message.to):
        raise ActionRefused(_("La dirección no es válida: el mensaje solo se puede enviar a otra."))
    if message.state in {State.QUEUED, *GIVEN_UP}:
        return _retry(message, actor, serial)
    return _copy(message, message.to, Kind.RESENT, actor, serial)


def redirect(message: Message, to: str, actor: Actor, serial: int) -> Message:
    """The same mail to another address, as a copy. Raises Refused."""
    _require_latest(message, serial)
    if message.channel != Channel.EMAIL or not outbox.is_email(to):
        raise ActionRefused(_("Escriba una dirección de correo válida."))
    return _copy(message, to, Kind.REDIRECTED, actor, serial)


def resolve(message: Message, how: str, actor: Actor, serial: int) -> None:
    """What was given up needs nothing more: somebody saw to it another way, say by telephone.
    Raises Refused.
    """
    _require_latest(message, serial)
    if message.state not in GIVEN_UP:
        raise ActionRefused(_("Solo se da por resuelto un mensaje rechazado o abandonado."))
    same = Message.objects.unresolved().filter(pk=message.pk, state=message.state)
    with _once(message):
        _record(Kind.RESOLVED, message, actor, serial, note=how)
        if not same.update(resolved_at=timezone.now()):
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))


def release(message: Message, actor: Actor, serial: int) -> Message:
    """Send what waited for staff to look at its address. Raises Refused."""
    _require_latest(message, serial)
    _require_held(message)
    with _once(message):
        _record(Kind.RELEASED, message, actor, serial)
        if not outbox.release(Message.objects.filter(pk=message.pk)):
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))
        outbox.enqueue_delivery(message.pk)
    return message


def drop(message: Message, why: str, actor: Actor, serial: int) -> None:
    """Decide that what waited for staff is not sent. Raises Refused."""
    _require_latest(message, serial)
    _require_held(message)
    with _once(message):
        _record(Kind.DROPPED, message, actor, serial, note=why)
        if not Message.objects.filter(pk=message.pk, state=State.HELD).update(state=State.DROPPED):
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))


def mask_recipient(to: str) -> str:
    """A recipient as history keeps it: enough to recognise, too little to use."""
    name, at, domain = to.rpartition("@")
    return f"{name[:1]}•••@{domain}" if at else f"•••{to[-3:]}"


def _require_held(message: Message) -> None:
    if message.state != State.HELD:
        raise ActionRefused(_("Este mensaje no espera a un asesor."))


def _require_latest(message: Message, serial: int) -> None:
    """Spares the usual second click the trouble; between two at the same instant the constraint
    decides.
    """
    if serial != serial_of(message):
        raise AlreadyDone(_("Ya se había pedido: no se envió otra vez."))


def _retry(message: Message, actor: Actor, serial: int) -> Message:
    same = Message.objects.filter(pk=message.pk, state=message.state)
    with _once(message):
        _record(Kind.RETRIED, message, actor, serial)
        waiting = message.state == State.QUEUED
        if not (same.update(next_at=timezone.now()) if waiting else outbox.requeue(same)):
            raise AlreadyDone(_("El mensaje cambió mientras usted lo leía: revise su estado."))
        outbox.enqueue_delivery(message.pk)
    return message


def _copy(message: Message, to: str, kind: Kind, actor: Actor, serial: int) -> Message:
    known = message_types.message_type(message.kind)
    if known and known.copy_refusal:
        raise ActionRefused(str(known.copy_refusal))
    first = message.dedup_key.partition(AGAIN)[0]  # of a copy's copy, too: keys stay short
    with _once(message):
        copy = outbox.enqueue_copy(message, to=to, dedup_key=f"{first}{AGAIN}{message.pk}-{serial}")
        _record(kind, message, actor, serial, copy=copy)
    return copy


@contextmanager
def _once(message: Message) -> Iterator[None]:
    """All of it or nothing, and nothing when an action with the same serial was there first."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        logger.info("message %s: the same action was asked for twice", message.pk)
        raise AlreadyDone(_("Ya se había pedido: no se envió otra vez.")) from None


def _record(
    kind: Kind, message: Message, actor: Actor, serial: int, *, copy: Message | None = None, note: str = ""
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
