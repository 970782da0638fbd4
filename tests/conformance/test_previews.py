"""Every kind of message has a preview. These tests have no database, since a preview needs none."""

import re

import pytest
from bs4 import BeautifulSoup

from notifications import message_types
from notifications.email.rendering import LOGO_URL
from notifications.models import Message
from tests.conformance.project import BASE

MAILS = sorted(
    path.name.removesuffix(".subject.txt") for path in (BASE / "templates/mail").glob("*.subject.txt")
)
TYPES = {each.name: each for each in message_types.message_types()}
TRACKING = re.compile(r"https?://(?!127\.0\.0\.1:8000/)", re.IGNORECASE)


def test_every_mail_has_its_three_templates() -> None:
    folder = BASE / "templates/mail"
    assert len(MAILS) >= 5
    assert [
        name
        for name in MAILS
        if not ((folder / f"{name}.html").is_file() and (folder / f"{name}.txt").is_file())
    ] == []


def test_every_mail_has_a_preview() -> None:
    assert set(MAILS) == {name for name, entry in TYPES.items() if entry.channel == Message.Channel.EMAIL}


def test_a_name_is_taken_once() -> None:
    entry = next(iter(TYPES.values()))
    with pytest.raises(Exception, match=entry.name):
        message_types.register_mail(entry.name, entry.title, dict)


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_whole_in_both_parts(name: str) -> None:
    """L3: Spanish, light and dark, a preheader, one heading, and a separate text part."""
    parts = TYPES[name].preview()
    assert parts.subject
    assert len(parts.subject) <= 200
    document = BeautifulSoup(parts.html, "html.parser")
    assert document.html is not None
    assert document.html["lang"] == "es"
    assert document.select_one('meta[name="color-scheme"][content="light dark"]')
    assert "prefers-color-scheme: dark" in parts.html
    assert len(document.select("h1")) == 1
    preheader = document.select_one("body > div")
    assert preheader is not None
    assert len(preheader.get_text(strip=True)) > 10
    for text in (parts.subject, parts.text, parts.html):
        assert "{{" not in text
        assert "{%" not in text
    assert "<" not in parts.text
    assert parts.text.count("\n\n") >= 1


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_loads_nothing_and_leads_to_the_portal_only(name: str) -> None:
    """R4.28: no tracking, no remote content, no scripts."""
    html = TYPES[name].preview().html
    document = BeautifulSoup(html, "html.parser")
    assert not document.find_all(["link", "script", "iframe", "object", "form", "svg", "video"])
    assert [str(image["src"]) for image in document.find_all("img")] == [LOGO_URL]  # attached to the mail
    assert "url(" not in html
    assert "@import" not in html
    links = [str(link["href"]) for link in document.find_all("a")]
    assert all(link.startswith(("http://127.0.0.1:8000/", "mailto:", "tel:")) for link in links)
    assert not TRACKING.search(html)


@pytest.mark.parametrize("name", sorted(set(TYPES) - set(MAILS)))
def test_an_sms_is_one_plain_text(name: str) -> None:
    parts = TYPES[name].preview()
    assert parts.text
    assert not parts.html
