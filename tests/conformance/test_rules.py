"""Code, tests and docs cite exactly the rules of docs/rules.md, which has one per line."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from tests.conformance.citations import ID, RULES, everything, ids, named, texts
from tests.conformance.project import BASE

RULE = re.compile(rf"- \*\*({ID})\*\* \S.*[.]")
LONGEST = 125  # characters, so that a rule can be read at a glance
# Documents, and numbered lists, that are not in the repository
FOREIGN = re.compile(
    r"\b(?:brief|contract|design|domain|layout|looks|names|security|style)\.md"
    r"|(?<!docs/)(?<![\[(])\bperformance\.md(?!\")"
    r"|\b(?:decisions?|design|issue|point)s?,? #?\d",
    re.IGNORECASE,
)
HEADING_CITED = re.compile(r"docs/decisions\.md, \"([^\"]+)\"")


def rules() -> Iterator[str]:
    """Yield the lines of docs/rules.md that state a rule."""
    return (line for line in RULES.read_text(encoding="utf-8").splitlines() if line.startswith("- "))


def known() -> list[str]:
    return [found[1] for line in rules() if (found := RULE.fullmatch(line))]


@cache
def cited() -> dict[str, str]:
    """Map each cited id to one file that cites it."""
    return {id_: name for name, text in texts() for id_ in ids(text)}


def test_each_rule_is_one_short_line_with_a_unique_id() -> None:
    wrong = [line for line in rules() if not RULE.fullmatch(line) or len(line) > LONGEST]
    assert wrong == []
    assert {id_: times for id_, times in Counter(known()).items() if times > 1} == {}


def test_nothing_stands_between_the_rules_but_headings() -> None:
    """Grep shows one line, so it would show only half of a rule on two lines."""
    lines = RULES.read_text(encoding="utf-8").partition("\n## ")[2].splitlines()[1:]
    assert [line for line in lines if line and not line.startswith(("- ", "## "))] == []


def test_each_rule_that_is_cited_exists() -> None:
    assert len(cited()) > 150
    assert {id_: name for id_, name in cited().items() if id_ not in known()} == {}


def test_each_rule_is_cited() -> None:
    assert [id_ for id_ in known() if id_ not in cited()] == []


def test_nothing_is_cited_that_a_clone_cannot_follow() -> None:
    found = [
        f"{name}:{number} {match[0]}"
        for name, text in everything()
        if name != "tests/conformance/test_rules.py"
        for number, line in enumerate(text.splitlines(), 1)
        if (match := FOREIGN.search(line))
    ]
    assert found == []


def test_each_decision_that_is_cited_by_its_heading_exists() -> None:
    headings = re.findall(
        r"^## (.+)$", (BASE / "docs" / "decisions.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    found = [(name, title) for name, text in everything() for title in HEADING_CITED.findall(text)]
    assert [(name, title) for name, title in found if title not in headings] == []


def test_citations_are_read_as_a_person_reads_them() -> None:
    text = "(A12b, R3.07-R3.09; design) on S3, `S5`, E001, utf-8, R4.031, 0xA1, F6."
    assert list(ids(text)) == ["A12b", "R3.07", "R3.08", "R3.09", "F6"]
    assert named("test_s2_r5_02_after_five") == ["S2", "R5.02"]
    assert named("test_a12b_cut_of_31") == ["A12b"]
    assert named("test_the_a4_page") == []
