"""Webhooks for the delivery reports of SMS and mail providers. They are public, so each request is
authenticated (R4.23).

Nothing is written before that, the size of a body is limited, and a repeated report changes
nothing. They are the only views without a CSRF token, since no browser uses them.
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
MAIL_BODY = 256 * 1024  # SES notifications are the largest; other providers batch several events


@csrf_exempt
@require_POST
def sms(request: HttpRequest, provider: str) -> HttpResponse:
    """Receive Twilio's status callbacks, the only SMS reports that are supported."""
    if provider != "twilio" or settings.SMS_GATEWAY != "twilio":
        raise Http404
    if _too_large(request, SMS_BODY):
        return HttpResponse(status=413)
    form, signature = request.POST, request.headers.get("X-Twilio-Signature", "")
    if not twilio_callbacks.is_signed_by_twilio(form, signature):
        return HttpResponse(status=403)
    report = twilio_callbacks.read(form.get("MessageSid"), form.get("MessageStatus"), form.get("ErrorCode"))
    if report is not None:
        delivery_reports.receive(report)
    return HttpResponse(status=204)


@csrf_exempt
@require_http_methods(["HEAD", "POST"])  # some providers try the address with HEAD
def email(request: HttpRequest, provider: str) -> HttpResponse:
    """Receive the reports of the mail provider in use."""
    if not settings.EMAIL_PROVIDER or provider != settings.EMAIL_PROVIDER:
        raise Http404
    if _too_large(request, MAIL_BODY):
        return HttpResponse(status=413)
    if request.method == "POST" and not mail_reports.has_webhook_secret(request):
        if "Authorization" in request.headers:
            return HttpResponse(status=403)
        # Amazon sends the secret only after a 401 asks for it
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Basic"})
    try:
        response, reports = mail_reports.parse(request, provider)
    except Resolver404:
        raise Http404 from None
    except mail_reports.NotAuthenticated:
        return HttpResponse(status=403)
    except mail_reports.Unreadable as error:
        logger.warning("a report of the mail provider cannot be read: %s", error)
        return HttpResponse(status=400)
    for report in reports:
        delivery_reports.receive(report)
    return response


def _too_large(request: HttpRequest, limit: int) -> bool:
    """Whether the declared length exceeds `limit` bytes. Django reads no more than that length, and
    nothing if none is declared.
    """
    return int(request.META.get("CONTENT_LENGTH") or 0) > limit
