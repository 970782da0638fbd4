"""The far side of a mail provider's API on loopback: answers as it is told to, and keeps what it
was asked.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from pytest_django import Settings

POSTMARK_ID = "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"
MAILGUN_ID = "<20261122.1.0123456789ABCDEF@mg.operadora.example>"
SECRET = "portal:" + "s" * 32
ACCEPTED = {
    "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": POSTMARK_ID, "To": "ana@acme.example"},
    "mailgun": {"id": MAILGUN_ID, "message": "Queued. Thank you."},
}


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FarMail:
    """A provider. `status` 0 hangs up without an answer, and -1 says nothing at all."""

    provider: str
    status: int = 200
    answer: object = None
    asked: list[Asked] = field(default_factory=list)
    ended: Event = field(default_factory=Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet: the client went away first, as the test wants."""


@contextmanager
def far_mail(settings: Settings, provider: str) -> Iterator[FarMail]:
    """A far side, and the settings that lead to it."""
    far_side = FarMail(provider)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            far_side.asked.append(Asked(self.path, dict(self.headers), body))
            if far_side.status <= 0:
                if far_side.status:
                    far_side.ended.wait(30)
                return
            answer = far_side.answer if far_side.answer is not None else ACCEPTED[provider]
            said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(far_side.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    use_provider(settings, provider, f"http://127.0.0.1:{server.server_port}")
    try:
        yield far_side
    finally:
        far_side.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def use_provider(settings: Settings, provider: str, api_url: str = "http://127.0.0.1:9") -> None:
    """The settings as the environment would make them."""
    settings.EMAIL_PROVIDER = provider
    settings.EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": [SECRET],
        "REQUESTS_TIMEOUT": (1, 1),
        "POSTMARK_SERVER_TOKEN": "canary-of-the-token",
        "POSTMARK_API_URL": api_url,
        "MAILGUN_API_KEY": "canary-of-the-token",
        "MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key",
        "MAILGUN_SENDER_DOMAIN": "mg.operadora.example",
        "MAILGUN_API_URL": api_url,
    }
