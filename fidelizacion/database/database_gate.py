"""Keeps threads free for what needs no database, and does not let visitors wait for one that is
hung.

gunicorn has more threads than may use the database at once (WEB_THREADS). When all of those wait
for a database that does not answer, the others refuse at once, with the page for "later", and serve
`/health/live` and static files.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from fidelizacion.errors import error_page
from jobs import query_limits

# `ready` limits itself; static files never get here
WITHOUT_DATABASE = ("/health/", "/marca/", "/favicon.ico")
# A query takes milliseconds. When every place waits for one that has taken so long, the database
# hangs or is locked
STALLED_SECONDS = 2.0
LOOK_SECONDS = 0.1
RETRY_AFTER = "5"


class DatabaseGate:
    """Admits as many requests as may use the database at once; the next ones wait while there is
    progress.
    """

    def __init__(self, places: int, database: query_limits.Health = query_limits.database) -> None:
        self._free, self._trial = threading.Semaphore(places), threading.Lock()
        self._places, self._database = places, database
        self._asked_at: dict[int, float] = {}  # by thread: when the query began that it waits for

    def run(self, request: Callable[[], HttpResponse]) -> HttpResponse | None:
        """What the request gives, or None when it would wait for a hung database.

        While the database hangs one request at a time tries it, so that the portal is back as soon
        as it answers.
        """
        if not self._database.hung:
            return self._run_in_turn(request)
        if not self._trial.acquire(blocking=False):
            return None
        try:
            return self._run_in_turn(request, trial=True)
        finally:
            self._trial.release()

    def _run_in_turn(
        self, request: Callable[[], HttpResponse], *, trial: bool = False
    ) -> HttpResponse | None:
        while not self._free.acquire(timeout=LOOK_SECONDS):
            if self._stalled() or (self._database.hung and not trial):
                return None
        try:
            with query_limits.within(query_limits.WEB_SECONDS), connection.execute_wrapper(self._timed):
                return request()
        finally:
            self._free.release()

    def _timed(self, execute: Callable[..., Any], *args: Any) -> Any:
        """Run a query, and let the other threads see how long it has taken so far."""
        thread = threading.get_ident()
        self._asked_at[thread] = time.monotonic()
        try:
            return execute(*args)
        finally:
            del self._asked_at[thread]

    def _stalled(self) -> bool:
        """Whether every place waits for a query. Inspecting documents takes the processor, and
        counts as progress.
        """
        latest = time.monotonic() - STALLED_SECONDS
        return sum(asked_at < latest for asked_at in list(self._asked_at.values())) >= self._places


class DatabaseGateMiddleware:
    """Outside of the session, which is the first to use the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.gate = DatabaseGate(settings.WEB_THREADS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(WITHOUT_DATABASE):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)  # a session is a row
            return self.get_response(request)
        response = self.gate.run(lambda: self.get_response(request))
        if response is None:
            response = error_page(request, 503)
            response["Retry-After"] = RETRY_AFTER
        return response
