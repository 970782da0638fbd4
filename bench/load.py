"""The load: a process of its own, a few clients on sockets that stay open, each sending requests
made beforehand.

Sockets and ready bytes, since a comfortable client would cost more than the pages do, on the same
two cores.
"""

import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Barrier

SECONDS = 60.0  # for one answer


@dataclass(frozen=True)
class Result:
    """What came of one volley."""

    seconds: float  # from the first request to the last answer
    latencies: list[float]
    statuses: list[int]

    @property
    def rate(self) -> float:
        return len(self.statuses) / self.seconds


class Connection:
    """One client. Says again what a server that was closing did not hear."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        kept = self._socket is not None
        try:
            return self._ask(request)
        except ConnectionError:
            self.close()
            if not kept:
                raise
            return self._ask(request)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        got = _read_until(self._socket, b"", lambda got: b"\r\n\r\n" in got)
        head, _, body = got.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        length = int(fields["content-length"])
        body = _read_until(self._socket, body, lambda got: len(got) >= length)
        if fields.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), body


def _read_until(connection: socket.socket, got: bytes, enough: Callable[[bytes], bool]) -> bytes:
    while not enough(got):
        more = connection.recv(65536)
        if not more:
            raise ConnectionResetError
        got += more
    return got


def _client(port: int, requests: Sequence[bytes], together: Barrier) -> list[tuple[float, float, int]]:
    connection, done = Connection(port), []
    together.wait(60)
    for request in requests:
        began = time.perf_counter()
        status, _ = connection.ask(request)
        done.append((began, time.perf_counter(), status))
    connection.close()
    return done


def run(port: int, clients: Sequence[Sequence[bytes]]) -> Result:
    """Every client sends its requests one after the other, all clients at the same time."""
    together = Barrier(len(clients))
    with ThreadPoolExecutor(len(clients)) as pool:
        done = [
            each for told in pool.map(lambda sent: _client(port, sent, together), clients) for each in told
        ]
    return Result(
        seconds=max(ended for _, ended, _ in done) - min(began for began, _, _ in done),
        latencies=[ended - began for began, ended, _ in done],
        statuses=[status for _, _, status in done],
    )


class LoadGenerator:
    """Fires volleys from a second process."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def fire(self, port: int, clients: Sequence[Sequence[bytes]]) -> Result:
        return self._process.submit(run, port, clients).result()

    def close(self) -> None:
        self._process.shutdown()
