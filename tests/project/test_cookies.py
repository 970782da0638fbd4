"""The portal's cookies: HttpOnly, SameSite, and over https Secure and bound to the host (R6.07)."""

import os
import runpy

import pytest
from django.test import Client

from tests.cast import ANA_PHONE, NOBODY_PHONE, ana, carla
from tests.check import PRODUCTION
from tests.otp.pin_client import verify
from tests.project.test_checks import SETTINGS

COOKIES = {"sessionid", "csrftoken"}


@pytest.mark.django_db
def test_no_script_and_no_other_site_can_read_a_cookie(client: Client) -> None:
    client.get("/fidelizacion/")
    client.post("/fidelizacion/", {"phone": NOBODY_PHONE})
    given = {name: (cookie["httponly"], cookie["samesite"]) for name, cookie in client.cookies.items()}
    assert given == dict.fromkeys(COOKIES, (True, "Lax"))


@pytest.mark.django_db
def test_signing_out_of_the_desk_deletes_the_cookie(client: Client) -> None:
    client.force_login(carla())
    response = client.post("/admin/logout/")
    assert response.cookies["sessionid"]["max-age"] == 0


@pytest.mark.django_db
def test_the_known_browser_cookie_is_httponly_and_samesite_too(client: Client) -> None:
    ana()
    verify(client, ANA_PHONE)
    cookie = client.cookies["portalbrowser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True,
        "Lax",
        "/",
        "",
    )


@pytest.mark.parametrize("kind", ["SESSION", "CSRF"])
def test_over_https_a_cookie_is_secure_and_of_this_host_only(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(os, "environ", PRODUCTION)
    production = runpy.run_path(str(SETTINGS))
    assert production[f"{kind}_COOKIE_SECURE"] is True
    assert str(production[f"{kind}_COOKIE_NAME"]).startswith("__Host-")
    assert str(production["PORTAL_BROWSER_COOKIE_NAME"]).startswith("__Host-")
