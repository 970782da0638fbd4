"""Run clamd on loopback with one signature that is made for the tests, and a fake clamd that gives
set answers.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import pytest

from attachments.clamd import Server
from demo.broker import free_port
from tests.servers import wait_for_port

# The EICAR test string, which every antivirus reports as a virus by agreement. It is split in two
# so that no antivirus reports this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Local.Eicar"
LONGEST_STREAM = 3 * 1024 * 1024  # bytes: the StreamMaxLength of the operator's documentation


@dataclass
class Clamd:
    """A clamd process that a test can stop and start."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> Server:
        return Server(host="127.0.0.1", port=self.port)

    @property
    def unix_server(self) -> Server:
        return Server(path=str(self.folder / "socket"))

    def start(self) -> None:
        (self.folder / "db").mkdir(exist_ok=True)
        # The format is name:file type:offset:bytes in hexadecimal; 0 is any type, * any offset
        (self.folder / "db" / "local.ndb").write_text(f"{SIGNATURE}:0:*:{EICAR.hex()}\n", encoding="ascii")
        settings = {
            "DatabaseDirectory": self.folder / "db",
            "TCPSocket": self.port,
            "TCPAddr": "127.0.0.1",
            "LocalSocket": self.folder / "socket",
            "StreamMaxLength": LONGEST_STREAM,
            "AlertExceedsMax": "yes",
            "Foreground": "yes",
            "User": "root" if os.getuid() == 0 else "",
        }
        lines = [f"{name} {value}\n" for name, value in settings.items() if value]
        (self.folder / "clamd.conf").write_text("".join(lines), encoding="ascii")
        with (self.folder / "log").open("wb") as log:
            command = [clamd_binary() or "clamd", "--config-file", str(self.folder / "clamd.conf")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for_port(self.port, self.process, self.folder / "log")

    def kill(self) -> None:
        """Kill clamd with SIGKILL, as the kernel does when memory runs out."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(60)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal. After SIGSTOP the kernel still accepts connections, and clamd answers
        none.
        """
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


def clamd_binary() -> str | None:
    return shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def clamd_running() -> Iterator[Clamd]:
    if clamd_binary() is None:
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent("skipped: clamd no está instalado (apt install clamav-daemon)")
    # Not in pytest's folder: a Unix socket's path is limited to about 100 bytes
    clamd = Clamd(Path(mkdtemp(prefix="fidelizacion-clamd-")))
    try:
        clamd.start()
        yield clamd
    finally:
        clamd.kill()
        shutil.rmtree(clamd.folder)


@dataclass
class FakeClamd:
    """Reads each stream and sends `answer`, or nothing when it is None. With `hang_up_after`, it
    answers after that number of bytes and closes the connection.
    """

    server: Server
    answer: bytes | None = b"stream: OK\0"
    hang_up_after: int | None = None
    received: bytearray = field(default_factory=bytearray)
    connections: int = 0


@contextmanager
def fake_clamd(
    answer: bytes | None = b"stream: OK\0", hang_up_after: int | None = None
) -> Iterator[FakeClamd]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fake = FakeClamd(Server(host="127.0.0.1", port=listener.getsockname()[1]), answer, hang_up_after)
        ended = threading.Event()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _peer = listener.accept()
                    fake.connections += 1
                    # struct.error: a client that closes early sends less than a length's 4 bytes
                    with connection, suppress(OSError, struct.error):
                        _answer(connection, fake, ended)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(60)


def _answer(connection: socket.socket, fake: FakeClamd, ended: threading.Event) -> None:
    with connection.makefile("rb") as sent:
        assert sent.read(len(b"zINSTREAM\0")) == b"zINSTREAM\0"
        while length := struct.unpack("!L", sent.read(4))[0]:
            fake.received += sent.read(length)
            if fake.hang_up_after is not None and len(fake.received) >= fake.hang_up_after:
                break
        if fake.answer is None:
            ended.wait(60)
        else:
            connection.sendall(fake.answer)
