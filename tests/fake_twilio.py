"""The far side of Twilio's API on loopback, with each of its faults on demand; it keeps count of
what reached it.
"""

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
# Faults after which the SMS may be on its way: all but a refusal
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
class FarSide:
    """What it is to do with each request, in turn (the last one for all that follow), and what was
    asked of it.
    """

    faults: list[str] = field(default_factory=lambda: ["ok"])
    code: int = 0  # Twilio's own, in the answers that refuse
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    left: int = 0  # SMS that may be on their way
    connections: int = 0
    gathering: Barrier | None = None  # nobody is answered before as many as it counts have asked
    seconds: float = 0.0  # what each answer takes
    on_hang: Callable[[], None] = lambda: None
    ended: Event = field(default_factory=Event)

    def next_fault(self) -> str:
        fault = self.faults[min(len(self.asked), len(self.faults)) - 1]
        self.left += fault in MAY_HAVE_LEFT
        return fault

    def answer(self, fault: str) -> tuple[int, bytes]:
        if not fault.isdigit():
            return 201, BODIES[fault]
        number = self.asked[-1][1].get("To", [""])[0]  # Twilio does name it
        said = {"code": self.code or int(fault), "message": f"The 'To' number {number}", "status": int(fault)}
        return int(fault), json.dumps(said).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Of the default's five, more at once are only heard when they ask again, a second later
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet: the client went away first, as the test wants."""


@contextmanager
def far_twilio(settings: Settings) -> Iterator[FarSide]:
    """A far side and the settings that lead to it."""
    far_side = FarSide()
    with listening(far_side) as address, using_twilio(settings, address):
        yield far_side


@contextmanager
def listening(far_side: FarSide) -> Iterator[str]:
    """The address at which it answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            far_side.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            far_side.asked.append((self.path, parse_qs(body)))
            fault = far_side.next_fault()
            if far_side.gathering:
                far_side.gathering.wait(8)  # less than the client waits for an answer
            time.sleep(far_side.seconds)
            if fault in {"hang", "close"}:
                if fault == "hang":
                    far_side.on_hang()
                    far_side.ended.wait(30)
                self.close_connection = True
                return
            status, answer = far_side.answer(fault)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", self.path)
            self.send_header("Content-Length", str(len(answer) + (fault == "half")))
            self.end_headers()
            self.wfile.write(answer)
            self.close_connection = fault == "half"

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        far_side.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def using_twilio(
    settings: Settings, base_url: str, token: str = TOKEN, account: str = ACCOUNT
) -> Iterator[None]:
    """The settings that lead to an API, and no connection left open afterwards."""
    settings.SMS_GATEWAY, settings.TWILIO_BASE_URL = "twilio", base_url
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = account, token
    settings.TWILIO_FROM, settings.TWILIO_MESSAGING_SERVICE_SID = "+15005550006", ""
    try:
        yield
    finally:
        # Asked with the settings as they were: a test may have changed them
        twilio._client(account, token, base_url).http_client.session.close()
        twilio._client.cache_clear()


def refused_address() -> str:
    """Where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def mute_address() -> Iterator[str]:
    """Where no connection is ever made: somebody listens and
    accepts none, and the queue is full.
    """
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
