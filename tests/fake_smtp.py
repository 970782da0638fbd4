"""A fake of a mail provider's API on loopback: it gives set answers and keeps the requests."""

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
class ApiRequest:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeMailProvider:
    """A provider. `status` 0 closes the connection without an answer, and -1 never answers."""

    provider: str
    status: int = 200
    answer: object = None
    requests: list[ApiRequest] = field(default_factory=list)
    ended: Event = field(default_factory=Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: the test wants the client to close the connection first."""


@contextmanager
def fake_mail_provider(settings: Settings, provider: str) -> Iterator[FakeMailProvider]:
    """Run a fake of the provider, and set the settings that use it."""
    fake = FakeMailProvider(provider)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.requests.append(ApiRequest(self.path, dict(self.headers), body))
            if fake.status <= 0:
                if fake.status:
                    fake.ended.wait(30)
                return
            answer = fake.answer if fake.answer is not None else ACCEPTED[provider]
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(fake.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    use_provider(settings, provider, f"http://127.0.0.1:{server.server_port}")
    try:
        yield fake
    finally:
        fake.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def use_provider(settings: Settings, provider: str, api_url: str = "http://127.0.0.1:9") -> None:
    """Set the settings as the environment variables of a provider would."""
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
