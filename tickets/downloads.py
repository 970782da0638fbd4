"""Attachments for staff: the one door, with a row for each who passed or was refused (R3.15-R3.19, R5.09)."""

import hashlib
import logging
from io import BytesIO

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from otp.addresses import client_address
from tickets.models import Attachment, AttachmentEvent, Ticket

logger = logging.getLogger(__name__)

What = AttachmentEvent.What
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# What is being scanned may be had later, what is missing may not; an infected file is nobody's to have
STATUS = {What.PENDING: 409, What.ERROR: 409, What.INFECTED: 403, What.MISSING: 404}


@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The attachment as it was sent, to staff who may see attachments, unless the antivirus stands in the way."""
    user = request.user
    if isinstance(user, AnonymousUser) or not (user.is_active and user.is_staff):
        return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
    attachment = Attachment.objects.filter(pk=pk).first()
    if not user.has_perm("tickets.view_attachment"):
        if attachment is not None:
            _record(request, user, attachment, What.FORBIDDEN)
        raise PermissionDenied
    if attachment is None:
        raise Http404
    if not attachment.is_deliverable:
        return _refused(request, user, attachment, What(attachment.scan))
    content = _content(attachment)
    if content is None:
        return _refused(request, user, attachment, What.MISSING)
    _record(request, user, attachment, What.DELIVERED)
    return FileResponse(
        BytesIO(content),
        as_attachment=True,
        filename=attachment.original_name,
        content_type=attachment.content_type,
        headers=HEADERS,
    )


def _content(attachment: Attachment) -> bytes | None:
    """The file, which is small, read to its end before anything is promised; none where it is not what was received."""
    try:
        with attachment.file.open("rb") as file:
            content: bytes = file.read()
    except Exception:
        logger.exception("The file of attachment %d cannot be read", attachment.pk)
        return None
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        logger.error("The file of attachment %d is not the one that was received", attachment.pk)
        return None
    return content


def _refused(request: HttpRequest, user: User, attachment: Attachment, what: What) -> HttpResponseBase:
    """A page of the desk that says why, and what to do."""
    _record(request, user, attachment, what)
    context = {
        **admin.site.each_context(request),
        "title": _("Documento no disponible"),
        "opts": Ticket._meta,  # noqa: SLF001  Django's public `_meta`
        "attachment": attachment,
        "what": what.value,
    }
    return TemplateResponse(request, "desk/document_refused.html", context, status=STATUS[what])


def _record(request: HttpRequest, user: User, attachment: Attachment, what: What) -> None:
    """Before anything is handed out: what cannot be recorded is not delivered."""
    AttachmentEvent.objects.create(
        attachment=attachment,
        at=timezone.now(),
        what=what,
        user=user,
        actor=(user.get_full_name() or user.get_username())[:150],
        address=str(client_address(request) or ""),
        request_id=getattr(request, "request_id", ""),
    )
