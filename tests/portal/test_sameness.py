"""Responses and SQL statements do not reveal whether a number is known (A5, R1.13, R1.14)."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from otp import audit
from otp.models import AuditEvent, PhoneLockout
from tests import cast
from tests.otp import pin_client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# All end in the same three digits, the only ones that pages show
KNOWN, UNKNOWN = "+593991234567", "+593960000567"
INACTIVE, WITHOUT_COMPANY = "+593971234567", "+593981234567"
LOCKED, LOCKED_UNKNOWN = "+593951234567", "+593941234567"

CSRF = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]*')
STRING = re.compile(r"'(?:[^']|'')*'")
NUMBER = re.compile(r"\b\d+\b")
SAVEPOINT = re.compile(r'"s\d+_x\d+"')

# Name of the page, response, SQL statements
Step = tuple[str, tuple[object, ...], list[str]]


@pytest.fixture(autouse=True)
def _numbers() -> None:
    cast.make_administrator(cast.make_company(), phone=KNOWN)
    cast.make_administrator(cast.make_company(), phone=INACTIVE, is_active=False)
    cast.make_administrator(phone=WITHOUT_COMPANY)
    cast.make_administrator(cast.make_company(), phone=LOCKED)
    begin = timezone.now()
    for phone in (LOCKED, LOCKED_UNKNOWN):
        until = begin + timedelta(hours=1)
        PhoneLockout.objects.create(phone=phone, failures=10, locks=7, locked_at=begin, locked_until=until)


def walked(phone: str) -> list[Step]:
    """Walk through the PIN check; return each page's name, response and SQL statements."""
    client, taken = Client(), []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        steps = [
            ("entry", "POST", pin_client.ENTRY, {"phone": phone}, 0),
            ("code screen", "GET", pin_client.PIN, {}, 1),
            ("malformed code", "POST", pin_client.PIN, {"code": "12"}, 1),
            ("wrong code", "POST", pin_client.PIN, {"code": "000000"}, 1),
            ("early resend", "POST", pin_client.RESEND, {}, 1),
            ("resend", "POST", pin_client.RESEND, {}, 60),
            ("code screen again", "GET", pin_client.PIN, {}, 1),
            *((f"wrong code {number}", "POST", pin_client.PIN, {"code": "000000"}, 1) for number in range(6)),
            ("wrong code, too late", "POST", pin_client.PIN, {"code": "000000"}, 301),
            ("entry again", "POST", pin_client.ENTRY, {"phone": phone}, 1),
            ("past the gate", "GET", "/fidelizacion/solicitud/", {}, 1),
            ("leaving", "POST", pin_client.LEAVE, {}, 1),
        ]
        for name, method, path, data, seconds in steps:
            clock.shift(seconds)
            with CaptureQueriesContext(connection) as captured:
                page = client.post(path, data) if method == "POST" else client.get(path)
            taken.append((name, seen(page), [shape(query["sql"]) for query in captured]))
    return taken


def seen(page: "Page") -> tuple[object, ...]:
    """Return the response as a browser gets it, without the tokens that differ at each visit."""
    headers = {name: value for name, value in page.headers.items() if name != "X-Request-ID"}
    cookies = {
        name: {key: value for key, value in morsel.items() if value} for name, morsel in page.cookies.items()
    }
    return page.status_code, headers, cookies, CSRF.sub(b"", page.content)


def shape(sql: str) -> str:
    return SAVEPOINT.sub("s", NUMBER.sub("0", STRING.sub("''", sql)))


@pytest.mark.parametrize(
    ("first", "second"),
    [(KNOWN, UNKNOWN), (KNOWN, INACTIVE), (KNOWN, WITHOUT_COMPANY), (LOCKED, LOCKED_UNKNOWN)],
    ids=["unknown", "inactive", "without a company", "waiting"],
)
def test_two_numbers_get_the_same_bytes_and_cost_the_same_statements(first: str, second: str) -> None:
    """R1.13, R1.14"""
    for (name, answer, statements), (_, other_answer, other_statements) in zip(
        walked(first), walked(second), strict=True
    ):
        assert answer == other_answer, name
        assert statements == other_statements, name


def test_r1_14_a_number_never_tried_before_costs_the_same_statements_as_one_that_was() -> None:
    """R1.14: otherwise the first wrong code would reveal which numbers have signed in before."""
    tried = "+593961234567"
    PhoneLockout.objects.create(phone=tried, tried_at=timezone.now() - timedelta(days=1))
    for (name, answer, statements), (_, other_answer, other_statements) in zip(
        walked(UNKNOWN), walked(tried), strict=True
    ):
        assert answer == other_answer, name
        assert statements == other_statements, name


def test_a_number_that_waits_is_no_different_until_a_code_is_typed() -> None:
    """R1.13: a locked number waits only when a code is checked."""
    screens = zip(walked(LOCKED), walked(UNKNOWN), strict=True)
    for (name, answer, _), (_, other_answer, _) in screens:
        if "wrong code" not in name:
            assert answer == other_answer, name


def test_asking_writes_without_asking_the_directory() -> None:
    """R1.14: the worker looks the number up later."""
    statements = [sql for _, _, taken in walked(KNOWN) for sql in taken]
    assert statements
    assert not [sql for sql in statements if "companies_" in sql]


def test_two_numbers_leave_the_same_rows_in_the_audit() -> None:
    """R1.14, R1.28: the audit of a visit, before the worker has looked the number up."""
    columns = ("kind", "method", "result", "phone_tail", "address")
    audits = []
    for phone in (KNOWN, UNKNOWN, INACTIVE, WITHOUT_COMPANY):
        walked(phone)
        audits.append(
            list(AuditEvent.objects.filter(audit.of_phone(phone)).order_by("pk").values_list(*columns))
        )
    assert len(audits[0]) > 10
    assert all(rows == audits[0] for rows in audits)
