"""Refuses requests whose `Content-Type` names a charset other than UTF-8: our forms send UTF-8."""

import codecs
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from fidelizacion.errors import error_page

OTHER_CHARSET = "text/plain; charset=latin-1"


class CharsetMiddleware:
    """Answers 400 to a body in another encoding; Django would use the encoding that is named.

    Some of Python's codecs are not for text (`rot13`) and raise an error; others decode to lone
    surrogates (`unicode_escape`), which no page or mail can encode again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.encoding is not None and codecs.lookup(request.encoding).name != "utf-8":
            return error_page(request, 400)
        return self.get_response(request)


def with_safe_content_type(application: WSGIApplication) -> WSGIApplication:
    """Wrap the WSGI application so that Django never decodes a query string with another charset.

    Django decodes it before any middleware runs, and an error there is answered with a bare 500.
    A header with RFC 2231 parameters (`charset*=x''y`) is dropped, because Django fails on an
    unknown encoding in it and browsers do not send such headers. A header with another charset is
    replaced by a harmless one, which `CharsetMiddleware` then refuses with its error page.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        content_type = environ.get("CONTENT_TYPE", "")
        if "*" in content_type:  # neither media types nor boundaries contain it
            environ = {**environ, "CONTENT_TYPE": ""}
        elif _claims_another_charset(content_type):
            environ = {**environ, "CONTENT_TYPE": OTHER_CHARSET}
        return application(environ, start_response)

    return wrapped


def _claims_another_charset(content_type: str) -> bool:
    if "charset" not in content_type.lower():
        return False
    try:
        charset = parse_header_parameters(content_type)[1].get("charset")
        return charset is not None and codecs.lookup(charset).name != "utf-8"
    except LookupError:  # an unknown charset, which Django ignores
        return False
    except ValueError:  # a malformed header, on which Django would fail
        return True
