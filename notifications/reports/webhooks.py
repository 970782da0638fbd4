"""Where providers report what became of a message. Public addresses: each request proves whose it
is (R4.23).

Nothing is written before that, bodies are small, and what is reported twice changes nothing. They
are the only addresses without a CSRF token: no browser comes here.
"""

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from notifications.reports import delivery_reports, mail_reports
from notifications.sms import twilio_callbacks

logger = logging.getLogger(__name__)

SMS_BODY = 16 * 1024  # bytes
MAIL_BODY = 256 * 1024  # Amazon's notifications are the largest; others tell of several messages at once


@csrf_exempt
@require_POST
def sms(request: HttpRequest, provider: str) -> HttpResponse:
    """Twilio's status callbacks; no other provider's there are."""
    if provider != "twilio" or settings.SMS_GATEWAY != "twilio":
        raise Http404
    if _too_large(request, SMS_BODY):
        return HttpResponse(status=413)
    form, signature = request.POST, request.headers.get("X-Twilio-Signature", "")
    if not twilio_callbacks.genuine(form, signature):
        return HttpResponse(status=403)
    report = twilio_callbacks.read(form.get("MessageSid"), form.get("MessageStatus"), form.get("ErrorCode"))
    if report is not None:
        delivery_reports.receive(report)
    return HttpResponse(status=204)


@csrf_exempt
@require_http_methods(["HEAD", "POST"])  # some providers try the address with HEAD
def email(request: HttpRequest, provider: str) -> HttpResponse:
    """The reports of the mail provider in use."""
    if not settings.EMAIL_PROVIDER or provider != settings.EMAIL_PROVIDER:
        raise Http404
    if _too_large(request, MAIL_BODY):
        return HttpResponse(status=413)
    if request.method == "POST" and not mail_reports.known(request):
        missing = "Authorization" not in request.headers
        # Amazon sends the secret only when it is asked for it
        return (
            HttpResponse(status=401, headers={"WWW-Authenticate": "Basic"})
            if missing
            else HttpResponse(status=403)
        )
    try:
        response, found = mail_reports.reports(request, provider)
    except Resolver404:
        raise Http404 from None
    except mail_reports.Unsigned:
        return HttpResponse(status=403)
    except mail_reports.Nonsense as error:
        logger.warning("a report of the mail provider cannot be read: %s", error)
        return HttpResponse(status=400)
    for report in found:
        delivery_reports.receive(report)
    return response


def _too_large(request: HttpRequest, limit: int) -> bool:
    """By the declared length; no more than that is ever read, and a body without one is empty to
    Django.
    """
    return int(request.META.get("CONTENT_LENGTH") or 0) > limit
