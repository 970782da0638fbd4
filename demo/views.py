"""The demo mailbox: the messages "sent", newest first. It works only in demo mode and answers only
this machine.
"""

from collections.abc import Callable
from datetime import UTC
from functools import wraps

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from demo.models import DemoMessage
from fidelizacion.system_checks.checks import is_loopback
from notifications.email.rendering import inline_logo
from notifications.models import Message

MAX_SHOWN = 200  # messages
View = Callable[..., HttpResponse]

# Mails have inline styles. The policy allows these, and neither other resources nor scripts
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
    """Answer 404 unless DEMO is on and the socket's peer is this machine.

    `X-Forwarded-For` is ignored: any client can send it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **route: int) -> HttpResponse:
        if not (settings.DEMO and is_loopback(request.META.get("REMOTE_ADDR", ""))):
            raise Http404
        return view(request, **route)

    return require_safe(never_cache(guarded))


@demo_only
def messages_page(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/messages.html", {"shown": DemoMessage.objects.all()[:MAX_SHOWN]})


@demo_only
def messages_json(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    rows = DemoMessage.objects.values("channel", "to", "subject", "text", "html", "at")[:MAX_SHOWN]
    # Always with microseconds: programs distinguish the messages by their time
    items = [{**row, "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds")} for row in rows]
    return JsonResponse(items, safe=False)


@csp(MAIL_POLICY)
@demo_only
def mail(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    """Show one mail as a mail client would."""
    message = get_object_or_404(DemoMessage, pk=pk, channel=Message.Channel.EMAIL)
    return HttpResponse(inline_logo(message.html))
