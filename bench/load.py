"""The load generator: a second process whose clients send prepared bytes on open sockets.

A full HTTP client would use more processor time than the pages do, on the same two cores.
"""

import os
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Barrier

TIMEOUT = 60.0  # seconds for one response


@dataclass(frozen=True)
class Result:
    """Times and statuses of the requests of one run."""

    seconds: float  # from the first request to the last response
    latencies: list[float]
    statuses: list[int]

    @property
    def rate(self) -> float:
        return len(self.statuses) / self.seconds


class Connection:
    """A client's connection. If the server has closed it, it connects and sends again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a request, and return the status and body of the response."""
        kept = self._socket is not None
        try:
            return self._send(request)
        except ConnectionError:
            self.close()
            if not kept:
                raise
            return self._send(request)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _send(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = _read_until(self._socket, b"", lambda received: b"\r\n\r\n" in received)
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        length = int(fields["content-length"])
        body = _read_until(self._socket, body, lambda received: len(received) >= length)
        if fields.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), body


def _read_until(connection: socket.socket, received: bytes, complete: Callable[[bytes], bool]) -> bytes:
    while not complete(received):
        more = connection.recv(65536)
        if not more:
            raise ConnectionResetError
        received += more
    return received


def send_all(port: int, clients: Sequence[Sequence[bytes]]) -> Result:
    """Let all clients send at the same time; each sends its requests one after the other."""
    barrier = Barrier(len(clients))

    def client(requests: Sequence[bytes]) -> list[tuple[float, float, int]]:
        connection, timings = Connection(port), []
        barrier.wait(60)
        for request in requests:
            began = time.perf_counter()
            status, _ = connection.send(request)
            timings.append((began, time.perf_counter(), status))
        connection.close()
        return timings

    with ThreadPoolExecutor(len(clients)) as pool:
        timings = [timing for of_client in pool.map(client, clients) for timing in of_client]
    return Result(
        seconds=max(ended for _, ended, _ in timings) - min(began for began, _, _ in timings),
        latencies=[ended - began for began, ended, _ in timings],
        statuses=[status for _, _, status in timings],
    )


class LoadGenerator:
    """Sends requests from a second process."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def run(self, port: int, clients: Sequence[Sequence[bytes]]) -> Result:
        return self._process.submit(send_all, port, clients).result()

    @property
    def pid(self) -> int:
        """The id of the process that sends."""
        return self._process.submit(os.getpid).result()

    def close(self) -> None:
        self._process.shutdown()
