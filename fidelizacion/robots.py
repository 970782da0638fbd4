"""What search engines may ask for: everything but the desk; pages say by themselves whether they
may be listed.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

RULES = "User-agent: *\nDisallow: /admin/\nDisallow: /demo/\n"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's signature
    return HttpResponse(
        RULES, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"}
    )
