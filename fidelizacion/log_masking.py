"""Log formatters that mask phone numbers, e-mail addresses and values of database rows (R8.08).

Our code never passes a phone number, an e-mail address or a PIN to a logger. But Django logs the
path of a request, which the client chooses, and an exception may quote a value. These formatters
mask every line, whichever library logs it.
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import psycopg
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.db import Error as DatabaseFailure

from jobs import log_context

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
BLANK = r"(?: |-|\+|%20)"
# Each match is replaced. A number keeps its last three digits and an e-mail address its domain, to
# distinguish one line from another
MASKED = (
    # Phones, cédulas and RUCs. A ticket's number has seven digits and stays
    re.compile(r"(?<!\d)\d{6,12}(?=\d{3}(?!\d))"),
    # Phones with spaces or dashes: 099 123 4567, +593 99 123 4567, 02 234 5678
    re.compile(rf"(?<!\d)(?:593{BLANK}?|0)\d{{1,2}}{BLANK}?\d{{3}}{BLANK}?\d(?=\d{{3}}(?!\d))"),
    # E-mail addresses. The look-behind tries each word once; without it 4,000 letters took 0.3 s
    re.compile(r"(?<![\w.+%-])[\w.+%-]+(?=(?:@|%40)[\w-]+\.\w)"),
    re.compile(r"(?<=[?&]i=)\w+"),  # the token of a link (otp/invitations/invitations.py)
)
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")  # all but the tab
UUID = re.compile(r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b")
LINE = "{asctime} {levelname} {name} [{about}]: {message}"
CHAINED = "\n\nDuring handling of the above exception, or because of it:\n\n"


class MaskingFormatter(logging.Formatter):
    """Masks each line, and logs only the first line of a database error.

    In the other lines PostgreSQL quotes the failing row: an address, a name, what a customer wrote.
    """

    one_line = True  # a line break that a client sent could forge a log entry

    def format(self, record: logging.LogRecord) -> str:
        # An earlier formatter may have cached the full text of the exception
        record.exc_text = None
        # Celery also puts the exception into the message
        if isinstance(record.args, dict) and "exc" in record.args and record.exc_info and record.exc_info[1]:
            record.args = {**record.args, "exc": describe(record.exc_info[1])}
        record.about = about()
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """Mask the message only. The other fields hold no personal data, and a task's id, whose
        digits would be masked, must stay readable.
        """
        record.message = self._safe(masked(record.message))
        return super().formatMessage(record)

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  logging's name
        return masked(super().formatStack(stack_info))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802  logging's name
        error, parts = ei[1], []
        if isinstance(error, OperationalError | InterfaceError):
            return self._safe(masked(_without_traceback(error)))
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"Traceback (most recent call last):\n{frames}{self._safe(describe(error))}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return masked(CHAINED.join(reversed(parts)))

    def _safe(self, text: str) -> str:
        return CONTROL.sub(lambda found: repr(found[0])[1:-1], text) if self.one_line else text


class JsonFormatter(MaskingFormatter):
    """Writes one JSON object per line, in UTC, for log collectors (`LOG_FORMAT=json`)."""

    one_line = False  # JSON escapes line breaks

    def format(self, record: logging.LogRecord) -> str:
        # Without a format string this is the masked message, followed by the exception or the stack
        text = super().format(record)
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            **log_context.fields(),
            "message": record.message,
        }
        details = text.removeprefix(record.message).strip("\n")
        if details:
            entry["exception"] = details
        return json.dumps(entry, ensure_ascii=False)


def about() -> str:
    """Return the request, task or sweep that logs the line, or a dash."""
    return " ".join(log_context.fields().values()) or "-"


def formatter() -> MaskingFormatter:
    """Return the formatter that LOG_FORMAT asks for."""
    if settings.LOG_FORMAT == "json":
        return JsonFormatter()
    return MaskingFormatter(LINE, style="{")


def masked(text: str) -> str:
    """Mask phone numbers and e-mail addresses. Task ids (UUIDs) stay, to find a task's lines."""
    parts = UUID.split(text)  # every second one is a UUID
    for position in range(0, len(parts), 2):
        for pattern in MASKED:
            parts[position] = pattern.sub("•••", parts[position])
    return "".join(parts)


def _without_traceback(error: BaseException) -> str:
    """Describe an unreachable database in one line: every request would log the same traceback."""
    ours = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename
    ]
    place = f" ({Path(ours[-1].filename).name}:{ours[-1].lineno})" if ours else ""
    return f"{describe(error)}{place}"


def describe(error: BaseException) -> str:
    """Return an exception's type and message.

    For a database error the message is its first line. A DataError quotes the value in that line
    too, so its message is left out.
    """
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, DataError | psycopg.DataError):
        return name
    message = str(error)
    if isinstance(error, DatabaseFailure | psycopg.Error):
        message = message.partition("\n")[0]
    return f"{name}: {message}"
