"""The text of the SMS, read as a browser and as a phone would (R1.21)."""

import re
from dataclasses import replace

import pytest
from pytest_django import Settings

from otp import sms

# The last line has the host after "@" and the code after "#":
# https://wicg.github.io/sms-one-time-codes/#format
LAST_LINE = re.compile(r"@(?P<host>[a-z0-9.-]+) #(?P<code>[0-9A-Za-z]+)")


def brand(settings: Settings, name: str) -> None:
    settings.BRAND = replace(settings.BRAND, name=name)


@pytest.mark.parametrize(
    "name",
    [
        "Operadora Andina",
        "Compañía Telefónica Áéíóú «Ñandú»",
        "Telco 2000 123456",
        "X" * 300,
        "電話",
        "@evil #999999",
        "",
    ],
)
def test_it_fits_one_sms_and_browsers_and_people_find_the_code(settings: Settings, name: str) -> None:
    brand(settings, name)
    text = sms.text("012345")
    assert set(text) <= sms.GSM7
    assert len(text) <= 160
    last = LAST_LINE.fullmatch(text.split("\n")[-1])
    assert last is not None
    assert (last["host"], last["code"]) == (settings.PORTAL_HOST, "012345")
    first_digits = re.search(r"\d{4,8}", text)
    assert first_digits is not None
    assert first_digits[0] == "012345"


def test_it_names_service_and_action_and_says_not_to_share_it() -> None:
    text = sms.text("012345")
    assert text.startswith("Operadora Andina: ")
    assert "baja de servicios" in text
    assert "No lo comparta" in text


def test_accents_are_dropped_and_what_gsm_has_is_kept() -> None:
    assert sms.fold("Telefonía Ñandú é ü €") == "Telefonia Ñandu é ü "


def test_eight_digits_and_a_long_host_fit_too(settings: Settings) -> None:
    settings.PORTAL_HOST = "autoservicio.empresas.operadora-andina.example"
    assert len(sms.text("01234567")) <= 160
