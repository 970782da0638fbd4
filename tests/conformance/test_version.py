"""The version: pyproject.toml has it, CHANGELOG.md describes it, and the product shows it."""

import json
import re
import tomllib
from datetime import date
from io import StringIO
from ipaddress import ip_network

import pytest
from django.conf import settings as product
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from tests.conformance.project import BASE
from tests.desk.desk import signed_in, supervisor, text_of

VERSION: str = tomllib.loads((BASE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
RELEASE = re.compile(r"(\d+\.\d+\.\d+) — (\d{4}-\d{2}-\d{2})")


def headings(name: str) -> list[str]:
    return re.findall(r"^## (.+)$", (BASE / name).read_text(encoding="utf-8"), re.MULTILINE)


def test_the_newest_release_of_the_changelog_is_the_version() -> None:
    first, *rest = headings("CHANGELOG.md")
    releases = [RELEASE.fullmatch(title) for title in (rest if first == "Unreleased" else [first, *rest])]
    assert all(releases), "a heading is `1.2.3 — 2026-11-28`, and only the first may be `Unreleased`"
    versions = [tuple(map(int, release[1].split("."))) for release in releases if release]
    days = [date.fromisoformat(release[2]) for release in releases if release]
    assert (versions, days) == (sorted(versions, reverse=True), sorted(days, reverse=True))
    assert versions[0] == tuple(map(int, VERSION.split(".")))


def test_operators_read_in_spanish_what_each_release_asks_of_them() -> None:
    changes = (BASE / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1:]
    asking = [part.split(" ", 1)[0] for part in changes if "### To do when updating" in part]
    released = [version for version in asking if version[0].isdigit()]
    assert [version for version in released if version not in headings("docs/actualizar.md")] == []


@pytest.mark.django_db
def test_the_product_shows_its_version_to_staff_and_monitors(settings: Settings) -> None:
    assert product.VERSION == VERSION
    for arguments in ([], ["--json"]):
        out = StringIO()
        with pytest.raises(SystemExit):  # no process has given a sign of life
            call_command("check_ops", *arguments, stdout=out)
        shown = json.loads(out.getvalue())["version"] if arguments else out.getvalue().splitlines()[0]
        assert shown == (VERSION if arguments else f"Gestor de Fidelización {VERSION}")
    assert f"versión {VERSION}" in text_of(signed_in(supervisor()).get("/admin/operations/heartbeat/"))
    settings.METRICS_NETWORKS = [ip_network("10.9.0.0/24")]
    text = Client(REMOTE_ADDR="10.9.0.7").get("/metrics").content.decode()
    assert f'fidelizacion_build_info{{version="{VERSION}"}} 1.0' in text
