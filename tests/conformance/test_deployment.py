"""The compose file and the image run what exists, with variables that are read."""

import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.conformance.project import BASE, PRODUCT
from tests.conformance.test_environment import read_by_settings

COMPOSE: dict[str, Any] = yaml.safe_load((BASE / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "beat", "sweep")


def test_every_process_of_the_product_has_a_service() -> None:
    assert set(SERVICES) == {*OURS, "database", "broker", "antivirus"}


def test_the_antivirus_starts_only_where_it_is_asked_for_and_is_nobody_elses() -> None:
    assert SERVICES["antivirus"]["profiles"] == ["antivirus"]
    assert "ports" not in SERVICES["antivirus"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_gets_only_variables_that_are_read(name: str) -> None:
    given = {variable.removesuffix("_FILE") for variable in SERVICES[name]["environment"]}
    assert given <= read_by_settings()


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    command = SERVICES[name]["command"]
    if command[:2] == ["python", "manage.py"]:
        assert command[2] in get_commands()
    else:
        assert command[0] in {"gunicorn", "celery"}


@pytest.mark.parametrize("name", [*OURS, "database"])
def test_every_secret_of_a_service_is_declared_and_is_a_file(name: str) -> None:
    used = SERVICES[name]["secrets"]
    assert {COMPOSE["secrets"][secret]["file"] for secret in used} == {f"./secrets/{secret}" for secret in used}
    files = [value for value in SERVICES[name]["environment"].values() if str(value).startswith("/run/secrets/")]
    assert {path.removeprefix("/run/secrets/") for path in files} == set(used)


def test_the_broker_loses_nothing_and_evicts_nothing() -> None:
    """R4.14."""
    command = " ".join(SERVICES["broker"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "ports" not in SERVICES["broker"]
    assert "ports" not in SERVICES["database"]


def test_the_image_holds_every_folder_of_the_product_and_runs_as_nobody() -> None:
    image = (BASE / "Dockerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\w+) \1$", image, re.MULTILINE))
    assert copied == {*PRODUCT, "templates", "static", "locale"}
    assert all((BASE / folder).is_dir() for folder in copied)
    assert image.index("USER fidelizacion") < image.index("CMD")
