"""The pages for what went wrong: what happened, whether anything was lost, what to do now, and a
reference for support.

They are rendered without the request, so that no context processor reads a session or a database
that may be the very thing that failed.
"""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from brand.brand_assets import brand_context


def error_page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    """The page of `status`, with the request's reference (middleware sets it; a very early failure
    has none).
    """
    desk = reverse("admin:index")
    context = {
        **brand_context(),
        "reference": getattr(request, "request_id", ""),
        "desk_url": desk if request.path.startswith(desk) else "",  # staff go back to where they work
        # Set by the portal's gate, and nothing is read for it
        "signed_in": status == 404 and hasattr(request, "portal_visitor"),
        "sent": request.method == "POST",  # a form: what was typed is on the page before
    }
    page = render_to_string(template or f"{status}.html", context)
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Of a body that Django gave up reading, the page says that it is too much (413, R3.01)."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return error_page(request, 413 if too_much else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """When it is the database that is away, the page says to try again instead (R4.29)."""
    away = isinstance(sys.exception(), OperationalError | InterfaceError)
    return error_page(request, 503 if away else 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """A form that came without its token: it says how to send it
    again with nothing lost (R6.10).
    """
    return error_page(request, 403, "403_csrf.html")
