"""The start of ticket numbers, which only rise (A14, R4.22)."""

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from tests.cast import make_ticket
from tickets.models import Ticket
from tickets.numbering import start_numbers


def test_a14_the_first_ticket_gets_seven_digits(db: None) -> None:
    assert make_ticket().number >= 1_000_001
    assert len(str(make_ticket().number)) == 7


def test_a14_the_sequence_is_raised_to_the_number_set(db: None, settings: Settings) -> None:
    last = make_ticket().number
    settings.TICKET_NUMBER_START = last + 500
    start_numbers(using="default")
    assert [make_ticket().number, make_ticket().number] == [last + 500, last + 501]


def test_a14_the_sequence_is_never_lowered(db: None, settings: Settings) -> None:
    last = make_ticket().number
    settings.TICKET_NUMBER_START = last - 100
    start_numbers(using="default")
    assert make_ticket().number == last + 1


def test_a14_raising_twice_changes_nothing(db: None, settings: Settings) -> None:
    settings.TICKET_NUMBER_START = make_ticket().number + 10
    start_numbers(using="default")
    start_numbers(using="default")
    assert make_ticket().number == settings.TICKET_NUMBER_START


@pytest.mark.django_db(transaction=True)
def test_a14_after_a_flush_numbers_still_start_where_they_should(settings: Settings) -> None:
    call_command("flush", interactive=False, verbosity=0)
    assert make_ticket().number == settings.TICKET_NUMBER_START


@pytest.mark.django_db(transaction=True)
def test_a14_an_empty_database_starts_at_the_number_set(settings: Settings) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [Ticket._meta.db_table])
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(pg_get_serial_sequence('tickets_ticket', 'number'), 1, false)")
    start_numbers(using="default")
    assert make_ticket().number == settings.TICKET_NUMBER_START
