"""What a request's `Content-Type` may claim: our pages are UTF-8, and so is all that their forms
send.
"""

import codecs
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from fidelizacion.errors import error_page

REFUSED = "text/plain; charset=latin-1"


class CharsetMiddleware:
    """Refuses a body that claims another encoding, which Django would believe.

    Python knows encodings that are none of text (`rot13`), which end in an error, and some that
    write half characters (`unicode_escape`), which no page and no mail could show again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.encoding is not None and codecs.lookup(request.encoding).name != "utf-8":
            return error_page(request, 400)
        return self.get_response(request)


def with_our_charset(application: WSGIApplication) -> WSGIApplication:
    """Judge the charset of a `Content-Type` before Django reads the query string in it, which ends
    in a bare 500.

    A type with parameters in the manner of RFC 2231 (`charset*=x''y`), which no browser sends, is
    dropped: Django fails on one in an unknown encoding. One with another charset is replaced by a
    harmless one, which `CharsetMiddleware` refuses with its page.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        content_type = environ.get("CONTENT_TYPE", "")
        if "*" in content_type:  # in no media type, nor in a boundary
            environ = {**environ, "CONTENT_TYPE": ""}
        elif _claims_another_charset(content_type):
            environ = {**environ, "CONTENT_TYPE": REFUSED}
        return application(environ, start_response)

    return wrapped


def _claims_another_charset(content_type: str) -> bool:
    if "charset" not in content_type.lower():
        return False
    try:
        charset = parse_header_parameters(content_type)[1].get("charset")
        return charset is not None and codecs.lookup(charset).name != "utf-8"
    except LookupError:  # unknown: Django ignores it
        return False
    except ValueError:  # a header that Django cannot read either
        return True
