"""Every address requires a verified visitor or is on a list of exceptions (R6.10, R6.16)."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from tests.conformance.project import addresses

PORTAL_PUBLIC = {"", "fidelizacion/", "fidelizacion/ayuda/", "fidelizacion/consulta/"}
PUBLIC = PORTAL_PUBLIC | {
    "health/live",
    "health/ready",
    "metrics",
    "favicon.ico",
    "robots.txt",
    "marca/marca.css",
    "marca/logo",
}
# Each request carries its own authentication (tests/notifications/test_webhooks.py)
SIGNED = {"webhooks/sms/<str:provider>/", "webhooks/email/<str:provider>/"}
# These need a session that has asked for a code; without one they redirect to the entry
TO_THE_ENTRY = {"fidelizacion/pin/", "fidelizacion/pin/reenviar/", "fidelizacion/salir/"}
# These need a session that has sent the public form; without one they redirect to it
TO_THE_PUBLIC_FORM = {"fidelizacion/consulta/codigo/", "fidelizacion/consulta/listo/"}
# The desk protects these itself (tests/staff)
DESK = {"admin/login/", "admin/logout/", "admin/password_change/", "admin/search/"}
NUMBER = re.compile(r"<[^>]+>")
EVERY = [path for path, _ in addresses()]
GATED = sorted(set(EVERY) - PUBLIC - SIGNED - TO_THE_ENTRY - TO_THE_PUBLIC_FORM - DESK)
Send = Callable[..., Any]


def concrete(path: str) -> str:
    return "/" + NUMBER.sub("3608314", path)


def test_the_lists_name_addresses_that_exist() -> None:
    assert set(EVERY) >= PUBLIC | SIGNED | TO_THE_ENTRY | TO_THE_PUBLIC_FORM | DESK
    assert len(GATED) >= 4


@pytest.mark.django_db
@pytest.mark.parametrize("path", GATED)
def test_a_stranger_is_sent_to_the_entry(client: Client, path: str) -> None:
    for send in (client.get, client.post):
        response = send(concrete(path))
        assert response.status_code in {HTTPStatus.FOUND, HTTPStatus.METHOD_NOT_ALLOWED}, path
        if response.status_code == HTTPStatus.FOUND:
            assert response["Location"].partition("?")[0] == "/fidelizacion/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted(TO_THE_ENTRY))
def test_a_step_taken_out_of_turn_leads_to_the_entry(client: Client, path: str) -> None:
    response = client.post(concrete(path))
    assert response.status_code in {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER}
    assert response["Location"] == "/fidelizacion/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted(TO_THE_PUBLIC_FORM))
def test_a_step_of_the_public_form_taken_out_of_turn_leads_to_it(client: Client, path: str) -> None:
    response = client.get(concrete(path))
    assert response.status_code == HTTPStatus.SEE_OTHER
    assert response["Location"] == "/fidelizacion/consulta/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_only_the_methods_that_are_meant_are_answered(client: Client, path: str, method: str) -> None:
    """R6.16."""
    assert client.generic(method, concrete(path)).status_code in {
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.FOUND,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted(path for path in EVERY if path.startswith("fidelizacion/")))
def test_a_post_without_the_forms_token_is_refused(path: str) -> None:
    """R6.10."""
    response = Client(enforce_csrf_checks=True).post(concrete(path))
    assert response.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "path",
    [
        "/.env",
        "/.git/config",
        "/fidelizacion/settings.py",
        "/media/",
        "/attachments/",
        "/demo/mensajes/",
        "/demo/mensajes.json",
    ],
)
def test_files_of_the_project_and_the_demo_mailbox_are_not_served(client: Client, path: str) -> None:
    """R6.16: neither files of the project nor, outside the demo, its mailbox."""
    assert client.get(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
def test_a_forged_host_is_refused(client: Client) -> None:
    """R6.02."""
    assert (
        client.get("/fidelizacion/", headers={"Host": "evil.example"}).status_code == HTTPStatus.BAD_REQUEST
    )
