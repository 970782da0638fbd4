"""Customers who retry until they have a ticket, in a separate process: `python -m
tests.faults.clients FOLDER BASE_URL COUNT SECONDS`.

FOLDER/cookies.json holds each customer's cookies; the test has signed them in. Each fills in the
form and confirms it, again and again, until the customers have COUNT tickets together; each starts
a request at most every SECONDS. After no answer, half an answer or a 503, a customer sends the same
form again, like a person who clicks once more, and its submission key lets it make only one ticket.
The numbers shown to the customers are written to FOLDER/shown.jsonl.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

import httpx

from tests.processes.visitor import Form, Visitor, a_real_pdf

FORM = "/fidelizacion/solicitud/"
RETRY_DELAY = 0.3  # seconds before the next click
DOCUMENT_EVERY = 5  # each fifth request has a document
UNAVAILABLE = 503  # the only error that the portal may answer, whichever process dies
T = TypeVar("T")


@dataclass
class Portal:
    """The portal's address, for Visitor. No SMS are needed: the customers are signed in already."""

    base_url: str

    def sms(self) -> list[dict[str, str]]:
        return []


@dataclass
class Crowd:
    """The count of requests and the results, which all customers share."""

    folder: Path
    total: int
    pause: float
    serials: Iterator[int] = field(default_factory=lambda: count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_serial(self) -> int | None:
        with self.lock:
            serial = next(self.serials)
        return serial if serial <= self.total else None

    def write(self, **line: object) -> None:
        with self.lock, (self.folder / "shown.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def run(self, visitor: Visitor) -> None:
        """Send one customer's requests until the crowd has sent all of them."""
        try:
            while (serial := self.next_serial()) is not None:
                started = time.monotonic()
                self._request(visitor, serial)
                time.sleep(max(0.0, self.pause - (time.monotonic() - started)))
        except Exception as error:  # noqa: BLE001  the test fails for any problem in shown.jsonl
            self.write(problem=f"{type(error).__name__}: {error}"[:600])

    def _request(self, visitor: Visitor, serial: int) -> None:
        started, clicks = time.monotonic(), 0
        form, typed = _retry(lambda: _form(visitor))
        files = {"attachments": a_real_pdf() if serial % DOCUMENT_EVERY == 0 else ("", b"")}
        typed["details"] = f"Solicitud {serial} de la prueba"

        def click() -> str:
            nonlocal clicks
            clicks += 1
            visitor.send(form, files, **typed)
            _check_available(visitor.page)
            return visitor.ticket_number()

        number = _retry(click)
        self.write(
            serial=serial, number=int(number), clicks=clicks, seconds=round(time.monotonic() - started, 2)
        )


class PortalUnavailable(Exception):
    """The portal answered 503."""


def _form(visitor: Visitor) -> tuple[Form, dict[str, str]]:
    visitor.page = visitor.browser.get(FORM)
    _check_available(visitor.page)
    return visitor.form("reason"), visitor.answers()


def _check_available(page: httpx.Response) -> None:
    if page.status_code == UNAVAILABLE:
        raise PortalUnavailable(page.status_code)


def _retry(act: Callable[[], T]) -> T:
    while True:
        try:
            return act()
        except (PortalUnavailable, httpx.TransportError):
            time.sleep(RETRY_DELAY)


def main(folder: Path, base_url: str, total: int, pause: float) -> None:
    crowd, threads = Crowd(folder, total, pause), []
    for cookies in json.loads((folder / "cookies.json").read_text(encoding="utf-8")):
        visitor = Visitor(Portal(base_url))
        for name, value in cookies.items():
            visitor.browser.cookies.set(name, value, domain="127.0.0.1")
        threads.append(threading.Thread(target=crowd.run, args=(visitor,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
