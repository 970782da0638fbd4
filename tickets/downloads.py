"""Attachments for staff: always a download, never a page (R3.15-R3.19)."""

import logging

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, resolve_url
from django.views.decorators.http import require_safe

from tickets.models import Attachment

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The attachment as it was sent, to staff who may see attachments."""
    user = request.user
    if isinstance(user, AnonymousUser) or not (user.is_active and user.is_staff):
        return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
    if not user.has_perm("tickets.view_attachment"):
        raise PermissionDenied
    attachment = get_object_or_404(Attachment, pk=pk)
    try:
        content = attachment.file.open("rb")
    except OSError:
        logger.exception("The file of attachment %d cannot be read", attachment.pk)
        raise Http404 from None
    return FileResponse(
        content,
        as_attachment=True,
        filename=attachment.original_name,
        content_type=attachment.content_type,
        headers=HEADERS,
    )
