"""The error pages: in Spanish, with the request's reference, without a database (R6.15)."""

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from fidelizacion.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401

RAISED = {400: BadRequest, 403: PermissionDenied, 404: Http404, 500: RuntimeError}


def fail(request: HttpRequest, status: int) -> HttpResponse:
    raise RAISED[status]


urlpatterns = [*urlpatterns, path("fail/<int:status>/", fail)]


@pytest.mark.parametrize("status", RAISED)
@override_settings(ROOT_URLCONF=__name__)
def test_an_error_page_shows_the_reference_of_the_request(status: int) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(f"/fail/{status}/")
    assert answer.status_code == status
    assert answer["X-Request-ID"] in answer.content.decode()
    assert "Ir al inicio" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_a_form_without_its_token_says_how_to_send_it_again() -> None:
    """R6.10."""
    answer = Client(enforce_csrf_checks=True).post("/fidelizacion/", {"phone": "0991234567"})
    assert answer.status_code == 403
    assert "Vuelva al formulario" in answer.content.decode()
