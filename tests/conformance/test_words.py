"""Shared templates name no kind of request: its words are data (A7)."""

import re

from tests.conformance.project import BASE

KINDS = re.compile(
    r"\bbajas?\b|anulaci[oó]n|reclamo[^s ]|suspensi[oó]n|reinstalaci[oó]n|titular\b", re.IGNORECASE
)


def test_no_template_names_a_kind_of_request() -> None:
    templates = [*(BASE / "templates").rglob("*.html"), *(BASE / "templates").rglob("*.txt")]
    assert len(templates) > 100
    found = [
        f"{path.relative_to(BASE)}: {match[0]}"
        for path in templates
        for match in KINDS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
