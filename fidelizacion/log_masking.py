"""How a log line is written: whatever fails, no row of the database ends up in it, and nobody's
number (R8.08).

No code of ours hands a number, an address or a code to a logger. What a client writes into the
address of a page is logged by Django, and an exception may quote a value: those are masked here,
whoever logs them.
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
# Each keeps what tells one from another: a number its last three digits, an e-mail its domain
MASKED = (
    # Phones, cédulas and RUC; a ticket's number has seven digits
    re.compile(r"(?<!\d)\d{6,12}(?=\d{3}(?!\d))"),
    # With blanks or dashes between: 099 123 4567, +593 99 123 4567, 02 234 5678
    re.compile(rf"(?<!\d)(?:593{BLANK}?|0)\d{{1,2}}{BLANK}?\d{{3}}{BLANK}?\d(?=\d{{3}}(?!\d))"),
    # Begun at the first character only: from each of 4,000 it would take a third of a second
    # (R8.08)
    re.compile(r"(?<![\w.+%-])[\w.+%-]+(?=(?:@|%40)[\w-]+\.\w)"),
    re.compile(r"(?<=[?&]i=)\w+"),  # the token of a link (otp/invitations/invitations.py)
)
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")  # all but the tab
UUID = re.compile(r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b")
LINE = "{asctime} {levelname} {name} [{about}]: {message}"
BETWEEN = "\n\nDuring handling of the above exception, or because of it:\n\n"


class MaskingFormatter(logging.Formatter):
    """The usual one, masked, and of a database error only what went wrong is told, and not with
    which values.

    PostgreSQL adds the whole failing row: an address, a name, what a customer wrote.
    """

    one_line = True  # what may quote a client gets no line of its own, which could look like another entry

    def format(self, record: logging.LogRecord) -> str:
        # Whoever formatted it before may have left the full text; Celery quotes the exception in
        # the message, too
        record.exc_text = None
        if isinstance(record.args, dict) and "exc" in record.args and record.exc_info and record.exc_info[1]:
            record.args = {**record.args, "exc": describe(record.exc_info[1])}
        record.about = about()
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """Only what may quote somebody is masked: a task's id has digits of its own."""
        record.message = self._safe(masked(record.message))
        return super().formatMessage(record)

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  logging's name
        return masked(super().formatStack(stack_info))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802  logging's name
        error, parts = ei[1], []
        if isinstance(error, OperationalError | InterfaceError):
            return self._safe(masked(_in_one_line(error)))
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"Traceback (most recent call last):\n{frames}{self._safe(describe(error))}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return masked(BETWEEN.join(reversed(parts)))

    def _safe(self, text: str) -> str:
        return CONTROL.sub(lambda found: repr(found[0])[1:-1], text) if self.one_line else text


class JsonFormatter(MaskingFormatter):
    """One JSON object a line, in UTC, for programs that gather logs (`LOG_FORMAT=json`)."""

    one_line = False  # JSON escapes what would begin a line

    def format(self, record: logging.LogRecord) -> str:
        # The formatter has no format of its own: the message, masked, and below it the exception or
        # the stack
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
    """Which request, task or sweep a line is of; a dash where it is of none."""
    return " ".join(log_context.fields().values()) or "-"


def formatter() -> MaskingFormatter:
    """As the settings want the lines of every process."""
    if settings.LOG_FORMAT == "json":
        return JsonFormatter()
    return MaskingFormatter(LINE, style="{")


def masked(text: str) -> str:
    """The text with no whole number or e-mail in it; the ids of tasks stay, by which their lines
    are found.
    """
    return "".join(part if at % 2 else _masked(part) for at, part in enumerate(UUID.split(text)))


def _masked(text: str) -> str:
    for pattern in MASKED:
        text = pattern.sub("•••", text)
    return text


def _in_one_line(error: BaseException) -> str:
    """Of a database that is away, every request tells the same: what it said, and where in our code
    it was asked.
    """
    ours = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename
    ]
    place = f" ({Path(ours[-1].filename).name}:{ours[-1].lineno})" if ours else ""
    return f"{describe(error)}{place}"


def describe(error: BaseException) -> str:
    """The exception's kind and message; of a database error the first line only, and none that
    quotes the value.
    """
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, DataError | psycopg.DataError):
        return kind
    said = str(error)
    if isinstance(error, DatabaseFailure | psycopg.Error):
        said = said.partition("\n")[0]
    return f"{kind}: {said}"
