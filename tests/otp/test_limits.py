"""Limits have sliding windows, are used all together or not at all, and are shared by all
processes (R1.17, R1.18).
"""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from otp.limits.limits import (
    Limit,
    LimitReached,
    allows,
    consume,
    consume_times,
    consumed,
    limit,
    remaining,
)
from otp.limits.rates import Rate, parse_rates
from otp.models import LimitUse
from tests.otp.concurrency import at_once

pytestmark = pytest.mark.django_db


def allowed(*limits: Limit) -> bool:
    try:
        consume(*limits)
    except LimitReached:
        return False
    return True


def test_a_window_slides() -> None:
    two_an_hour = limit("phone", "x", parse_rates("2/h"))
    begin = timezone.now()
    with time_machine.travel(begin, tick=False) as clock:
        assert allowed(two_an_hour)
        clock.shift(timedelta(minutes=50))
        assert allowed(two_an_hour)
        assert not allowed(two_an_hour)
        clock.shift(timedelta(minutes=10))
        assert allowed(two_an_hour)
        assert not allowed(two_an_hour)
        clock.shift(timedelta(minutes=50))
        assert allowed(two_an_hour)


def test_every_rate_of_a_limit_holds() -> None:
    limits = limit("phone", "x", parse_rates("1/m,3/h"))
    passed = 0
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(10):
            passed += allowed(limits)
            assert not allowed(limits)
            clock.shift(timedelta(minutes=1))
    assert passed == 3


def test_when_one_limit_is_used_up_the_others_are_not_consumed() -> None:
    """A stranger whose address is past its limit uses up nothing of a customer's number."""
    phone, address = limit("phone", "x", [Rate(5, 60)]), limit("address", "y", [Rate(1, 60)])
    assert allowed(phone, address)
    assert not allowed(phone, address)
    assert LimitUse.objects.filter(key=phone.key).count() == 1


def test_an_error_in_the_block_undoes_the_uses() -> None:
    phone, address = limit("phone", "x", [Rate(5, 60)]), limit("address", "y", [Rate(5, 60)])
    consume(address)

    def use_and_fail() -> None:
        with consumed(phone, address) as numbers:
            assert numbers == {phone.key: 1, address.key: 2}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        use_and_fail()
    assert list(LimitUse.objects.values_list("key", "number")) == [(address.key, 1)]


def test_several_uses_are_consumed_together_or_not_at_all() -> None:
    five_a_day = limit("upload", "x", parse_rates("5/d,20/2d"))
    consume_times(five_a_day, 3)
    assert remaining(five_a_day) == 2
    with pytest.raises(LimitReached):
        consume_times(five_a_day, 3)
    assert remaining(five_a_day) == 2
    consume_times(five_a_day, 2)
    assert (remaining(five_a_day), allowed(five_a_day)) == (0, False)


def test_more_uses_at_once_than_the_limit_allows_are_refused() -> None:
    two = limit("upload", "x", parse_rates("2/m"))
    assert not allows(two, 3)
    with pytest.raises(LimitReached):
        consume_times(two, 3)


def test_what_fits_now_is_what_can_be_taken() -> None:
    """At each count, `allows` (R3.20: called before a file is opened) and `consume` agree."""
    three = limit("upload", "x", parse_rates("3/d,2/m"))
    assert (allows(three, 2), allows(three, 3)) == (True, False)
    consume_times(three, 1)
    assert (allows(three, 1), allows(three, 2)) == (True, False)
    with pytest.raises(LimitReached):
        consume_times(three, 2)


@pytest.mark.django_db(transaction=True)
def test_one_use_in_a_transaction_takes_no_savepoint() -> None:
    """The insert of one number succeeds or does nothing; the caller's transaction undoes it."""
    five = limit("upload", "x", [Rate(5, 60)])
    with CaptureQueriesContext(connection) as captured, suppress(RuntimeError), transaction.atomic():
        consume_times(five, 1)
        raise RuntimeError
    assert [query["sql"][:9] for query in captured if "SAVEPOINT" in query["sql"]] == []
    assert remaining(five) == 5


def test_the_key_shows_no_number() -> None:
    assert "593991234567" not in limit("phone", "+593991234567", []).key


@pytest.mark.django_db(transaction=True)
def test_simultaneous_requests_get_no_more_than_the_limit() -> None:
    """R1.17 by a constraint: 12 threads, 5 uses."""
    five = limit("all", "", [Rate(5, 60)])
    assert sum(at_once(12, lambda _: allowed(five))) == 5
    assert sorted(LimitUse.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
