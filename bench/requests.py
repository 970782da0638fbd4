"""Ready bytes of the requests that the load sends, made from what real pages hold."""

import re
import secrets
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

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
    "reason": "No usa el servicio",
}
KEY = re.compile(r'name="submission_key" value="([^"]+)"')
File = tuple[str, bytes]


def get(port: int, path: str, cookies: Mapping[str, str]) -> bytes:
    return _head("GET", port, path, cookies)


def post(
    port: int, path: str, cookies: Mapping[str, str], values: Mapping[str, str], client: str = ""
) -> bytes:
    """A form as browsers send it by default; `client` is the address that a proxy would name."""
    body = urlencode(values).encode()
    told = {"X-Forwarded-For": client} if client else {}
    kind = "application/x-www-form-urlencoded"
    return (
        _head("POST", port, path, cookies, {**told, "Content-Type": kind, "Content-Length": str(len(body))})
        + body
    )


def post_multipart(
    port: int, path: str, cookies: Mapping[str, str], values: Mapping[str, str], file: File | None
) -> bytes:
    """A form as browsers send it with files, or with a file's field left empty."""
    parts = [_part(f'name="{name}"', value.encode()) for name, value in values.items()]
    name, content = file or ("", b"")
    parts.append(
        _part(f'name="attachments"; filename="{name}"\r\nContent-Type: application/octet-stream', content)
    )
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return _head("POST", port, path, cookies, {"Content-Type": kind, "Content-Length": str(len(body))}) + body


def _part(described: str, content: bytes) -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {described}\r\n\r\n".encode() + content + b"\r\n"


def _head(
    method: str, port: int, path: str, cookies: Mapping[str, str], more: Mapping[str, str] | None = None
) -> bytes:
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    fields = {"Host": f"127.0.0.1:{port}", **({"Cookie": sent} if sent else {}), **(more or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def floor_cookies(port: int) -> dict[str, str]:
    """A session at the floor."""
    return dict(httpx.get(f"http://127.0.0.1:{port}/start/", trust_env=False).cookies)


@cache
def signed_in(stack: Stack) -> list[dict[str, str]]:
    """The cookies of as many people past the PIN as there are clients."""
    return [_signed_in(stack) for _ in range(CLIENTS)]


def _signed_in(stack: Stack) -> dict[str, str]:
    with Visitor(stack) as visitor:
        visitor.sign_in(SAMPLE_PHONE)
        return dict(visitor.browser.cookies)


def filled(stack: Stack, cookies: Mapping[str, str], file: File | None) -> bytes:
    """A request form opened, filled in and ready to be sent once: each opening has a key of its
    own.
    """
    connection = Connection(stack.port)
    page = connection.ask(get(stack.port, FORM, cookies))[1].decode()
    connection.close()
    key = KEY.search(page)
    if key is None:
        raise RuntimeError(f"no hay formulario en {FORM}")
    # Another content each time: the same one again would be asked about and not registered (A23)
    details = f"{TYPED['details']} {secrets.token_hex(8)}"
    values = {**_typed(stack, tuple(cookies.items())), "submission_key": key[1], "details": details}
    return post_multipart(stack.port, FORM, cookies, values, file)


@cache
def _typed(stack: Stack, cookies: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """What stands in the form of this person, filled in: read once, as reading it well takes longer
    than sending it.
    """
    with Visitor(stack) as visitor:
        visitor.browser.cookies = httpx.Cookies(dict(cookies))
        visitor.page = visitor.browser.get(FORM)
        return {**visitor.form("reason").values, **visitor.answers()}


def asking(port: int, phone: str) -> bytes:
    """A number typed by somebody who was never there, at an address of its own.

    The token of the form is made up, with the cookie that it must match: 32 letters are a valid
    pair (Django's own tests do so), and reading the entry before each request would be measured
    with it.
    """
    secret = secrets.token_hex(16)
    values = {"csrfmiddlewaretoken": secret, "phone": phone}
    return post(port, "/fidelizacion/", {"csrftoken": secret}, values, any_address())


def any_mobile() -> str:
    """A well-formed number, most likely nobody's."""
    return f"09{secrets.randbelow(10**8):08}"


def any_address() -> str:
    return ".".join(str(1 + secrets.randbelow(250)) for _ in range(4))
