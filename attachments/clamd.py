"""Ask clamd with its INSTREAM command whether a file is infected, within one time limit (R3.18).

Only the complete answer «OK» means clean. An error, an incomplete answer, a size limit or no answer
gives no verdict.
"""

import re
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

CONNECT_SECONDS = 5.0
SCAN_SECONDS = 30.0  # to send the whole file and receive the answer (R3.18)
MAX_ANSWER = 4096  # bytes; an answer is a name and a word
DEFAULT_PORT = 3310

CLEAN = b"stream: OK"
FOUND = re.compile(rb"stream: (.+) FOUND")


@dataclass(frozen=True)
class Server:
    """Where clamd listens: the path of a Unix socket, or else a host and a port."""

    path: str = ""
    host: str = ""
    port: int = DEFAULT_PORT


@dataclass(frozen=True)
class ScanResult:
    """The verdict on a file; `signature` is clamd's name of the virus."""

    infected: bool
    signature: str = ""


class ScanFailed(Exception):
    """No verdict on this file. The message never quotes clamd or the operating system."""


class Timeout(ScanFailed):
    """No verdict in time. The next file would take as long."""


class Unavailable(Exception):
    """clamd cannot be reached, which says nothing about the file."""


def parse_url(raw: str) -> Server:
    """Parse `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`. Raises ValueError (in Spanish)."""
    try:
        url = urlsplit(raw)
        host, port = url.hostname or "", url.port
    except ValueError:
        url = None
    if url is not None and not (url.query or url.fragment or "@" in url.netloc):
        if url.scheme == "tcp" and host and port != 0 and url.path in {"", "/"}:
            return Server(host=host, port=port or DEFAULT_PORT)
        if url.scheme == "unix" and not url.netloc and len(url.path) > 1:
            return Server(path=unquote(url.path))
    raise ValueError("no es la dirección de clamd (tcp://servidor:3310 o unix:///run/clamav/clamd.ctl)")


def scan(server: Server, chunks: Iterable[bytes], seconds: float = SCAN_SECONDS) -> ScanResult:
    """Send the chunks and return the verdict. Raises Unavailable and ScanFailed.

    What `chunks` raises passes through.
    """
    deadline = time.monotonic() + seconds
    with _connect(server, min(CONNECT_SECONDS, seconds)) as opened:
        connection = _Connection(opened, deadline)
        connection.send(b"zINSTREAM\0")
        for chunk in chunks:
            if chunk:  # an empty one would end the stream
                connection.send(struct.pack("!L", len(chunk)) + chunk)
        connection.send(struct.pack("!L", 0))
        answer = connection.receive()
    text, terminator, rest = answer.partition(b"\0")
    if terminator and not rest and not connection.closed_early:
        if text == CLEAN:
            return ScanResult(infected=False)
        if match := FOUND.fullmatch(text):
            return ScanResult(infected=True, signature=match[1].decode("utf-8", "replace"))
    raise ScanFailed("longer than it takes" if b"size limit" in answer else "no verdict in the answer")


def _connect(server: Server, seconds: float) -> socket.socket:
    try:
        if not server.path:
            return socket.create_connection((server.host, server.port), seconds)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(seconds)
            connection.connect(server.path)
        except OSError:
            connection.close()
            raise
    except (OSError, UnicodeError) as error:  # UnicodeError: an invalid host name
        raise Unavailable(type(error).__name__) from error
    return connection


class _Connection:
    """A connection whose operations share one deadline. Raises Timeout past it."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        # clamd closed the connection before the end of the file: its answer can say why, but it is
        # not a verdict
        self.closed_early = False

    def send(self, data: bytes) -> None:
        if self.closed_early:
            return
        self._wait()
        try:
            self._connection.sendall(data)
        except TimeoutError as error:
            raise Timeout("no verdict in time") from error
        except OSError:
            self.closed_early = True

    def receive(self) -> bytes:
        """Return the answer up to the NUL that ends it, or up to the longest possible answer."""
        answer = b""
        while b"\0" not in answer and len(answer) < MAX_ANSWER:
            self._wait()
            try:
                received = self._connection.recv(MAX_ANSWER)
            except TimeoutError as error:
                raise Timeout("no verdict in time") from error
            except OSError:
                break
            if not received:
                break
            answer += received
        return answer

    def _wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Timeout("no verdict in time")
        self._connection.settimeout(left)
