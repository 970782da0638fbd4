"""The view from which staff download an attachment; `attachments.downloads` has the rules."""

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from attachments import downloads
from attachments.downloads import What
from tickets.models import Attachment, Ticket

# The status of a refusal: 409 where a later scan may allow the download, 403 where nothing will
STATUS = {What.PENDING: 409, What.ERROR: 409, What.INFECTED: 403, What.MISSING: 404}


@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the attachment unchanged to staff with the permission, or a page that says why not.

    R3.15-R3.19.
    """
    user = request.user
    if isinstance(user, AnonymousUser) or not (user.is_active and user.is_staff):
        return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
    attachment = Attachment.objects.filter(pk=pk).first()
    if not user.has_perm("tickets.view_attachment"):
        if attachment is not None:
            downloads.record(request, user, attachment, What.FORBIDDEN)
        raise PermissionDenied
    if attachment is None:
        raise Http404
    try:
        return downloads.deliver(request, user, attachment)
    except downloads.DownloadRefused as refusal:
        context = {
            **admin.site.each_context(request),
            "title": _("Documento no disponible"),
            "opts": Ticket._meta,  # noqa: SLF001  Django's public `_meta`
            "attachment": attachment,
            "what": refusal.what.value,
        }
        return TemplateResponse(request, "desk/document_refused.html", context, status=STATUS[refusal.what])
