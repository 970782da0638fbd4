"""The liveness and readiness addresses for process managers and load balancers.

They answer ok or 503 and reveal nothing else.
"""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs import query_limits

# Together with the longest wait for a free web thread, this stays below the documented 2 s
READY_SECONDS = 0.8
# In a thread, because libpq's shortest connection timeout is 2 s; in only one, so that checks do
# not pile up on a hung database
_executor = ThreadPoolExecutor(1, "ready")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  every view takes one
    """Answer 200 while the process serves requests; a process manager restarts it otherwise."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer 200 if the database responds within 0.8 s, else 503, so that balancers avoid it."""
    try:
        _executor.submit(_query_database).result(READY_SECONDS)
    except (DatabaseError, NoAnswer):
        return HttpResponse("database\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


def _query_database() -> None:
    """Connect and run one query, since a visitor's request may have to connect too."""
    try:
        with query_limits.within(READY_SECONDS), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()
