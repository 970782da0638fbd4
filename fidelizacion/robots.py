"""`robots.txt`: search engines may fetch everything but the desk and the demo.

Whether a page may be listed is in its `X-Robots-Tag` header (middleware.py).
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

RULES = "User-agent: *\nDisallow: /admin/\nDisallow: /demo/\n"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's signature
    return HttpResponse(
        RULES, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"}
    )
