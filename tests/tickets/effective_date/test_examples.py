"""docs/fechas.md: its worked examples and its holidays are those that the engine computes."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import pytest
import yaml

from tests.conformance.project import BASE
from tickets.effective_date import Calendar, Rule, RuleKind, effective_date, holidays_in

PAGE = (BASE / "docs" / "fechas.md").read_text(encoding="utf-8")
EXAMPLES = PAGE.partition("\n## Ejemplos\n")[2]
WEEKDAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")


class Example(NamedTuple):
    rule: Rule
    notice: date
    cut_day: int | None
    expected: date


def day_of(cell: str) -> date:
    """Read "lun 2026-11-30"; the weekday has to be right."""
    weekday, iso = cell.split()
    day = date.fromisoformat(iso)
    assert WEEKDAYS[day.weekday()] == weekday, cell
    return day


def rule_of(fields: dict[str, Any]) -> Rule:
    assert set(fields) == {"effective_rule", "notice_days", "working_days", "ceiling_days"}
    kind = RuleKind(fields["effective_rule"])
    return Rule(kind, fields["notice_days"], fields["working_days"], fields["ceiling_days"])


def examples() -> list[Example]:
    return [each for section in EXAMPLES.split("\n### ")[1:] for each in examples_of(section)]


def examples_of(section: str) -> Iterator[Example]:
    found = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert found, section
    rule = rule_of(yaml.safe_load(found[1]))
    for row in re.findall(r"^\| (\w{3} \d.+) \|$", section, re.MULTILINE):
        notice, cut_day, expected, _why = (cell.strip() for cell in row.split("|"))
        yield Example(rule, day_of(notice), int(cut_day) if cut_day else None, day_of(expected))


def test_each_kind_of_rule_with_a_date_has_an_example() -> None:
    found = examples()
    assert len(found) == 19
    assert {each.rule.kind for each in found} == set(RuleKind) - {RuleKind.NONE}


@pytest.mark.parametrize("example", examples(), ids=lambda each: f"{each.rule.kind}-{each.notice}")
def test_a12b_an_example_of_the_page_is_true(example: Example) -> None:
    rule, notice, cut_day, expected = example
    assert effective_date(rule, notice, cut_day, Calendar()).effective_date == expected


def test_f8_the_holidays_of_the_page_are_those_of_the_law() -> None:
    rows = re.findall(r"^\| (\d{4}) \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for year, days in rows:
        written = [day.split() for day in days.split(", ")]
        expected = [date(int(year), MONTHS.index(month) + 1, int(day)) for day, month in written]
        assert [each.day for each in holidays_in(int(year))] == expected


def test_every_rule_and_field_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert set(RuleKind.values) <= explained
