"""No code is stored anywhere, and no log has a number, an e-mail, a link's token or a customer's
text (R1.09, R8.08).

The product runs as at an operator, with an SMS provider in place of the demo's mailbox. Then the
test searches the database and its sessions, the broker's files, the mails, and the logs of each
process.
"""

import re
import socket
import sqlite3
import subprocess
import sys
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from tests.fake_twilio import TOKEN, FakeTwilio, fake_twilio
from tests.processes.visitor import CODE, Visitor
from tests.stack import BASE, Stack, running, wait_for

pytestmark = [pytest.mark.prove, pytest.mark.loopback, pytest.mark.processes]

PHONE, E164 = "0991234567", "+593991234567"
EMAIL, DETAILS = "canaria.amarilla@acme.example", "Canto de canario en la oficina de Cuenca"
REPORTS = "/webhooks/sms/twilio/"
# Patterns that no log may have: the number in any spelling, the e-mail, the customer's text, the
# token, and SQL statements
IN_NO_LOG = [r"99\W?123\W?4567", re.escape(EMAIL), "canaria", "canario", TOKEN, "INSERT INTO", "SELECT "]


@pytest.fixture
def twilio(settings: Settings) -> Iterator[FakeTwilio]:
    with fake_twilio(settings) as twilio_api:
        yield twilio_api


