"""Metrics of the codes: the day's limit, SMS sent, conversion, unsent codes (R1.17, R1.26)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from notifications.models import Message
from notifications.sending import delivery
from operations import alarms
from operations.metrics import Level, Metric
from operations.models import Alarm
from operations.sources import code_metrics as metrics
from otp.limits.limits import LimitReached, consume, limit
from otp.limits.rates import parse_rates
from otp.models import Challenge
from otp.pin import codes
from tests.notifications.helpers import queue_sms

pytestmark = pytest.mark.django_db

Outcome = Challenge.Outcome


def metric(name: str) -> Metric:
    return next(each for each in metrics.metrics() if each.name == name)


def challenge(
    *,
    used: bool = False,
    sms: int = 1,
    hours: float = 1,
    outcome: Outcome = Outcome.HANDLED,
    live: bool = False,
) -> Challenge:
    at = timezone.now() - timedelta(hours=hours)
    return Challenge.objects.create(
        phone="+593991234567",
        session_ref="s",
        nonce=codes.new_nonce(),
        created_at=at,
        expires_at=timezone.now() + timedelta(minutes=5) if live else at + timedelta(minutes=5),
        used_at=at if used else None,
        maybe_sent=sms,
        outcome=outcome,
    )


def send(times: int, rates: str, kind: str = "all") -> None:
    for _ in range(times):
        consume(limit(kind, "", parse_rates(rates)))


@pytest.mark.parametrize(
    ("uses", "level", "held"),
    [
        (7, Level.FINE, ()),
        (8, Level.WARNING, ("sms-day-80",)),
        (10, Level.CRITICAL, ("sms-day-80", "sms-day-100")),
    ],
)
def test_the_days_limit_warns_at_80_percent_and_is_critical_at_100(
    settings: Settings, uses: int, level: Level, held: tuple[str, ...]
) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates("10/d")
    send(uses, "10/d")
    found = metric("sms_day_budget_used_ratio")
    assert (found.value, found.level, found.alarms) == (uses / 10, level, held)
    assert found.display.startswith(f"{uses} de 10")


def test_of_several_limits_the_fullest_is_shown(settings: Settings) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates("5/h,100/d")
    send(4, "5/h,100/d")
    assert metric("sms_day_budget_used_ratio").display == "4 de 5 (80 %)"


def test_without_a_limit_of_the_day_nothing_is_used(settings: Settings) -> None:
    settings.OTP_SENDS_PER_DAY = ()
    assert metric("sms_day_budget_used_ratio").value == 0


def test_the_codes_of_links_are_watched_like_the_others(settings: Settings) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates("5/d")
    send(1, "5/d")
    send(5, "5/d", "all.invited")
    found = metric("sms_day_budget_used_ratio")
    assert (found.display, found.alarms) == ("5 de 5 (100 %)", ("sms-day-80", "sms-day-100"))


def test_the_limit_stops_where_the_metric_says_and_a_watcher_raises_the_alarm(settings: Settings) -> None:
    """Neither the visitor's request nor the sending of a code raises the alarm."""
    settings.OTP_SENDS_PER_DAY = parse_rates("5/d")
    send(5, "5/d")
    with pytest.raises(LimitReached):
        send(1, "5/d")
    assert not Message.objects.exists()
    alarms.watch(judge_silence=False)
    kinds = set(Alarm.objects.values_list("kind", flat=True))
    assert {"sms-day-80", "sms-day-100"} <= kinds


def test_a_code_withheld_by_the_day_limit_is_an_alarm_although_a_use_is_free_again(
    settings: Settings,
) -> None:
    settings.OTP_SENDS_PER_DAY = parse_rates("10/d")
    challenge(sms=0, outcome=Outcome.LIMIT, hours=0.1)
    assert metric("sms_day_budget_used_ratio").alarms == ("sms-day-80", "sms-day-100")
    Challenge.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert metric("sms_day_budget_used_ratio").alarms == ()


def test_every_sms_that_left_is_counted_and_no_code_that_did_not() -> None:
    challenge(sms=2)
    challenge(sms=0)
    challenge(hours=25)
    delivery.deliver(queue_sms().pk)
    assert metric("sms_sent_24h").display == "3 (2 de códigos, 1 de otros mensajes)"


def test_conversion_counts_only_sent_codes_that_were_used_or_have_expired() -> None:
    challenge(used=True)
    challenge()
    challenge(sms=0)  # a number of no administrator
    challenge(live=True, hours=0)  # may still be typed
    assert (metric("conversion_24h_ratio").value, metric("conversion_24h_ratio").display) == (
        0.5,
        "50 % (1 de 2)",
    )


@pytest.mark.parametrize(("used", "low"), [(14, True), (15, False)])
def test_r1_26_below_30_percent_of_the_last_50_is_an_alarm(used: int, low: bool) -> None:
    for _ in range(20):
        challenge(used=True, hours=10)  # before the last 50
    for number in range(50):
        challenge(used=number < used)
    found = metric("conversion_last_50_ratio")
    assert (found.value, found.alarms) == (used / 50, ("conversion-low",) if low else ())


def test_r1_26_fewer_than_50_codes_raise_no_alarm() -> None:
    for _ in range(49):
        challenge()
    assert metric("conversion_last_50_ratio").level == Level.FINE


def test_many_unsent_codes_are_an_alarm_and_one_bad_number_is_not() -> None:
    for _ in range(2):
        challenge(sms=0, outcome=Outcome.FAILED, hours=0.1)
    assert metric("codes_unsent_30m").alarms == ()
    challenge(sms=0, outcome=Outcome.EXPIRED, hours=0.1)
    assert metric("codes_unsent_30m").alarms == ("codes-failing",)
    for _ in range(3):
        challenge(hours=0.1)
    assert metric("codes_unsent_30m").alarms == ()


def test_the_metrics_take_as_many_queries_for_many_rows_as_for_none() -> None:
    with CaptureQueriesContext(connection) as none:
        list(metrics.metrics())
    for _ in range(60):
        challenge()
    with CaptureQueriesContext(connection) as many:
        list(metrics.metrics())
    assert len(many) == len(none) <= 11
