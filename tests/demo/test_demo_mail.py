"""The demo shows each mail as a mail client would, under a policy that runs no script."""

import pytest
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from pytest_django import Settings

from demo.models import DemoMessage

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
urlpatterns = [path("demo/", include("demo.urls")), path("", include("fidelizacion.urls"))]


def sent(channel: str) -> DemoMessage:
    return DemoMessage.objects.create(
        channel=channel, to="a@b.example", text="Hola", html="<p>Hola", at=timezone.now()
    )


def test_a_mail_is_shown_with_its_styles_and_without_scripts(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    mail = sent("email")
    address = f"/demo/mensajes/{mail.pk}/"
    assert f'href="{address}"' in client.get("/demo/mensajes/").content.decode()
    answer = client.get(address)
    assert answer.content == b"<p>Hola"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_an_sms_has_no_such_page(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    assert client.get(f"/demo/mensajes/{sent('sms').pk}/").status_code == 404


def test_a_mail_is_not_shown_outside_the_demo(client: Client, settings: Settings) -> None:
    settings.DEMO = False
    assert client.get(f"/demo/mensajes/{sent('email').pk}/").status_code == 404
