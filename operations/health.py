"""For whoever watches the processes: is this one alive, and can it do its work. Nothing else is
told.
"""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs import query_limits

# With what a request waits for a thread at most, below the 2 s that watchers are promised
READY_SECONDS = 0.8
# A thread, because connecting cannot be given less than 2 s; one, so that questions do not pile up
# on a hung database
_asking = ThreadPoolExecutor(1, "ready")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  every view takes one
    """200 while the process answers at all: a watcher restarts it when this fails."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 when the database answers, else 503: a balancer sends visitors elsewhere meanwhile."""
    try:
        _asking.submit(_ask_database).result(READY_SECONDS)
    except (DatabaseError, NoAnswer):
        return HttpResponse("database\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


def _ask_database() -> None:
    """On a connection of its own: to connect, too, is what a visitor's request may have to do."""
    try:
        with query_limits.within(READY_SECONDS), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()
