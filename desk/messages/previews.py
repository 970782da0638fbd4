"""Previews of every message type with invented data, so that no customer's data is shown."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from notifications import message_types
from notifications.email.rendering import inline_logo


class Previews:
    """Mixin for the admin of messages: the list of previews and each preview."""

    admin_site: Any
    opts: Any

    def preview_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("plantillas/", view(self.samples_view), name="notifications_message_samples"),
            path("plantillas/<slug:name>/", view(self.sample_view), name="notifications_message_sample"),
        ]

    def samples_view(self, request: HttpRequest) -> HttpResponse:
        types = sorted(message_types.message_types(), key=lambda each: (each.channel, str(each.title)))
        context = {"title": gettext("Plantillas de los mensajes"), "message_types": types}
        return self._page(request, "desk/message_samples.html", context)

    def sample_view(self, request: HttpRequest, name: str) -> HttpResponse:
        message_type = message_types.message_type(name)
        if message_type is None:
            raise Http404
        parts = message_type.preview()
        parts = replace(parts, html=inline_logo(parts.html))
        return self._page(request, "desk/message_sample.html", {"title": message_type.title, "parts": parts})

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        if not request.user.has_perm("notifications.preview_message"):
            raise PermissionDenied
        full = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, full)
