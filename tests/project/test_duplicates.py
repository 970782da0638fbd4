"""Expected duplicates are handled with ON CONFLICT, so PostgreSQL's log gets no ERROR lines."""

import pytest
from django.utils import timezone

from notifications.models import Message
from operations import alarms
from operations.models import Alarm
from otp.limits import limits, lockout
from otp.limits.rates import parse_rates
from otp.models import LimitUse, PhoneLockout
from tests.notifications.helpers import queue_email
from tests.otp.concurrency import at_once
from tests.refusals import refused_statements

pytestmark = pytest.mark.django_db


def test_a_use_taken_first_by_another_request_logs_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another request took the number after it read the last one, so it takes the next."""
    asking, day = limits.limit("phone", "x", parse_rates("5/h")), limits.limit("all", "", parse_rates("5/d"))
    limits.consume(day)
    real, stale = limits._last_numbers, [{asking.key: 0, day.key: 0}]
    monkeypatch.setattr(limits, "_last_numbers", lambda keys: stale.pop() if stale else real(keys))
    with refused_statements() as refused:
        limits.consume(asking, day)
    assert refused == []
    uses = LimitUse.objects.order_by("key", "number").values_list("key", "number")
    assert list(uses) == [(day.key, 1), (day.key, 2), (asking.key, 1)]


@pytest.mark.django_db(transaction=True)
def test_simultaneous_uses_log_no_error() -> None:
    day = limits.limit("all", "", parse_rates("50/d"))

    def use(number: int) -> list[str]:
        with refused_statements() as refused:
            limits.consume(limits.limit("phone", str(number), parse_rates("5/h")), day)
        return refused

    assert at_once(12, use) == [[]] * 12
    numbers = LimitUse.objects.filter(key=day.key).order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 13))


def test_a_message_queued_twice_logs_no_error() -> None:
    with refused_statements() as refused:
        assert queue_email(key="ticket:1:client").pk == queue_email(key="ticket:1:client").pk
    assert refused == []
    assert Message.objects.count() == 1


def test_an_alarm_raised_first_by_the_other_watcher_logs_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert alarms.raise_alarm("sms-day-80", "1600 de 2000")
    monkeypatch.setattr(type(Alarm.objects.all()), "exists", lambda *_: False)
    with refused_statements() as refused:
        assert not alarms.raise_alarm("sms-day-80", "1600 de 2000")
    assert refused == []
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_simultaneous_first_attempts_for_a_number_log_no_error() -> None:
    def first(_number: int) -> list[str]:
        with refused_statements() as refused:
            lockout.register_attempt("+593991234567", timezone.now(), exempt=False)
        return refused

    assert at_once(8, first) == [[]] * 8
    assert PhoneLockout.objects.get().failures == 8
