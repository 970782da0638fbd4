"""The desk shows names, not keys or codes, and one format of date and time (L2)."""

import re

import pytest
from django.contrib.auth.models import User

from operations import operations_mail
from otp.models import PhoneLockout
from otp.pin import challenges
from tests import cast
from tests.desk.desk import page_of, signed_in, soup, step_of, supervisor, text_of
from tests.desk.test_ticket_page import make_message

pytestmark = pytest.mark.django_db

MESSAGES = "/admin/notifications/message/"
OPERATIONS = "/admin/operations/heartbeat/"
SHORT = re.compile(r"\d{1,2} \w{3} \d{4}, \d\d:\d\d")


def test_a_message_names_its_subject_and_never_by_its_key() -> None:
    ticket = cast.make_ticket()
    message = make_message(ticket)
    shown = text_of(signed_in(supervisor()).get(f"{MESSAGES}{message.pk}/change/"))
    assert f"Mensaje n.º {message.pk}" in shown
    assert f"Ticket n.º {ticket.number}" in shown
    assert message.subject_ref not in shown.lower()


def test_messages_without_a_customer_are_shown_as_of_operations() -> None:
    make_message(cast.make_ticket(), subject_ref=operations_mail.REFERENCE, state="dead")
    table = soup(signed_in(supervisor()).get(OPERATIONS)).select_one("[aria-labelledby=detenidos] table")
    assert table is not None
    assert "Operación" in table.get_text()
    assert operations_mail.REFERENCE not in table.get_text()


def test_a_ticket_has_the_same_name_in_its_path_as_in_its_heading() -> None:
    ticket = cast.make_ticket()
    page = signed_in(supervisor()).get(page_of(ticket.number))
    assert f"#{ticket.number}" not in text_of(page)


def test_the_list_of_numbers_that_wait_has_one_name() -> None:
    assert "guarda" not in f"{PhoneLockout._meta.verbose_name} {PhoneLockout._meta.verbose_name_plural}"
    assert PhoneLockout._meta.verbose_name_plural == "números en espera"


def test_every_list_formats_times_alike() -> None:
    challenges.start(cast.ANA_PHONE, "a" * 64, "198.51.100.7")
    shown = soup(signed_in(supervisor()).get("/admin/otp/auditevent/")).select_one("#result_list tbody tr")
    assert shown is not None
    assert SHORT.search(shown.get_text())
    assert "a las" not in shown.get_text()


def test_after_the_button_that_notifies_the_customer_the_box_is_ticked() -> None:
    """The button is *Tomar y avisar al cliente…*."""
    ticket = cast.make_ticket()
    box = soup(signed_in(supervisor()).get(step_of(ticket.number, "in_progress"))).select_one(
        "input[name=tell]"
    )
    assert box is not None
    assert box.has_attr("checked")


def test_the_not_found_page_leads_staff_back_to_the_desk() -> None:
    desk = signed_in(User.objects.create_superuser("root"))
    page = desk.get("/admin/tickets/ticket/9999999/change/")
    assert page.status_code == 404
    button = soup(page).select_one(".button")
    assert button is not None
    assert button["href"] == "/admin/"
    assert "ingrese con su número" not in text_of(page)
