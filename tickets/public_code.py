"""Mail the code that verifies the address of a public request, from the worker or the sweep.

The outbox is not used, because it stores what it sends and no table may hold a code (R1.09).
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from jobs import leases
from jobs.database_retry import retry_while_down
from notifications import outbox
from notifications.email import rendering
from notifications.models import Message
from notifications.sending.transport import Transport
from notifications.sms import PermanentFailure, TemporaryFailure
from otp.pin import codes
from tickets.models import PublicRequest

logger = logging.getLogger(__name__)

MAIL = "public_code"
VALIDITY = timedelta(minutes=30)  # of the code and of the stored form
LEASE = timedelta(seconds=50)
WORKER_GRACE = timedelta(seconds=3)  # the worker has this long before the sweep sends
RETRY_AFTER = timedelta(seconds=20)  # multiplied by the number of attempts so far
MAX_SENDS = 5
MAX_PER_SWEEP = 20


def code_of(nonce: str, email: str) -> str:
    """Return the code of a request's nonce and address."""
    return codes.derive(nonce, f"email:{email}")


def is_code(typed: str, nonce: str, email: str) -> bool:
    """Whether `typed` is the code, compared in constant time."""
    return codes.matches(typed, nonce, f"email:{email}")


def context(code: str, request_type: str) -> dict[str, object]:
    """Return the mail's context, without typed text: strangers could mail it to any address."""
    minutes = int(VALIDITY.total_seconds() // 60)
    return {"code": code, "request_type": request_type, "minutes": minutes}


def sample() -> dict[str, object]:
    return context("123456", gettext("Servicio nuevo"))


def send(key: str) -> None:
    """Send a request's code, unless it was already sent or another process is sending it."""
    request = leases.claim(_due(timezone.now()), UUID(key), LEASE, mail_attempts=F("mail_attempts") + 1)
    if request is None:
        return
    code = code_of(request.nonce, request.email)
    content = rendering.render(MAIL, context(code, request.request_type.name))
    message = Message(
        channel=Message.Channel.EMAIL,
        to=request.email,
        stored_subject=content.subject,
        stored_text=content.text,
        stored_html=content.html,
        message_id=outbox.message_id(f"consulta:{request.nonce}"),
    )
    try:
        with Transport() as transport:
            transport.send(message)
    except TemporaryFailure as failure:
        logger.warning(
            "code of request %s, try %d: %s", request.key, request.mail_attempts, type(failure).__name__
        )
        pause = timezone.now() + RETRY_AFTER * request.mail_attempts
        leases.held(request).update(leased_until=pause)
    except PermanentFailure as failure:
        logger.warning("code of request %s refused: %s", request.key, type(failure).__name__)
        leases.record(request, mailed_at=timezone.now())
    else:
        retry_while_down(lambda: leases.record(request, mailed_at=timezone.now()))


def sweep() -> int:
    """Send the codes that no worker sent in time, and delete the expired requests.

    Returns the number of codes that it tried to send.
    """
    now = timezone.now()
    expired = PublicRequest.objects.filter(expires_at__lte=now)
    if expired.exists():  # on SQLite, even a DELETE of no rows takes the write lock
        expired.delete()
    late = _due(now).filter(created_at__lte=now - WORKER_GRACE).order_by("created_at")
    keys = list(late.values_list("pk", flat=True)[:MAX_PER_SWEEP])

    def work(key: UUID) -> tuple[bool, bool]:
        send(str(key))
        return True, True

    return leases.work_through(keys, work, seconds=20).total()


def _due(now: datetime) -> QuerySet[PublicRequest]:
    return PublicRequest.objects.filter(
        leases.free(now), mailed_at=None, used_at=None, mail_attempts__lt=MAX_SENDS, expires_at__gt=now
    )
