"""R8.02: the privacy notice on the entry and the help page has all points of LOPDP, art. 12."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import Settings

from attachments.storage import ORPHAN_AGE
from otp import known_browser, tasks
from tests.otp import pin_client

pytestmark = pytest.mark.django_db

HELP = "/fidelizacion/ayuda/"
PAGES = pytest.mark.parametrize("path", [pin_client.ENTRY, HELP])
# Each point of the notice, and words that it must contain
POINTS = {
    "controller": "Quién responde: Operadora Ejemplo",
    "contact": "datos@operadora.example",
    "data": "la dirección de red",
    "consequence": "Sin ellos no podemos registrar",
    "purposes": "Para qué: Comprobar que usted es el administrador",
    "basis": "artículo 7, números 2 y 5",
    "recipients": "Quién los recibe: El personal que atiende su solicitud",
    "the SMS provider": "Twilio, en Estados Unidos",
    "the mail provider": "Correo Ejemplo, en Irlanda",
    "retention": "36 meses desde que se termina de atender",
    "rights": "Conocer sus datos, corregirlos, actualizarlos, recibirlos en un archivo, oponerse",
    "the term to answer": "Respondemos en 15 días",
    "the authority": "la Superintendencia de Ejemplo",
    "no other use": "No se usan para ofrecerle productos",
}


def notice(client: Client, path: str) -> str:
    """The page's text outside its header and footer, which other pages have too."""
    page = BeautifulSoup(client.get(path).content, "html.parser").select_one("main")
    assert page
    return " ".join(page.get_text(" ").split())


@pytest.fixture
def operator(settings: Settings) -> None:
    settings.BRAND = replace(
        settings.BRAND,
        name="Operadora Ejemplo",
        privacy_email="datos@operadora.example",
        sms_provider="Twilio, en Estados Unidos",
        mail_provider="Correo Ejemplo, en Irlanda",
        retention_months=36,
        data_authority_name="la Superintendencia de Ejemplo",
        data_authority_url="https://autoridad.example/reclamos",
    )


@PAGES
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.usefixtures("operator")
def test_r8_02_the_notice_makes_each_point(client: Client, path: str, point: str) -> None:
    assert POINTS[point] in notice(client, path)


@PAGES
@pytest.mark.usefixtures("operator")
def test_r8_02_its_contact_and_the_authority_are_links(client: Client, path: str) -> None:
    links = {
        tag["href"] for tag in BeautifulSoup(client.get(path).content, "html.parser").select("main a[href]")
    }
    assert {"mailto:datos@operadora.example", "https://autoridad.example/reclamos"} <= links


@PAGES
def test_r8_02_what_the_operator_did_not_set_is_still_said(
    client: Client, path: str, settings: Settings
) -> None:
    settings.BRAND = replace(settings.BRAND, privacy_email="", sms_provider="", mail_provider="")
    text = notice(client, path)
    assert "Formas de contacto" in text
    assert "la empresa que los envía, que puede estar en otro país" in text
    assert "nuestro proveedor de correo, que puede estar en otro país" in text
    assert "24 meses desde que se termina de atender" in text
    assert "la Superintendencia de Protección de Datos Personales" in text


@PAGES
def test_r8_02_its_periods_are_those_of_the_product(client: Client, path: str) -> None:
    (sentence,) = re.findall(r"Cuánto tiempo: .*? sin confirmar, \d+ día\.", notice(client, path))
    days = timedelta(days=1)
    assert [int(figure) for figure in re.findall(r"\d+", sentence)] == [
        tasks.KEEP_CHALLENGES // timedelta(hours=1),
        tasks.KEEP_LOCKOUTS // days,
        tasks.KEEP_INVITATIONS // days,
        tasks.KEEP_AUDIT * 12 // timedelta(days=365),
        ORPHAN_AGE // days,
    ]
    assert f"por {known_browser.AGE // days} días" in notice(client, path)
