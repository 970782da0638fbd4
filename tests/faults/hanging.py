"""Make a database hang: it keeps its connections open and answers nothing."""

import signal
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial

import psutil

from tests.servers import Postgresql


@contextmanager
def stopped(server: Postgresql) -> Iterator[None]:
    """Stop all processes of a PostgreSQL server. A debugger, a snapshot of the machine or a disk
    that does not answer has the same effect.
    """
    assert server._process
    parent = psutil.Process(server._process.pid)
    processes = [parent, *parent.children(recursive=True)]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


@contextmanager
def locked(path: str, how: str) -> Iterator[None]:
    """Lock a SQLite file, as another process that writes to it would."""
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as file:
        file.execute(f"BEGIN {how}")
        yield
        file.execute("ROLLBACK")


class Proxy:
    """A TCP proxy on loopback that can stop forwarding without closing a connection, like a network
    that drops packets.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._sockets: list[socket.socket] = [self._listener]
        self._run(self._accept)

    def close(self) -> None:
        self._open.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                self._run(partial(self._forward, client, server))
                self._run(partial(self._forward, server, client))

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while received := source.recv(65536):
                self._open.wait()
                target.sendall(received)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _run(work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()
