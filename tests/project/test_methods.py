"""R6.16: every address, also the desk's, answers 405 to methods other than GET, HEAD and POST."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests import cast
from tests.conformance.project import addresses

pytestmark = pytest.mark.thorough

OTHERS = ("TRACE", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND")


def every_address() -> Iterator[str]:
    for path, _pattern in addresses():
        yield "/" + path.replace("<int:number>", "1000001").replace("<str:provider>", "twilio")
    for name in ("index", "login", "logout", "password_change", "jsi18n"):
        yield reverse(f"admin:{name}")
    for model in admin.site._registry:
        for page in ("changelist", "add"):
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
    yield from ("/static/css/portal.css", "/nothing-here/", "/admin/nothing-here/")


@pytest.mark.django_db
@pytest.mark.parametrize("method", OTHERS)
@pytest.mark.parametrize("staff", [False, True])
def test_no_other_method_is_answered_anywhere(client: Client, method: str, staff: bool) -> None:
    if staff:
        client.force_login(cast.carla())
    found = list(every_address())
    assert len(found) > 40
    for path in found:
        answer = client.generic(method, path)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST"), path
        assert "Content-Security-Policy" in answer
