"""The web server refuses or reads in pieces bodies that no form sends; memory grows little, and no
temporary file stays (R3.01, R3.03).
"""

import socket
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from demo.broker import free_port
from demo.processes import Child, stop
from tests.processes.visitor import Visitor
from tests.stack import Stack, answers, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

MEBIBYTE = 1024**2
MOST_GROWTH = 20 * MEBIBYTE  # during a body of 500 MB (R3.01)
FORM = "/fidelizacion/solicitud/"
BOUNDARY = "limite"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="attachments"; filename="grande.pdf"\r\n'
    "Content-Type: application/pdf\r\n{more}\r\n"
)


class Web:
    """A separate web process with its own temporary folder, whose memory can be measured."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.port, self.temporary = free_port(), folder / "tmp"
        self.temporary.mkdir()
        self.address = f"http://127.0.0.1:{self.port}"
        self.child = Child(
            "bodies", [sys.executable, "-m", "gunicorn", "fidelizacion.wsgi"], folder / "web.log"
        )
        own = {"WEB_BIND": f"127.0.0.1:{self.port}", "TMPDIR": str(self.temporary)}
        self.child.start({**stack.environment, **own})
        if not wait_for(lambda: answers(f"{self.address}/health/ready"), 60):
            raise RuntimeError((folder / "web.log").read_text(encoding="utf-8"))

    def memory(self) -> dict[int, int]:
        assert self.child.process
        main = psutil.Process(self.child.process.pid)
        return {process.pid: process.memory_info().rss for process in [main, *main.children(recursive=True)]}

    def growth(self, act: Callable[[], None]) -> int:
        """Return the largest growth of resident memory, in bytes, of any of the processes while
        `act` ran.
        """
        before, highest, done = self.memory(), 0, threading.Event()

        def watch() -> None:
            nonlocal highest
            while not done.wait(0.02):
                highest = max(highest, *(rss - before.get(pid, rss) for pid, rss in self.memory().items()))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            act()
        finally:
            done.set()
            watcher.join()
        return highest


@pytest.fixture(scope="module")
def web(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    started = Web(stack, tmp_path_factory.mktemp("bodies"))
    yield started
    stop([started.child], 6)


@pytest.fixture(scope="module")
def form(stack: Stack, web: Web) -> Iterator["Form"]:
    """Return the form of a verified visitor, after 12 posts. By then each process and thread has
    loaded its modules, which would otherwise count as growth.
    """
    with Visitor(stack) as visitor:
        visitor.sign_in("0991234567")
        values = {
            **visitor.form("reason").values,
            **visitor.answers(),
            "email": "ana@",
            "details": "Mi texto",
        }
        with httpx.Client(
            base_url=web.address, cookies=visitor.browser.cookies, trust_env=False, timeout=60
        ) as client:
            form = Form(client, values)
            for _ in range(12):
                assert form.post(b"x").status_code == 422
            yield form


class Form:
    """The request form with a mistake in it, and a document of any size."""

    def __init__(self, client: httpx.Client, values: dict[str, str]) -> None:
        self.client, self.values = client, values

    def post(self, content: bytes) -> httpx.Response:
        return self.client.post(FORM, data=self.values, files={"attachments": ("grande.pdf", content)})

    def post_base64(self, name: str, encoded: bytes) -> httpx.Response:
        """Post a part with Content-Transfer-Encoding: base64, which no browser sends."""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
            for n, v in self.values.items()
        ]
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        head += '; filename="grande.pdf"' if name == "attachments" else ""
        body = "".join([*parts, head, "\r\nContent-Transfer-Encoding: base64\r\n\r\n"]).encode()
        body += encoded + f"\r\n--{BOUNDARY}--\r\n".encode()
        return self.client.post(
            FORM, content=body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        )


def send_huge(web: Web, size: int) -> tuple[int, bytes]:
    """Post a body of this size until the server closes the connection; return how many bytes were
    sent, and the beginning of the answer.
    """
    piece, sent, answer = bytes(64 * 1024), 0, b""
    with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
        head = f"POST {FORM} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        with suppress(ConnectionError):  # a server may answer and close before the body's end
            connection.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode())
            while sent < size:
                sent += connection.send(piece[: size - sent])
        with suppress(ConnectionError):
            answer = connection.recv(4096)
    return sent, answer


def check_huge(web: Web, size: int) -> None:
    results: list[tuple[int, bytes]] = []
    grown = web.growth(lambda: results.append(send_huge(web, size)))
    assert grown < MOST_GROWTH, f"{grown / MEBIBYTE:.1f} MiB"
    assert results[0][1].startswith(b"HTTP/1.1 413"), results
    assert list(web.temporary.iterdir()) == []
    assert answers(f"{web.address}/health/ready")


def test_r3_01_a_body_over_the_limit_uses_no_memory_and_no_disk(web: Web, form: Form) -> None:
    check_huge(web, 40 * MEBIBYTE)


@pytest.mark.prove
def test_r3_01_a_body_of_500_mb_uses_no_memory_and_no_disk(web: Web, form: Form) -> None:
    check_huge(web, 500 * 1000**2)


def test_r3_01_a_file_over_its_limit_is_skipped_and_the_other_fields_come_back(web: Web, form: Form) -> None:
    results: list[httpx.Response] = []
    grown = web.growth(lambda: results.append(form.post(bytes(11 * MEBIBYTE))))
    assert results[0].status_code == 422
    assert "Mi texto" in results[0].text
    assert "«grande.pdf» pesa más de 2 MB" in results[0].text
    assert grown < MOST_GROWTH, f"{grown / MEBIBYTE:.1f} MiB"
    assert list(web.temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["attachments", "details"])
def test_r3_03_a_part_in_base64_is_read_in_pieces_and_within_the_limits(
    web: Web, form: Form, name: str
) -> None:
    results: list[httpx.Response] = []
    encoded = b64encode(bytes(8 * MEBIBYTE))
    grown = web.growth(lambda: results.append(form.post_base64(name, encoded)))
    assert results[0].status_code == (422 if name == "attachments" else 413)
    assert grown < MOST_GROWTH, f"{grown / MEBIBYTE:.1f} MiB"
    assert list(web.temporary.iterdir()) == []


@pytest.mark.parametrize("encoded", [b"=", b"A", b"%%%%", b"QUJD" * 20_000 + b"Q"])
def test_r3_03_invalid_base64_is_refused_without_an_error(form: Form, encoded: bytes) -> None:
    assert form.post_base64("attachments", encoded).status_code in {400, 422}
