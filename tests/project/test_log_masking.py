"""Log lines say enough to find an error, and contain no personal data (R8.08)."""

import json
import logging
import time
import timeit
from datetime import datetime, timedelta

import pytest
from django.conf import settings as project
from django.db import DataError, IntegrityError, OperationalError
from pytest_django import Settings

from fidelizacion.env import parse_log_format
from fidelizacion.log_masking import JsonFormatter, MaskingFormatter, formatter, masked
from jobs import log_context

ROW = "null value in column «reply_to»\nDETAIL:  Failing row contains (15, ana@acme.example,\nPor cierre de la oficina)"


def logged(error: Exception, message: str = "failed", *arguments: object) -> str:
    outer = type(error)(*error.args)
    outer.__cause__ = error
    info = (type(outer), outer, None)
    record = logging.LogRecord("celery.app.trace", logging.ERROR, "", 0, message, arguments, info)
    return MaskingFormatter("{message}", style="{").format(record)


def test_the_row_that_a_database_error_quotes_is_left_out() -> None:
    text = logged(IntegrityError(ROW))
    assert text.count("django.db.utils.IntegrityError: null value in column «reply_to»") == 2
    assert "ana@acme.example" not in text
    assert "oficina" not in text


def test_a_value_that_the_database_could_not_read_is_left_out() -> None:
    text = logged(DataError('invalid input syntax for type integer: "ana@acme.example"'))
    assert "django.db.utils.DataError" in text
    assert "ana@acme.example" not in text


def test_the_exception_that_celery_quotes_is_left_out() -> None:
    text = logged(IntegrityError(ROW), "Task raised unexpected: %(exc)s", {"exc": repr(IntegrityError(ROW))})
    assert text.startswith("Task raised unexpected: django.db.utils.IntegrityError: null value")
    assert "oficina" not in text


def test_the_place_of_an_error_is_logged() -> None:
    try:
        int("x")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    text = MaskingFormatter("{message}", style="{").format(
        logging.LogRecord("a", 40, "", 0, "failed", (), info)
    )
    assert "test_log_masking.py" in text
    assert text.endswith("builtins.ValueError: invalid literal for int() with base 10: 'x'")


def test_an_unavailable_database_is_logged_in_one_line() -> None:
    with pytest.raises(OperationalError) as caught:
        raise OperationalError("connection refused\n\tIs the server running?")
    info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Internal Server Error", (), info)
    _message, line = MaskingFormatter("{message}", style="{").format(record).split("\n")
    assert line.startswith("django.db.utils.OperationalError: connection refused (test_log_masking.py:")


@pytest.mark.parametrize(
    ("written", "logged_as"),
    [
        ("/fidelizacion/0991234567", "/fidelizacion/•••567"),
        ("+593991234567", "+•••567"),
        ("%2B593991234567", "%2B•••567"),
        ("099 123 4567", "•••567"),
        ("099-123-4567", "•••567"),
        ("099%20123%204567", "•••567"),
        ("+593 99 123 4567", "+•••567"),
        ("593-99-123-4567", "•••567"),
        ("02 234 5678", "•••678"),
        ("099+123+4567", "•••567"),
        ("RUC 1790012345001.", "RUC •••001."),
        ("/ana.perez+x@acme.example/", "/•••@acme.example/"),
        ("ana%40acme.example", "•••%40acme.example"),
        ("/?e=ana%2Bportal%40acme.example", "/?e=•••%40acme.example"),
        ("/fidelizacion/?i=bcdfghjkmnpqrstvwxyz&x=1", "/fidelizacion/?i=•••&x=1"),
        ("/?x=1&i=bcdfghjkmnpqrstvwxyz", "/?x=1&i=•••"),
    ],
)
def test_personal_data_in_an_address_is_masked_r8_08(written: str, logged_as: str) -> None:
    assert logged(ValueError(written), "Not Found: %s", written).startswith(f"Not Found: {logged_as}\n")
    assert written not in logged(ValueError(written))


@pytest.mark.parametrize(
    "text",
    [
        "challenge 1234567, send 2: twilio: 400, código 21211 (no es un número válido)",
        "message 3608314 at 2026-11-21 20:21:08,661",
        "Task jobs.tasks.sweep[12345678-1234-1234-1234-123456789012] received",
        "redis://:**@127.0.0.1:36555/0 celery@worker",
        "Not Found: /fidelizacion/ticket/3608314/",
    ],
)
def test_text_without_personal_data_is_left_as_it_is(text: str) -> None:
    assert logged(ValueError(), text).startswith(f"{text}\n")


FORGED = "x\n2026-11-28 00:00:00,000 ERROR portal [-]: forged\r\x1b[2K\x85\u2028"


def test_r8_08_text_of_a_client_cannot_begin_a_log_line() -> None:
    text = logged(ValueError(FORGED), "of %s", FORGED)
    assert not [line for line in text.splitlines() if line.startswith("2026")]
    assert {character for character in text if not character.isprintable()} == {"\n"}
    assert "x\\n2026-11-28" in text, "escaped, not dropped"


def test_r8_08_text_of_a_database_error_cannot_begin_a_log_line() -> None:
    assert len(logged(OperationalError("x\r2026"), "failed").splitlines()) == 2


@pytest.mark.parametrize("piece", ["a", "1", "a%40", "a.", "0 ", "@", "a@b", "%40"])
def test_r8_08_masking_a_long_address_takes_no_time(piece: str) -> None:
    """Masking an address of 4,000 letters once took 0.3 s, enough to stop the web process.

    Text 8 times as long may take 24 times as long, which does not depend on the machine's speed;
    with the quadratic pattern it took 64 times as long.
    """

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        return min(timeit.repeat(lambda: masked(text), timer=time.thread_time, number=1, repeat=9))

    assert seconds(16_000) < 24 * seconds(2_000)


def test_8_a_json_line_is_masked_and_names_its_request_or_task(settings: Settings) -> None:
    settings.LOG_FORMAT = "json"
    record = logging.LogRecord("portal", logging.ERROR, "", 0, "of %s\n\x1b[31m", ("0991234567",), None)
    error = ValueError("ana@acme.example")
    record.exc_info = (type(error), error, None)
    with log_context.about(request_id="ABCDEFGH"):
        line = formatter().format(record)
    entry = json.loads(line)
    assert "\n" not in line
    assert "\x1b" not in line
    assert datetime.fromisoformat(entry.pop("time")).utcoffset() == timedelta(0)
    assert entry.pop("process")
    assert entry == {
        "level": "ERROR",
        "logger": "portal",
        "request_id": "ABCDEFGH",
        "message": "of •••567\n\x1b[31m",
        "exception": "Traceback (most recent call last):\nbuiltins.ValueError: •••@acme.example",
    }


def test_8_the_format_is_a_setting() -> None:
    assert parse_log_format("json") == "json"
    with pytest.raises(ValueError, match="text o json"):
        parse_log_format("xml")
    assert not isinstance(formatter(), JsonFormatter)


def test_every_handler_has_the_masking_formatter() -> None:
    logs: dict[str, dict[str, dict[str, str]]] = project.LOGGING  # type: ignore[assignment]  # Django types it loosely
    for handler in logs["handlers"].values():
        assert logs["formatters"][handler["formatter"]]["()"] == "fidelizacion.log_masking.formatter"
