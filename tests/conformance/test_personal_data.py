"""R8.01: docs/personal-data.md lists every text column, and says whether it is personal data."""

import re
from pathlib import Path

from django.apps import apps
from django.db import models

from tests.conformance.project import BASE

OURS = [config for config in apps.get_app_configs() if Path(config.path).parent == BASE]
ROW = re.compile(r"^\| `([a-z]+\.\w+)` \|([^|]*)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
TEXT = (models.CharField, models.TextField, models.GenericIPAddressField, models.FileField, models.JSONField)


def documented() -> dict[str, tuple[set[str], str, set[str]]]:
    """Map each table to its personal data, their purpose, and its other texts."""
    rows = ROW.findall((BASE / "docs" / "personal-data.md").read_text(encoding="utf-8"))
    assert len({row[0] for row in rows}) == len(rows), "a table is there twice"
    return {
        name: (_names(personal), reason.strip(), _names(others)) for name, personal, reason, others in rows
    }


def _names(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def test_r8_01_every_text_of_every_table_is_documented_and_nothing_else_is() -> None:
    inventory = {
        model._meta.label: {field.name for field in model._meta.fields if isinstance(field, TEXT)}
        for app in OURS
        for model in app.get_models()
    }
    assert {name: personal | others for name, (personal, _, others) in documented().items()} == inventory


def test_r8_01_a_persons_data_has_a_purpose_and_is_in_one_column() -> None:
    for name, (personal, reason, others) in documented().items():
        assert bool(personal) == bool(reason), name
        assert not personal & others, name


def test_r8_01_identity_cards_are_kept_of_requesters_and_of_those_who_receive_a_line() -> None:
    kept = {
        f"{model._meta.label}.{field.name}"
        for app in OURS
        for model in app.get_models()
        for field in model._meta.fields
        if re.search(r"cedula|identity|id_card|tax_id$|birth", field.name)
    }
    companies = {"companies.Company.tax_id", "tickets.Ticket.company_tax_id"}
    assert kept - companies == {"tickets.Ticket.requester_tax_id", "tickets.TicketLine.holder_tax_id"}
