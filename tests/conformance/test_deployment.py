"""docker-compose.yml and Dockerfile run existing commands, with variables that are read."""

import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.conformance.project import APPS, BASE
from tests.conformance.test_environment import read_by_settings

COMPOSE: dict[str, Any] = yaml.safe_load((BASE / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "desk", "worker", "codes", "beat", "sweep")
# Read by gunicorn.conf.py
WEB_SERVER = {"WEB_BIND", "WEB_CONCURRENCY", "WEB_THREADS"}


def test_every_process_of_the_product_has_a_service() -> None:
    assert set(SERVICES) == {*OURS, "database", "broker", "antivirus"}


def test_the_antivirus_starts_only_with_its_profile_and_publishes_no_port() -> None:
    assert SERVICES["antivirus"]["profiles"] == ["antivirus"]
    assert "ports" not in SERVICES["antivirus"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_gets_only_variables_that_are_read(name: str) -> None:
    given = {variable.removesuffix("_FILE") for variable in SERVICES[name]["environment"]}
    assert given <= read_by_settings() | WEB_SERVER
    assert SERVICES[name]["env_file"] == ".env", "any other variable can be set there"


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    command = SERVICES[name]["command"]
    if command[:2] == ["python", "manage.py"]:
        assert command[2] in get_commands()
    else:
        assert command[0] in {"gunicorn", "celery"}


@pytest.mark.parametrize("name", [*OURS, "database", "broker"])
def test_every_secret_of_a_service_is_declared_and_is_a_file(name: str) -> None:
    used = SERVICES[name]["secrets"]
    assert {COMPOSE["secrets"][secret]["file"] for secret in used} == {
        f"./secrets/{secret}" for secret in used
    }
    # The broker's secret is read in its command and in its health check
    assert set(re.findall(r"/run/secrets/(\w+)", yaml.safe_dump(SERVICES[name], width=1000))) == set(used)


def test_the_broker_loses_nothing_and_evicts_nothing() -> None:
    """R4.14."""
    command = " ".join(SERVICES["broker"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "ports" not in SERVICES["broker"]
    assert "ports" not in SERVICES["database"]


def test_the_desk_is_the_web_again_at_another_port_with_fewer_threads() -> None:
    """S2: docs/nginx.md and deploy/nginx.conf send `/admin/` there."""
    web, desk = SERVICES["web"], SERVICES["desk"]
    assert {key for key in web if web[key] != desk[key]} == {"ports", "environment"}
    assert (web["ports"], desk["ports"]) == (["127.0.0.1:8000:8000"], ["127.0.0.1:8001:8000"])
    upstreams = re.findall(
        r"server (127\.0\.0\.1:\d+)", (BASE / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    )
    assert upstreams == ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8000"]
    assert int(desk["environment"]["WEB_CONCURRENCY"]) * int(desk["environment"]["WEB_THREADS"]) < 8


def test_the_proxy_that_the_containers_see_is_the_networks_gateway() -> None:
    [network] = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert (
        SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == f"${{TRUSTED_PROXIES:-{network['gateway']}/32}}"
    )


def test_the_image_holds_every_folder_of_the_product_and_does_not_run_as_root() -> None:
    image = (BASE / "Dockerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\w+) \1$", image, re.MULTILINE))
    assert copied == {"fidelizacion", *APPS, "templates", "static", "locale"}
    assert all((BASE / folder).is_dir() for folder in copied)
    assert image.index("USER fidelizacion") < image.index("CMD")


def test_the_build_context_holds_every_file_that_the_image_copies() -> None:
    image = (BASE / "Dockerfile").read_text(encoding="utf-8")
    copied = {name for line in re.findall(r"^COPY (.+) \S+$", image, re.MULTILINE) for name in line.split()}
    context = set((BASE / ".dockerignore").read_text(encoding="utf-8").splitlines())
    assert {f"!{name}" for name in copied} <= context
