"""Builds the requests that the load generator sends, as bytes, from the fields of real pages."""

import re
import secrets
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from bench.load import Connection
from tests.processes.visitor import Visitor
from tests.stack import Stack

CLIENTS = 8
SAMPLE_PHONE = "0991234567"
BOUNDARY = "----fidelizacion-bench"
FORM, FLOOR_FORM = "/fidelizacion/solicitud/", "/form/"
TYPED = {
    "requester_name": "Ana Pérez",
    "email": "ana@acme.example",
    "contact_phone": "0991234567",
    "details": "Dar de baja la línea 0991112223",
    "request_type": "1",
    "reason": "2",
}
KEY = re.compile(r'name="submission_key" value="([^"]+)"')
File = tuple[str, bytes]


def get(port: int, path: str, cookies: Mapping[str, str]) -> bytes:
    return _head("GET", port, path, cookies)


def post(
    port: int, path: str, cookies: Mapping[str, str], values: Mapping[str, str], client: str = ""
) -> bytes:
    """Build an URL-encoded form; `client` is the address that a proxy would forward."""
    body = urlencode(values).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    if client:
        headers["X-Forwarded-For"] = client
    return _head("POST", port, path, cookies, headers) + body


def post_multipart(
    port: int, path: str, cookies: Mapping[str, str], values: Mapping[str, str], file: File | None
) -> bytes:
    """Build a multipart form, with a file or with an empty file field."""
    parts = [_part(f'name="{name}"', value.encode()) for name, value in values.items()]
    name, content = file or ("", b"")
    parts.append(
        _part(f'name="attachments"; filename="{name}"\r\nContent-Type: application/octet-stream', content)
    )
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(body)),
    }
    return _head("POST", port, path, cookies, headers) + body


def _part(parameters: str, content: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {parameters}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def _head(
    method: str, port: int, path: str, cookies: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> bytes:
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    fields = {"Host": f"127.0.0.1:{port}", **({"Cookie": cookie} if cookie else {}), **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def post_to_floor(port: int, path: str, values: Mapping[str, str]) -> bytes:
    """Build a form with an invented pair of CSRF cookie and token (see `code_request`)."""
    secret = secrets.token_hex(16)
    return post(port, path, {"csrftoken": secret}, {"csrfmiddlewaretoken": secret, **values})


def filled_floor(port: int, cookies: Mapping[str, str], file: File | None) -> bytes:
    """Fill in the form of a floor; its key and CSRF token are invented."""
    secret = secrets.token_hex(16)
    values = {
        **TYPED,
        "csrfmiddlewaretoken": secret,
        "submission_key": str(uuid4()),
        "details": f"{TYPED['details']} {secrets.token_hex(8)}",
    }
    return post_multipart(port, FLOOR_FORM, {**cookies, "csrftoken": secret}, values, file)


@cache
def floor_people(port: int) -> list[dict[str, str]]:
    """Start a session per client at a floor, and return the cookies of each."""
    start = f"http://127.0.0.1:{port}/start/"
    return [dict(httpx.get(start, trust_env=False).cookies) for _ in range(CLIENTS)]


@cache
def signed_in(stack: Stack) -> list[dict[str, str]]:
    """Sign in once per client with a PIN, and return the cookies of each."""
    return [_signed_in(stack) for _ in range(CLIENTS)]


def _signed_in(stack: Stack) -> dict[str, str]:
    with Visitor(stack) as visitor:
        visitor.sign_in(SAMPLE_PHONE)
        return dict(visitor.browser.cookies)


def filled(stack: Stack, cookies: Mapping[str, str], file: File | None) -> bytes:
    """Open the request form and fill it in. It can be sent once, because each has its own key."""
    connection = Connection(stack.port)
    page = connection.send(get(stack.port, FORM, cookies))[1].decode()
    connection.close()
    key = KEY.search(page)
    if key is None:
        raise RuntimeError(f"no hay formulario en {FORM}")
    # Different each time, because the product asks before it registers a repeated request (A23)
    details = f"{TYPED['details']} {secrets.token_hex(8)}"
    values = {**_typed(stack, tuple(cookies.items())), "submission_key": key[1], "details": details}
    return post_multipart(stack.port, FORM, cookies, values, file)


@cache
def _typed(stack: Stack, cookies: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return the values of this person's filled-in form. They are cached: parsing is slow."""
    with Visitor(stack) as visitor:
        visitor.browser.cookies = httpx.Cookies(dict(cookies))
        visitor.page = visitor.browser.get(FORM)
        return {**visitor.form("reason").values, **visitor.answers()}


def code_request(port: int, phone: str) -> bytes:
    """Build the entry form of a new visitor with a random address.

    The CSRF token and its cookie are invented: the same 32 letters in both are a valid pair. So the
    entry page need not be loaded first, which would be measured too.
    """
    secret = secrets.token_hex(16)
    values = {"csrfmiddlewaretoken": secret, "phone": phone}
    return post(port, "/fidelizacion/", {"csrftoken": secret}, values, any_address())


def any_mobile() -> str:
    """Return a random mobile number. It is most likely not an administrator's."""
    return f"09{secrets.randbelow(10**8):08}"


def any_address() -> str:
    return ".".join(str(1 + secrets.randbelow(250)) for _ in range(4))
