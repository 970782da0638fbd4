"""The demo mailbox: what was "sent", newest first. It does not exist outside demo mode, nor off
this machine.
"""

from collections.abc import Callable
from datetime import UTC
from functools import wraps
from ipaddress import ip_address

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from demo.models import DemoMessage
from notifications.email.rendering import inline_mark
from notifications.models import Message

SHOWN = 200
View = Callable[..., HttpResponse]

# A mail carries its styles in place; nothing else of it loads, and nothing of it runs
MAIL_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "sandbox": ["allow-top-navigation-by-user-activation"],  # its links lead to the portal
}


def demo_only(view: View) -> View:
    """404 unless this is the demo and the socket's other end is this machine; forwarded addresses
    are not believed.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **route: int) -> HttpResponse:
        if not (settings.DEMO and _is_loopback(request.META.get("REMOTE_ADDR", ""))):
            raise Http404
        return view(request, **route)

    return require_safe(never_cache(guarded))


@demo_only
def messages_page(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/messages.html", {"messages": DemoMessage.objects.all()[:SHOWN]})


@demo_only
def messages_json(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    rows = DemoMessage.objects.values("channel", "to", "subject", "text", "html", "at")[:SHOWN]
    # Always six decimals: the instant tells the messages apart
    items = [{**row, "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds")} for row in rows]
    return JsonResponse(items, safe=False)


@csp(MAIL_POLICY)
@demo_only
def mail(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    """One mail as a mail client would show it."""
    message = get_object_or_404(DemoMessage, pk=pk, channel=Message.Channel.EMAIL)
    return HttpResponse(inline_mark(message.html))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
