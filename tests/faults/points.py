"""Points at which a process of the product kills itself (R7.01). `process.py` patches them into the
process; the product's code has none.

A test arms a point by writing its name to the file that FAULTS_ARMED names. The first process that
reaches the point deletes the file and kills itself, as `kill -9` would. Without that file the
product behaves as usual.
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

_creating = threading.local()  # `now`: whether this thread is in the transaction of a ticket
# `of_ticket`: whether this thread is sending a ticket's message, and not an alarm's, which may be
# sent at any time
_sending = threading.local()


def is_armed(point: str) -> bool:
    path = Path(os.environ[ARMED])
    try:
        return path.read_text(encoding="utf-8") == point
    except FileNotFoundError:
        return False


def kill_if_armed(point: str) -> None:
    """Kill this process if the point is armed."""
    if not is_armed(point):
        return
    try:
        Path(os.environ[ARMED]).unlink()
    except FileNotFoundError:  # another process reached the point at the same time
        return
    os.kill(os.getpid(), signal.SIGKILL)


def kill_sender_if_armed(point: str) -> None:
    """Kill this process if the point is armed and this thread is sending a ticket's message."""
    if _sending.of_ticket:
        kill_if_armed(point)


def install() -> None:
    """Patch all points into this process; the processes that it forks inherit them."""
    _patch_web()
    _patch_sending()


class HalfFile(ContentFile):  # type: ignore[type-arg]  # generic only in its stubs
    """A document of which only the first half is written when the point is armed."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        if not is_armed("half of the file"):
            yield from super().chunks(chunk_size)
            return
        content = self.read()
        yield content[: len(content) // 2]
        kill_if_armed("half of the file")


def _patch_web() -> None:
    create = submission._create
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]  # not in the stubs

    def creating(*given: Any) -> Ticket:
        kill_if_armed("file, no row")
        _creating.now = True
        try:
            return create(*given)
        finally:
            _creating.now = False

    def committing(connection: BaseDatabaseWrapper) -> None:
        of_ticket = getattr(_creating, "now", False)
        if of_ticket:
            kill_if_armed("before COMMIT")
        commit(connection)
        if of_ticket:
            kill_if_armed("after COMMIT")

    _replace(submission, "_create", creating)
    _replace(BaseDatabaseWrapper, "_commit", committing)
    _replace(storage, "ContentFile", HalfFile)


def _patch_sending() -> None:
    send, data, record, send_sms = (
        delivery._send,
        smtplib.SMTP.data,
        delivery._record_sent,
        TwilioGateway.send,
    )

    # The product calls this after the commit of the claim
    def sending(message: Message, transport: Transport) -> tuple[delivery.SendOutcome, bool]:
        _sending.of_ticket = message.subject_ref.startswith("ticket:")
        kill_sender_if_armed("after the claim")
        return send(message, transport)

    def sending_data(server: smtplib.SMTP, content: Any) -> tuple[int, bytes]:
        kill_sender_if_armed("before DATA")
        answer = data(server, content)
        kill_sender_if_armed("after the 250")
        return answer

    def recording(message: Message, provider_id: str) -> None:
        kill_sender_if_armed("before recording")
        if _sending.of_ticket and is_armed("recording"):  # the row is written and never committed
            with transaction.atomic():
                record(message, provider_id)
                kill_if_armed("recording")
        record(message, provider_id)
        kill_sender_if_armed("after recording")

    def sending_sms(gateway: TwilioGateway, to: str, text: str, *, seconds_left: int) -> str:
        sid = send_sms(gateway, to, text, seconds_left=seconds_left)
        kill_if_armed(SMS)
        return sid

    _replace(delivery, "_send", sending)
    _replace(smtplib.SMTP, "data", sending_data)
    _replace(delivery, "_record_sent", recording)
    _replace(TwilioGateway, "send", sending_sms)


def _replace(holder: object, name: str, by: Callable[..., Any]) -> None:
    assert hasattr(holder, name), f"{name} does not exist any more"
    setattr(holder, name, by)
