"""The time zone is named only in `TIME_ZONE` and in the label derived from it (P5)."""

import re
from typing import Any

import pytest

from notifications import local_time
from tests.conformance.project import BASE, PRODUCT

NAMED_HERE = {"notifications/local_time.py", "fidelizacion/settings.py", "fidelizacion/env.py"}
# A label, zone name or offset written out would not follow the setting
FIXED = re.compile(r"hora de Ecuador|\(de Ecuador\)|GUAYAQUIL|America/Guayaquil|hours=-5")
SOURCES = sorted(
    path
    for folder in [*PRODUCT, "templates", "locale", "static"]
    for path in (BASE / folder).rglob("*")
    if path.suffix in {".py", ".html", ".txt", ".po", ".js"} and "migrations" not in path.parts
)


def test_no_other_file_names_the_zone() -> None:
    named = {
        str(path.relative_to(BASE)) for path in SOURCES if FIXED.search(path.read_text(encoding="utf-8"))
    }
    assert len(SOURCES) > 200
    assert named - NAMED_HERE == set()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/Guayaquil", "hora de Ecuador"),
        ("UTC", "hora UTC"),
        ("America/Bogota", "hora de America/Bogota"),
        ("Pacific/Galapagos", "hora de Galápagos"),
    ],
)
def test_the_label_is_true_of_the_zone(settings: Any, zone: str, shown: str) -> None:
    settings.TIME_ZONE = zone
    assert local_time.zone() == shown
