"""The error pages. They say what happened, whether anything was lost and what to do, and show a
reference for support.

They are rendered without the request, so that no context processor reads the session or the
database, which may be what failed.
"""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from brand.brand_assets import brand_context


def error_page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    """Render the page of `status`. It shows the request's reference, unless that is not set yet."""
    desk = reverse("admin:index")
    context = {
        **brand_context(),
        "reference": getattr(request, "request_id", ""),
        "desk_url": desk if request.path.startswith(desk) else "",  # staff get a link back to the desk
        # `visitor_required` (otp/session.py) sets this attribute, so no query is needed
        "signed_in": status == 404 and hasattr(request, "portal_visitor"),
        "sent": request.method == "POST",  # then the page says that Back still shows what was typed
    }
    page = render_to_string(template or f"{status}.html", context)
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 when Django stopped reading because the body is too large (R3.01)."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return error_page(request, 413 if too_much else 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 ("try again later") when the database is down (R4.29)."""
    database_down = isinstance(sys.exception(), OperationalError | InterfaceError)
    return error_page(request, 503 if database_down else 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """Answer a form without its CSRF token: the page says how to send it again (R6.10)."""
    return error_page(request, 403, "403_csrf.html")
