"""Rates and counts in settings are parsed or refused."""

import pytest

from otp.limits.rates import Rate, parse_count, parse_rates


def test_a_limit_is_a_list_of_rates() -> None:
    assert parse_rates("3/10m, 5/h,10/d") == (Rate(3, 600), Rate(5, 3600), Rate(10, 86_400))


@pytest.mark.parametrize("raw", ["3", "3/", "/h", "3/w", "0/h", "3/0m", "-1/h", "3/h 5/d", "٣/h/"])
def test_an_invalid_rate_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="«"):
        parse_rates(raw)


@pytest.mark.parametrize("raw", ["10", "10/d"])
def test_a_count_may_be_written_as_a_rate(raw: str) -> None:
    assert parse_count(raw) == 10


@pytest.mark.parametrize("raw", ["0", "101", "500/d", "many", "-3", "٣"])
def test_a_count_out_of_bounds_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_count(raw)
