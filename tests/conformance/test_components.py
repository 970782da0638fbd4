"""Markup that several pages share is in `templates/components/`, so that a change reaches all."""

from tests.conformance.project import BASE

TEMPLATES = BASE / "templates"


def test_radio_buttons_and_cards_are_written_in_components_only() -> None:
    pages = [path for path in TEMPLATES.rglob("*.html") if path.parent.name != "components"]
    assert pages
    found = [path.name for path in pages if 'type="radio"' in path.read_text(encoding="utf-8")]
    assert found == []
