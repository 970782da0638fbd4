"""Each mail embeds the operator's logo, so that showing it needs no request to a server (L3)."""

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.core import mail as django_mail
from pytest_django import Settings

from brand.operator import brand_problems
from fidelizacion.templatetags.portal import keep_together
from notifications import message_types
from notifications.email import rendering
from notifications.email.rendering import LOGO_URL, inline_logo
from notifications.sending import delivery
from tests.tickets.test_mails import a_ticket
from tickets.emails import emails

PNG = b"\x89PNG\r\n\x1a\n logo"


def image_of(html: str) -> str:
    image = BeautifulSoup(html, "html.parser").find("img")
    return str(image["src"]) if image else ""


MAILS = {each.name: each for each in message_types.message_types() if each.channel == "email"}


@pytest.mark.parametrize("name", MAILS)
def test_every_mail_shows_the_logo_and_so_does_its_preview(name: str) -> None:
    html = MAILS[name].preview().html
    assert image_of(html) == LOGO_URL
    assert image_of(inline_logo(html)).startswith("data:image/png;base64,")


@pytest.mark.parametrize(("colour", "ink"), [("#0b5c6b", "white"), ("#f4d03f", "black")])
def test_the_default_logo_has_the_text_colour_of_the_band(settings: Settings, colour: str, ink: str) -> None:
    logo = replace(settings.BRAND, colour=colour, logo=None).embedded_logo
    assert logo is not None
    assert logo.content == (Path("brand/mail_logos") / f"{ink}.png").read_bytes()
    assert not logo.is_own


@pytest.mark.django_db
def test_a_mail_embeds_the_logo_of_the_operator(settings: Settings, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    settings.BRAND = replace(settings.BRAND, logo=logo)
    delivery.deliver(emails.confirmation(a_ticket(), ()).pk)
    parts = list(django_mail.outbox[0].message().walk())
    assert parts[-1].get_payload(decode=True) == PNG


@pytest.mark.django_db
def test_a_logo_that_mail_programs_do_not_show_is_left_out_and_reported_by_a_check(
    settings: Settings, tmp_path: Path
) -> None:
    logo, other = tmp_path / "logo.svg", tmp_path / "logo.png"
    logo.write_bytes(b"<svg/>")
    settings.BRAND = replace(settings.BRAND, logo=logo)
    message = emails.confirmation(a_ticket(), ())
    assert image_of(message.html) == ""
    delivery.deliver(message.pk)
    assert django_mail.outbox[0].message().get_content_type() == "multipart/alternative"
    assert "OPERATOR_MAIL_LOGO" in " ".join(brand_problems(settings.BRAND))
    other.write_bytes(PNG)
    both = replace(settings.BRAND, mail_logo=other)
    assert both.embedded_logo is not None
    assert "OPERATOR_MAIL_LOGO" not in " ".join(brand_problems(both))


def test_help_can_be_reached_from_every_mail_to_a_customer(settings: Settings) -> None:
    hours = "lunes a viernes, de 8:00 a 18:00"
    settings.BRAND = replace(
        settings.BRAND,
        support_phone="1800 123 456",
        support_hours=hours,
        support_email="ayuda@operadora.example",
    )
    for name in ("ticket_confirmation", "ticket_registered", "ticket_status", "ticket_infected"):
        message_type = message_types.message_type(name)
        assert message_type is not None
        parts: rendering.RenderedEmail = message_type.preview()
        links = {str(link["href"]) for link in BeautifulSoup(parts.html, "html.parser").select("a")}
        assert {"tel:1800123456", "mailto:ayuda@operadora.example"} <= links, name
        assert hours in parts.html
        for contact in ("1800 123 456", hours, "ayuda@operadora.example"):
            assert contact in parts.text, name


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("el 5 de mayo de 2026, 10:00", "el 5_de_mayo_de_2026, 10:00"),
        ("al 099 123 4567 o 02 234 5678", "al 099_123_4567 o 02_234_5678"),
        ("a.pdf (1,8 MB), b (12 bytes)", "a.pdf (1,8_MB), b (12_bytes)"),
        ("ticket n.º 3608314 de 2", "ticket n.º_3608314 de 2"),
    ],
)
def test_a_number_in_a_mail_stays_on_its_line(text: str, kept: str) -> None:
    assert keep_together(text) == kept.replace("_", "\u00a0")
