"""Asks clamd whether a stream of bytes is infected: its INSTREAM command, within one time limit for
all of it (R3.18).

Whatever is not the plain answer «OK» is no clean bill of health: an error, an answer cut short, a
size limit, silence.
"""

import re
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

CONNECT_SECONDS = 5.0
SCAN_SECONDS = 30.0  # to send it all and to hear the answer (R3.18)
ANSWER_BYTES = 4096  # an answer is a name and a word
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
    """What clamd said of a whole stream; infected by the signature named."""

    infected: bool
    signature: str = ""


class ScanFailed(Exception):
    """There is no verdict on this stream. The message is ours: what clamd or the system said is not
    quoted.
    """


class Timeout(ScanFailed):
    """No verdict in time: the next stream would wait as long."""


class Unavailable(Exception):
    """Nobody could be reached: this says nothing about the stream."""


def parse_url(raw: str) -> Server:
    """Raises ValueError with what is expected: `tcp://host:3310`
    or `unix:///run/clamav/clamd.ctl`.
    """
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
    """Send the chunks and return the verdict. Raises Unavailable or ScanFailed; what `chunks`
    raises passes through.
    """
    ends = time.monotonic() + seconds
    with _connected(server, min(CONNECT_SECONDS, seconds)) as connection:
        talk = _Connection(connection, ends)
        talk.say(b"zINSTREAM\0")
        for chunk in chunks:
            if chunk:  # an empty one would tell the end
                talk.say(struct.pack("!L", len(chunk)) + chunk)
        talk.say(struct.pack("!L", 0))
        answer = talk.answer()
    text, ended, rest = answer.partition(b"\0")
    if ended and not rest and not talk.cut_short:
        if text == CLEAN:
            return ScanResult(infected=False)
        if found := FOUND.fullmatch(text):
            return ScanResult(infected=True, signature=found[1].decode("utf-8", "replace"))
    raise ScanFailed("longer than it takes" if b"size limit" in answer else "no verdict in the answer")


def _connected(server: Server, seconds: float) -> socket.socket:
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
    except (OSError, UnicodeError) as error:  # the latter: a host name that no resolver takes
        raise Unavailable(type(error).__name__) from error
    return connection


class _Connection:
    """A connection of which every step counts towards one end. Raises Timeout when it has come."""

    def __init__(self, connection: socket.socket, ends: float) -> None:
        self._connection = connection
        self._ends = ends
        self.cut_short = False  # it hung up while being told: it may have said why, and that is no verdict

    def say(self, data: bytes) -> None:
        if self.cut_short:
            return
        self._wait()
        try:
            self._connection.sendall(data)
        except TimeoutError as error:
            raise Timeout("no verdict in time") from error
        except OSError:
            self.cut_short = True

    def answer(self) -> bytes:
        """What it says up to the NUL that ends an answer, or as much as an answer can be long."""
        heard = b""
        while b"\0" not in heard and len(heard) < ANSWER_BYTES:
            self._wait()
            try:
                received = self._connection.recv(ANSWER_BYTES)
            except TimeoutError as error:
                raise Timeout("no verdict in time") from error
            except OSError:
                break
            if not received:
                break
            heard += received
        return heard

    def _wait(self) -> None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise Timeout("no verdict in time")
        self._connection.settimeout(left)
