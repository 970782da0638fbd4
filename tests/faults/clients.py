"""Customers who do not give up, a process of their own: `python -m tests.faults.clients FOLDER
BASE_URL COUNT SECONDS`.

FOLDER/cookies.json holds the cookies of each, who is signed in already. Each fills in the form and
confirms it, again and again, until COUNT tickets are there; SECONDS is what one lets pass between
two. Whatever goes wrong - no answer, half an answer, a page that says "later" - the same form is
sent again, as a customer would who clicks once more: that is what its key is for. What each was
shown is written to FOLDER/shown.jsonl.
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
AGAIN = 0.3  # seconds before the next click
WITH_A_DOCUMENT = 5  # each fifth
NOT_NOW = 503  # any other answer but the form and the ticket is wrong, whatever dies
T = TypeVar("T")


@dataclass
class Portal:
    """Where it is; nobody signs in here any more."""

    base_url: str

    def sms(self) -> list[dict[str, str]]:
        return []


@dataclass
class Crowd:
    """What the clients share."""

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

    def live(self, visitor: Visitor) -> None:
        """One client's day."""
        try:
            while (serial := self.next_serial()) is not None:
                started = time.monotonic()
                self._request(visitor, serial)
                time.sleep(max(0.0, self.pause - (time.monotonic() - started)))
        except Exception as error:  # noqa: BLE001  it is judged where the others are
            self.write(problem=f"{type(error).__name__}: {error}"[:600])

    def _request(self, visitor: Visitor, serial: int) -> None:
        started, clicks = time.monotonic(), 0
        form, typed = _patiently(lambda: _form(visitor))
        files = {"attachments": a_real_pdf() if serial % WITH_A_DOCUMENT == 0 else ("", b"")}
        typed["details"] = f"Solicitud {serial} de la prueba"

        def click() -> str:
            nonlocal clicks
            clicks += 1
            visitor.send(form, files, **typed)
            _not_now(visitor.page)
            return visitor.ticket_number()

        number = _patiently(click)
        self.write(
            serial=serial, number=int(number), clicks=clicks, seconds=round(time.monotonic() - started, 2)
        )


class NotNow(Exception):
    """The portal cannot at this moment."""


def _form(visitor: Visitor) -> tuple[Form, dict[str, str]]:
    visitor.page = visitor.browser.get(FORM)
    _not_now(visitor.page)
    return visitor.form("reason"), visitor.answers()


def _not_now(page: httpx.Response) -> None:
    if page.status_code == NOT_NOW:
        raise NotNow(page.status_code)


def _patiently(act: Callable[[], T]) -> T:
    while True:
        try:
            return act()
        except (NotNow, httpx.TransportError):
            time.sleep(AGAIN)


def main(folder: Path, base_url: str, total: int, pause: float) -> None:
    crowd, threads = Crowd(folder, total, pause), []
    for cookies in json.loads((folder / "cookies.json").read_text(encoding="utf-8")):
        visitor = Visitor(Portal(base_url))
        for name, value in cookies.items():
            visitor.browser.cookies.set(name, value, domain="127.0.0.1")
        threads.append(threading.Thread(target=crowd.live, args=(visitor,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
