"""Send raw requests with the mobile gateway's header in every spelling, to web processes that have
network identity enabled.
"""

import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlencode

import httpx

from demo.broker import free_port
from tests.conformance.project import BASE
from tests.stack import Stack, answers, wait_for

# An administrator's number in the sample directory: as a visitor types it, as a gateway writes it
TYPED, MSISDN = "0991234567", "593991234567"
PIN, PAST_THE_PIN = "/fidelizacion/pin/", "/fidelizacion/solicitud/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
LOCATION = re.compile(r"^location: *(\S+)", re.IGNORECASE | re.MULTILINE)

# Header lines, and whether the product must accept them as the header, whose name has no case
SPELLINGS = [
    ([f"X-MSISDN: {MSISDN}"], True),
    ([f"x-mSiSdN: {MSISDN}"], True),
    ([f"X_MSISDN: {MSISDN}"], False),
    ([f"x_msisdn: {MSISDN}"], False),
    ([f"HTTP_X_MSISDN: {MSISDN}"], False),
    ([f"X-MSISDN: {MSISDN}", f"X-MSISDN: {MSISDN}"], False),
    ([f"X-MSISDN: {MSISDN}", f"x-msisdn: {MSISDN}"], False),
    (["X-MSISDN: 593987654321", f"X_MSISDN: {MSISDN}"], False),
    ([f"X-MSISDN: +{MSISDN}"], False),
]


@contextmanager
def web(stack: Stack, gateways: str, proxies: str = "") -> Iterator[int]:
    """Run another web process that trusts these gateways and proxies, and return its port."""
    port = free_port()
    environment = {
        **stack.environment,
        "WEB_BIND": f"127.0.0.1:{port}",
        "MOBILE_HEADER": "X-MSISDN",
        "MOBILE_GATEWAYS": gateways,
        "MOBILE_CLIENT_NETWORKS": "100.64.0.0/10",
        "TRUSTED_PROXIES": proxies,
    }
    command = [sys.executable, "-m", "gunicorn", "fidelizacion.wsgi"]
    process = subprocess.Popen(command, cwd=BASE, env=environment)
    try:
        assert wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"))
        yield port
    finally:
        process.terminate()
        process.wait(60)


def enter(port: int, lines: list[str], tls: ssl.SSLContext | None = None) -> str:
    """Submit the number with these header lines, unchanged, and return the redirect's address."""
    scheme = "https" if tls else "http"
    page = httpx.get(
        f"{scheme}://127.0.0.1:{port}/fidelizacion/", trust_env=False, timeout=60, verify=tls or True
    )
    token = TOKEN.search(page.text)
    assert token, page.text[:300]
    body = urlencode({"csrfmiddlewaretoken": token[1], "phone": TYPED})
    head = [
        "POST /fidelizacion/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Cookie: csrftoken={page.cookies['csrftoken']}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "X-Forwarded-For: 100.64.3.2",
        "Connection: close",
        *lines,
    ]
    with ExitStack() as ends:
        connection = ends.enter_context(socket.create_connection(("127.0.0.1", port), 60))
        if tls:
            connection = ends.enter_context(tls.wrap_socket(connection))
        connection.sendall("\r\n".join([*head, "", body]).encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
    location = LOCATION.search(answer)
    assert location, answer[:200]
    return location[1]
