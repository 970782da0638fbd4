"""The theme's search view; for an invalid `page` it answers 404 instead of an error 500."""

from django.contrib import admin
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase


def search(request: HttpRequest) -> HttpResponseBase:
    page = request.GET.get("page", "1")
    if not (page.isascii() and page.isdigit()):
        raise Http404
    view = admin.site.admin_view(admin.site.search)  # type: ignore[attr-defined]  # the theme adds it
    try:
        response: HttpResponseBase = view(request)
    except InvalidPage:
        raise Http404 from None
    return response