@pytest.fixture
def product(tmp_path: Path, twilio: FakeTwilio, settings: Settings) -> Iterator[Stack]:
    names = ("SMS_GATEWAY", "TWILIO_BASE_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    with running(tmp_path, {name: str(getattr(settings, name)) for name in names}) as stack:
        yield stack


def ask(visitor: Visitor, twilio: FakeTwilio, address: str = "/fidelizacion/") -> str:
    """Ask for a code, and return it from the SMS that the provider received."""
    before = len(twilio.requests)
    visitor.page = visitor.browser.get(address)
    visitor.send(visitor.form("phone"), phone=PHONE)
    code = CODE.search(next_sms(twilio, before))
    assert code
    return code[0]


def next_sms(twilio: FakeTwilio, before: int) -> str:
    assert wait_for(lambda: len(twilio.requests) > before), "no SMS came"
    return twilio.requests[before][1]["Body"][0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def request(visitor: Visitor, twilio: FakeTwilio) -> list[str]:
    """Sign in after one mistyped code, confirm a request, and return the code."""
    code = ask(visitor, twilio)
    visitor.send(visitor.form("code"), code=wrong(code))
    visitor.send(visitor.form("code"), code=code)
    visitor.request(email=EMAIL, details=f"{DETAILS} {uuid4()}")
    return [code]


def come_by_a_link(product: Stack, twilio: FakeTwilio) -> tuple[str, list[str]]:
    """Sign in through a link and request two codes; return the link's token and the two codes,
    which are not used.
    """
    before = len(twilio.requests)
    command = [sys.executable, "manage.py", "send_links", "--phone", PHONE]
    subprocess.run(command, cwd=BASE, env=product.environment, check=True, stdout=subprocess.DEVNULL)
    address = re.search(r"/fidelizacion/\?i=(\w+)", next_sms(twilio, before))
    assert address
    with Visitor(product) as visitor:
        first = ask(visitor, twilio, address[0])
        before = len(twilio.requests)
        visitor.page = visitor.browser.get("/fidelizacion/pin/")
        token = visitor.form("csrfmiddlewaretoken").values["csrfmiddlewaretoken"]
        visitor.browser.post("/fidelizacion/pin/reenviar/", data={"csrfmiddlewaretoken": token})
        second = CODE.search(next_sms(twilio, before))
        assert second
        visitor.browser.get(f"/fidelizacion/nada/?i={address[1]}")
    return address[1], [first, second[0]]


def report(product: Stack) -> None:
    """Post a delivery report, which contains the number: once signed, and once with a forged
    signature.
    """
    form = {
        "MessageSid": "SM123",
        "MessageStatus": "undelivered",
        "ErrorCode": "30003",
        "To": E164,
        "From": E164,
    }
    signed = RequestValidator(TOKEN).compute_signature(product.base_url + REPORTS, form)
    for signature, status in ((signed, 204), ("forged", 403)):
        headers = {"X-Twilio-Signature": signature}
        answer = httpx.post(
            product.base_url + REPORTS, data=form, headers=headers, trust_env=False, timeout=60
        )
        assert answer.status_code == status


def go_astray(product: Stack) -> None:
    """Request pages that do not exist, with a number in the URL and in the mobile network's header,
    and send lines that are not valid HTTP.
    """
    for path in (PHONE, E164, EMAIL, f"099%20123%204567?tel={PHONE}"):
        answer = httpx.get(
            f"{product.base_url}/fidelizacion/{path}",
            headers={"X-MSISDN": E164[1:]},
            trust_env=False,
            timeout=60,
        )
        assert answer.status_code == 404
    for line in (f"GET /?tel={PHONE} {PHONE} HTTP/1.1", f"GET{PHONE}", f"GET / HTTP/1.1\r\nX-MSISDN {E164}"):
        with socket.create_connection(("127.0.0.1", product.port), 60) as connection:
            connection.sendall(f"{line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            assert b" 400 " in connection.recv(4096)


def fail(product: Stack, twilio: FakeTwilio) -> str:
    """Make the provider and then the database refuse, each with the number in its error; return
    the code that was not sent.
    """
    before = len(twilio.requests)
    twilio.faults.extend(["ok"] * before + ["400"])
    with Visitor(product) as visitor:
        refused = ask(visitor, twilio)
    url = product.environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            say = f"SELECT RAISE(ABORT, 'Failing row contains {E164}')"
            file.execute(f"CREATE TRIGGER failing BEFORE INSERT ON otp_challenge BEGIN {say}; END")
    else:
        with psycopg.connect(url, autocommit=True) as server:
            # PostgreSQL quotes the whole row in the error
            server.execute("ALTER TABLE otp_challenge ADD CHECK (phone = '') NOT VALID")
    with Visitor(product) as visitor:
        assert visitor.send(visitor.form("phone"), phone=PHONE).status_code == 500
    return refused


def rows(product: Stack) -> str:
    """Return every row of every table as text, and the decoded content of the sessions."""
    url = product.environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            dump = "\n".join(file.iterdump())
            sessions = file.execute("SELECT session_data FROM django_session").fetchall()
    else:
        with psycopg.connect(url) as server:
            tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            found = [
                server.execute(SQL("SELECT t::text FROM {} t").format(Identifier(name))) for (name,) in tables
            ]
            dump = "\n".join(row for cursor in found for (row,) in cursor)
            sessions = server.execute("SELECT session_data FROM django_session").fetchall()
    return "\n".join([dump, *(unpacked(data) for (data,) in sessions)])


def unpacked(session: str) -> str:
    packed = session.partition(":")[0]
    raw = urlsafe_b64decode(packed.lstrip(".") + "=" * (-len(packed.lstrip(".")) % 4))
    return (zlib.decompress(raw) if packed.startswith(".") else raw).decode()


def files(folder: Path, pattern: str) -> str:
    return "\n".join(
        path.read_bytes().decode(errors="replace") for path in folder.rglob(pattern) if path.is_file()
    )


def test_no_code_is_stored_and_no_log_has_personal_data_r1_09_r8_08(
    product: Stack, twilio: FakeTwilio
) -> None:
    with Visitor(product) as visitor:
        codes = request(visitor, twilio)
        assert wait_for(lambda: files(product.folder / "mail", "*").count("Message-ID") >= 2)
    token, by_link = come_by_a_link(product, twilio)
    report(product)
    go_astray(product)
    codes += [*by_link, fail(product, twilio)]

    places = {
        "database": rows(product),
        "broker": files(product.folder / "broker", "*"),
        "mail": files(product.folder / "mail", "*"),
        "logs": files(product.folder, "*.log"),
    }
    # Each file must contain a known text, which shows that the searches below read the right ones
    for place, holds in (
        ("database", E164),
        ("broker", "send_challenge"),
        ("mail", EMAIL),
        ("logs", "Traceback"),
    ):
        assert holds in places[place], place
    assert "portal.visitor" in places["database"]
    for code in codes:
        whole = re.compile(rf"(?<![\w.]){code}(?!\w)")
        assert [place for place, text in places.items() if whole.search(text)] == []
    for told in [*IN_NO_LOG, token, *product_secrets(product)]:
        assert [
            place for place in ("broker", "logs") if re.search(told, places[place], re.IGNORECASE)
        ] == [], told


def product_secrets(product: Stack) -> list[str]:
    names = ("secret_key", "otp_pepper")
    return [re.escape((product.folder / name).read_text(encoding="utf-8").strip()) for name in names]
