"""Limits how many requests use the database at once, and refuses requests while it hangs.

gunicorn runs more threads than may use the database at once (WEB_THREADS). When all of those wait
for a database that does not answer, the other threads answer 503 at once and stay free for
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

# `/health/ready` has its own timeout; static files are served by an earlier middleware
WITHOUT_DATABASE = ("/health/", "/marca/", "/favicon.ico")
# A query takes milliseconds. When every running one has taken this long, the database hangs or is
# locked
STALLED_SECONDS = 2.0
POLL_SECONDS = 0.1  # how often a waiting request checks whether the database hangs
RETRY_AFTER = "5"  # seconds


class DatabaseGate:
    """Admits `places` requests at once; the others wait as long as some query makes progress."""

    def __init__(self, places: int, database: query_limits.Health = query_limits.database) -> None:
        self._free, self._trial = threading.Semaphore(places), threading.Lock()
        self._places, self._database = places, database
        self._query_began: dict[int, float] = {}  # thread id: when the query that it runs began

    def run(self, request: Callable[[], HttpResponse]) -> HttpResponse | None:
        """Return the response, or None when the request would wait for a hung database.

        While the database hangs, one request at a time tries it, so that the portal recovers as
        soon as the database answers.
        """
        if not self._database.hung:
            return self._run_when_free(request)
        if not self._trial.acquire(blocking=False):
            return None
        try:
            return self._run_when_free(request, trial=True)
        finally:
            self._trial.release()

    def _run_when_free(
        self, request: Callable[[], HttpResponse], *, trial: bool = False
    ) -> HttpResponse | None:
        while not self._free.acquire(timeout=POLL_SECONDS):
            if self._stalled() or (self._database.hung and not trial):
                return None
        try:
            with query_limits.within(query_limits.WEB_SECONDS), connection.execute_wrapper(self._timed):
                return request()
        finally:
            self._free.release()

    def _timed(self, execute: Callable[..., Any], *args: Any) -> Any:
        """Run a query, and show the other threads when it began."""
        thread = threading.get_ident()
        self._query_began[thread] = time.monotonic()
        try:
            return execute(*args)
        finally:
            del self._query_began[thread]

    def _stalled(self) -> bool:
        """Return whether every running request waits for a slow query.

        A request that uses the CPU, for instance to inspect documents, makes progress.
        """
        latest = time.monotonic() - STALLED_SECONDS
        return sum(began < latest for began in list(self._query_began.values())) >= self._places


class DatabaseGateMiddleware:
    """Runs each request through the gate, before the session middleware queries the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.gate = DatabaseGate(settings.WEB_THREADS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(WITHOUT_DATABASE):
            # With the cookie, reading the session would query the database
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            return self.get_response(request)
        response = self.gate.run(lambda: self.get_response(request))
        if response is None:
            response = error_page(request, 503)
            response["Retry-After"] = RETRY_AFTER
        return response
