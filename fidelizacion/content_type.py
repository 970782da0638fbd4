"""What a request's `Content-Type` may claim: our pages are UTF-8, and so is all that their forms send."""

import codecs
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.http import HttpRequest, HttpResponse

from fidelizacion.errors import error_page


class CharsetMiddleware:
    """Refuses a body that claims another encoding, which Django would believe.

    Python knows encodings that are none of text (`rot13`), which end in an error, and some that write half characters
    (`unicode_escape`), which no page and no mail could show again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.encoding is not None and codecs.lookup(request.encoding).name != "utf-8":
            return error_page(request, 400)
        return self.get_response(request)


def without_extended_parameters(application: WSGIApplication) -> WSGIApplication:
    """Drop a `Content-Type` with parameters in the manner of RFC 2231 (`charset*=x''y`), which no browser sends.

    Django fails on one in an unknown encoding before any middleware runs, and so with no page of ours.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "*" in environ.get("CONTENT_TYPE", ""):  # in no media type, nor in a boundary
            environ = {**environ, "CONTENT_TYPE": ""}
        return application(environ, start_response)

    return wrapped
