"""`robots.txt`: search engines may fetch everything except the desk and the demo.

The `X-Robots-Tag` header (middleware.py) says whether they may list a page.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

RULES = "User-agent: *\nDisallow: /admin/\nDisallow: /demo/\n"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's signature
    return HttpResponse(
        RULES, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"}
    )
