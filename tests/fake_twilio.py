"""A fake of Twilio's API on loopback, which produces faults on demand and keeps the requests."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Event, Thread
from urllib.parse import parse_qs

from pytest_django import Settings

from demo.broker import free_port
from notifications.sms import twilio

ACCOUNT, TOKEN = "AC" + "1" * 32, "canary-of-the-token"
# Faults after which the SMS may have been sent: all except a refusal
MAY_HAVE_LEFT = frozenset(
    {"ok", "hang", "close", "half", "nonsense", "list", "no sid", "500", "502", "503", "504"}
)
BODIES = {
    "ok": b'{"sid": "SM123"}',
    "nonsense": b"<html>",
    "list": b"[]",
    "no sid": b"{}",
    "half": b'{"sid": ',
}


@dataclass
class FakeTwilio:
    """The state of the fake: the fault for each request in turn, of which the last one repeats, and
    the requests so far.
    """

    faults: list[str] = field(default_factory=lambda: ["ok"])
    code: int = 0  # Twilio's error code in refusals
    requests: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    left: int = 0  # how many SMS may have been sent
    connections: int = 0
    gathering: Barrier | None = None  # holds the answers until this many requests are waiting
    seconds: float = 0.0  # how long each answer takes
    on_hang: Callable[[], None] = lambda: None
    ended: Event = field(default_factory=Event)

    def next_fault(self) -> str:
        fault = self.faults[min(len(self.requests), len(self.faults)) - 1]
        self.left += fault in MAY_HAVE_LEFT
        return fault

    def answer(self, fault: str) -> tuple[int, bytes]:
        if not fault.isdigit():
            return 201, BODIES[fault]
        number = self.requests[-1][1].get("To", [""])[0]  # Twilio's text contains the number
        error = {
            "code": self.code or int(fault),
            "message": f"The 'To' number {number}",
            "status": int(fault),
        }
        return int(fault), json.dumps(error).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # With the default of 5, further simultaneous connections have to retry after a second
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: the test wants the client to close the connection first."""


@contextmanager
def fake_twilio(settings: Settings) -> Iterator[FakeTwilio]:
    """Run a fake, and set the settings that use it."""
    twilio_api = FakeTwilio()
    with listening(twilio_api) as address, using_twilio(settings, address):
        yield twilio_api


@contextmanager
def listening(twilio_api: FakeTwilio) -> Iterator[str]:
    """Run the fake's server and return its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            twilio_api.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            twilio_api.requests.append((self.path, parse_qs(body)))
            fault = twilio_api.next_fault()
            if twilio_api.gathering:
                twilio_api.gathering.wait(8)  # less than the client's timeout
            time.sleep(twilio_api.seconds)
            if fault in {"hang", "close"}:
                if fault == "hang":
                    twilio_api.on_hang()
                    twilio_api.ended.wait(30)
                self.close_connection = True
                return
            status, answer = twilio_api.answer(fault)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", self.path)
            self.send_header("Content-Length", str(len(answer) + (fault == "half")))
            self.end_headers()
            self.wfile.write(answer)
            self.close_connection = fault == "half"

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        twilio_api.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def using_twilio(
    settings: Settings, base_url: str, token: str = TOKEN, account: str = ACCOUNT
) -> Iterator[None]:
    """Set the settings that use an API, and close the connections afterwards."""
    settings.SMS_GATEWAY, settings.TWILIO_BASE_URL = "twilio", base_url
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = account, token
    settings.TWILIO_FROM, settings.TWILIO_MESSAGING_SERVICE_SID = "+15005550006", ""
    try:
        yield
    finally:
        # With the arguments and not the settings, which the test may have changed
        twilio._client(account, token, base_url).http_client.session.close()
        twilio._client.cache_clear()


def refused_address() -> str:
    """Return an address at which no server listens."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def mute_address() -> Iterator[str]:
    """Return an address where connecting times out: the server accepts no connection and its queue
    is full.
    """
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
