"""Whatever `Content-Type` a client sends, the answer is one of our pages (R6.13, R7.05)."""

from unittest.mock import Mock
from wsgiref.types import WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from fidelizacion.content_type import with_safe_content_type

ENTRY = "/fidelizacion/"


def enter(client: Client, parameters: str, phone: str = "0991234567") -> int:
    """Post a number in a multipart form with these parameters, and return the status."""
    body = f'--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n{phone}\r\n--x--\r\n'
    # `post` would encode the body with the charset
    return client.generic("POST", ENTRY, body, f"multipart/form-data; boundary=x{parameters}").status_code


@pytest.mark.django_db
@pytest.mark.parametrize(
    "charset", ["rot13", "zlib", "undefined", "idna", "unicode_escape", "utf-16", "latin-1"]
)
def test_a_body_in_another_encoding_is_refused(client: Client, charset: str) -> None:
    assert enter(client, f"; charset={charset}", phone=r"\ud800") == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "parameters", ["", "; charset=utf-8", '; charset="UTF8"', "; charset=no-such-encoding"]
)
def test_utf_8_is_accepted_under_any_of_its_names(client: Client, parameters: str) -> None:
    assert enter(client, parameters) == 302


@pytest.mark.django_db
@pytest.mark.parametrize("parameter", ["charset*=no-such''%41", "charset*=idna''%41", "boundary*=no-such''x"])
def test_an_extended_parameter_in_an_unknown_encoding_is_ignored(parameter: str) -> None:
    environ: WSGIEnvironment = {"CONTENT_TYPE": f"multipart/form-data; {parameter}", "PATH_INFO": ENTRY}
    setup_testing_defaults(environ)
    environ["HTTP_HOST"] = "testserver"
    start_response = Mock()
    list(with_safe_content_type(WSGIHandler())(environ, start_response))
    assert start_response.call_args.args[0] == "200 OK"
