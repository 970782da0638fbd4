"""Where a process of the product may end itself (R7.01): put into it from outside, by `process.py`,
and nowhere else.

A point is armed by writing its name to the file that FAULTS_ARMED names; the first process that
comes by takes the file away and kills itself, as `kill -9` would. Unarmed, nothing is different.
"""

import os
import signal
import smtplib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from attachments import storage
from notifications.models import Message
from notifications.sending import delivery
from notifications.sending.transport import Transport
from notifications.sms.twilio import TwilioGateway
from tickets import submission
from tickets.models import Ticket

ARMED = "FAULTS_ARMED"

WEB = ("half of the file", "file, no row", "before COMMIT", "after COMMIT")
SENDING = (
    "after the claim",
    "before DATA",
    "after the 250",
    "before recording",
    "recording",
    "after recording",
)
SMS = "after Twilio's 201"

_creating = threading.local()  # this thread is at the transaction of a ticket
# This thread is at a message of a ticket, and not at an alarm, which may come any time
_sending = threading.local()


def is_armed(point: str) -> bool:
    path = Path(os.environ[ARMED])
    try:
        return path.read_text(encoding="utf-8") == point
    except FileNotFoundError:
        return False


def strike(point: str) -> None:
    """End this process here, if it is to."""
    if not is_armed(point):
        return
    try:
        Path(os.environ[ARMED]).unlink()
    except FileNotFoundError:  # another process came by in the same instant
        return
    os.kill(os.getpid(), signal.SIGKILL)


def strike_at_ticket(point: str) -> None:
    """The same, if this thread is at a message of a ticket."""
    if _sending.of_ticket:
        strike(point)


def install() -> None:
    """Put all points into this process; those it forks have them too."""
    _in_the_web()
    _in_whoever_sends()


class HalfFile(ContentFile):  # type: ignore[type-arg]  # generic only in its stubs
    """A document of which, at that point, only a part reaches the disk."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        if not is_armed("half of the file"):
            yield from super().chunks(chunk_size)
            return
        content = self.read()
        yield content[: len(content) // 2]
        strike("half of the file")


def _in_the_web() -> None:
    create = submission._create
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]  # not in the stubs

    def creating(*given: Any) -> Ticket:
        strike("file, no row")
        _creating.now = True
        try:
            return create(*given)
        finally:
            _creating.now = False

    def committing(connection: BaseDatabaseWrapper) -> None:
        ours = getattr(_creating, "now", False)
        if ours:
            strike("before COMMIT")
        commit(connection)
        if ours:
            strike("after COMMIT")

    _replace(submission, "_create", creating)
    _replace(BaseDatabaseWrapper, "_commit", committing)
    _replace(storage, "ContentFile", HalfFile)


def _in_whoever_sends() -> None:
    carry, data, record, send = delivery._send, smtplib.SMTP.data, delivery._record_sent, TwilioGateway.send

    # The claim is committed
    def carrying(message: Message, carrier: Transport) -> tuple[delivery.SendOutcome, bool]:
        _sending.of_ticket = message.subject_ref.startswith("ticket:")
        strike_at_ticket("after the claim")
        return carry(message, carrier)

    def handing_over(server: smtplib.SMTP, content: Any) -> tuple[int, bytes]:
        strike_at_ticket("before DATA")
        answer = data(server, content)
        strike_at_ticket("after the 250")
        return answer

    def recording(message: Message, provider_id: str) -> None:
        strike_at_ticket("before recording")
        if _sending.of_ticket and is_armed("recording"):  # the row is written, and its COMMIT never comes
            with transaction.atomic():
                record(message, provider_id)
                strike("recording")
        record(message, provider_id)
        strike_at_ticket("after recording")

    def sending(gateway: TwilioGateway, to: str, text: str, *, seconds_left: int) -> str:
        sid = send(gateway, to, text, seconds_left=seconds_left)
        strike(SMS)
        return sid

    _replace(delivery, "_send", carrying)
    _replace(smtplib.SMTP, "data", handing_over)
    _replace(delivery, "_record_sent", recording)
    _replace(TwilioGateway, "send", sending)


def _replace(holder: object, name: str, by: Callable[..., Any]) -> None:
    assert hasattr(holder, name), f"there is no {name} any more"
    setattr(holder, name, by)
