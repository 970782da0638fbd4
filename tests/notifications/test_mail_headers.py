"""Mails have the bytes that the standard library would write, but are built with less work."""

from email.policy import compat32
from typing import Any
from unittest import mock

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import MIMEMixin
from hypothesis import given
from hypothesis import strategies as st

from notifications.email import email_message
from tests.notifications.helpers import queue_email

LONG = "¿Cuándo? " * 12


@given(
    name=st.sampled_from(["To", "Subject", "X-Auto-Response-Suppress"]),
    value=st.text(st.sampled_from('aé,; <>@=?"\\\t\n_ñ'), max_size=90),
)
def test_a_header_is_written_as_by_the_standard_library(name: str, value: str) -> None:
    assert email_message.HEADERS.fold_binary(name, value) == compat32.fold_binary(name, value)


@pytest.mark.django_db
@pytest.mark.parametrize("subject", ["Ticket 3608314", "Recibió «ñandú»", LONG, "palabras " * 12])
def test_a_mail_is_written_as_by_the_standard_library(subject: str) -> None:
    mail = email_message.build(queue_email(subject=subject))
    with (
        mock.patch("django.core.mail.message.formatdate", return_value="Sat, 28 Nov 2026 11:00:00 -0000"),
        mock.patch("secrets.token_hex", return_value="a" * 24),
    ):
        ours, theirs = mail.message(), mail.message()
    theirs.policy = compat32
    assert ours.as_bytes(linesep="\r\n") == written_by_django(theirs)


LINES = ["", "Hola", "From aquí", ".", "a\u2028b\x0bc", "ñ" * 499, "ñ" * 500, "x" * 999, " fin "]


@given(
    text=st.lists(st.sampled_from(LINES), max_size=5),
    html=st.lists(st.sampled_from(LINES), max_size=5),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_its_texts_are_written_as_by_django(text: list[str], html: list[str], line_end: str) -> None:
    """Also with lines so long that they must be encoded."""
    mail = email_message.Mail("Ticket", line_end.join(text), "a@b.example", ["c@d.example"])
    mail.attach_alternative(line_end.join(html), "text/html")
    with mock.patch("django.core.mail.message.formatdate", return_value="Sat, 28 Nov 2026 11:00:00 -0000"):
        ours = mail.message()
        mail.encoding = None
        theirs = EmailMultiAlternatives.message(mail)
    del ours["Message-ID"], theirs["Message-ID"]
    theirs.set_boundary(ours.get_boundary())
    for part, other in zip(ours.walk(), theirs.walk(), strict=True):
        if part.is_multipart():
            other.set_boundary(part.get_boundary())
    assert ours.as_bytes(linesep="\r\n") == written_by_django(theirs)


def written_by_django(built: Any) -> bytes:
    return bytes(MIMEMixin.as_bytes(built, linesep="\r\n"))


@pytest.mark.django_db
def test_the_boundary_between_the_parts_is_random() -> None:
    """Otherwise a text typed by a customer could begin a part."""
    mail = email_message.build(queue_email())
    boundaries = {mail.message().get_boundary() for _time in range(3)}
    assert len(boundaries) == 3
    assert min(map(len, boundaries)) >= 24, "96 bits"
