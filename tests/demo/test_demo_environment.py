"""The environment of the demo's processes, and what the demo refuses before it starts any."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from demo import broker
from demo.environment import demo_environment, may_pass
from demo.preflight import port_problem
from demo.prepare import collect_static_files
from demo.processes import Child
from demo.supervisor import CannotStart, Supervisor, checked_port
from tests.conformance.project import BASE
from tests.conformance.test_environment import read_by_settings

# Variables that a shell on a production machine may hold
PRODUCTION = [
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "EMAIL_PROVIDER",
    "EMAIL_PROVIDER_SETTINGS",
    "EMAIL_WEBHOOK_SECRET",
    "DEFAULT_FROM_EMAIL",
    "POSTVENTA_EMAIL",
    "OPERATIONS_EMAIL",
    "SMS_GATEWAY",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_AUTH_TOKEN_PREVIOUS",
    "TWILIO_FROM",
    "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_BASE_URL",
    "STORAGE_URL",
    "ATTACHMENTS_DIR",
    "CLAMD_URL",
    "STATIC_ROOT",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "OTP_PEPPER",
    "MOBILE_HEADER",
    "MOBILE_GATEWAYS",
    "MOBILE_CLIENT_NETWORKS",
    "MOBILE_HEADER_KEY",
    "COMPANY_DIRECTORY",
    "TRUSTED_PROXIES",
    "HSTS_SUBDOMAINS",
    "HSTS_PRELOAD",
    "METRICS_NETWORKS",
    "ALLOWED_HOSTS",
    "PORTAL_BASE_URL",
    "DEBUG",
]
FOREIGN = (
    "PGHOST",
    "PGSERVICE",
    "CELERY_BROKER_URL",
    "GUNICORN_CMD_ARGS",
    "HTTPS_PROXY",
    "DJANGO_SETTINGS_MODULE",
)


@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_nothing_of_production_passes_from_the_shell(tmp_path: Path, suffix: str) -> None:
    shell = {f"{name}{suffix}": "de-produccion" for name in (*PRODUCTION, *FOREIGN)}
    environment = demo_environment(tmp_path, 8001, shell)
    assert [name for name, value in environment.items() if value == "de-produccion"] == []
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path / 'fidelizacion.sqlite3'}"
    assert environment["SMS_GATEWAY"] == "demo"
    assert not environment.keys() & {"REDIS_URL", "EMAIL_URL", "STORAGE_URL", "CLAMD_URL"}


def test_every_variable_is_listed_as_allowed_or_kept_out() -> None:
    """A new variable is kept out of the demo; listing it above confirms that this is intended."""
    passed = {name for name in read_by_settings() if may_pass(name)}
    undecided = read_by_settings() - passed - {*PRODUCTION, "DEMO"}
    assert undecided == set(), (
        "in demo/environment.py if a demo may take it over from the shell, else in PRODUCTION"
    )
    assert not passed & {*PRODUCTION}


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "OPERATOR_NAME", "OTP_RESEND_SECONDS"]
)
def test_variables_that_cannot_lead_to_another_system_pass(tmp_path: Path, name: str) -> None:
    assert demo_environment(tmp_path, 8001, {name: "7"})[name] == "7"


def test_a_caller_brings_its_own_services_by_value_or_by_file(tmp_path: Path) -> None:
    """A service's variable replaces the demo's default, but never the demo's address."""
    services = {"DATABASE_URL_FILE": "/run/base", "ALLOWED_HOSTS_FILE": "/run/nombres", "OTP_DIGITS": "8"}
    environment = demo_environment(tmp_path, 8001, {"OTP_DIGITS": "4"}, services)
    assert environment["DATABASE_URL_FILE"] == "/run/base"
    assert "DATABASE_URL" not in environment
    assert "ALLOWED_HOSTS_FILE" not in environment
    assert environment["ALLOWED_HOSTS"] == "127.0.0.1,localhost"
    assert environment["OTP_DIGITS"] == "8"


def test_its_keys_are_created_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    path = Path(demo_environment(tmp_path, 8001, {})["SECRET_KEY_FILE"])
    key = path.read_text(encoding="ascii")
    demo_environment(tmp_path, 8001, {})
    assert path.read_text(encoding="ascii") == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.loopback
def test_the_broker_leaves_the_mark_in_its_environment_alone(tmp_path: Path) -> None:
    """Valkey's process title would overwrite the mark, which finds a killed demo's leftovers."""
    broker.server(tmp_path)
    assert "set-proc-title no" in (tmp_path / "valkey.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("raw", ["abc", "0", "-5", "80.5", "65536", "99999", "", "²"])
def test_an_invalid_port_is_reported_in_one_line(raw: str) -> None:
    with pytest.raises(CannotStart, match="PORT debe ser un número de 1 a 65535"):
        checked_port(raw)
    assert port_problem(raw).startswith("PORT debe ser un número de 1 a 65535")


def test_a_folder_that_cannot_be_created_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    with pytest.raises(CannotStart, match="No se puede escribir en"):
        Supervisor(tmp_path, 8001, lambda _: None).run(lambda _: None)


def test_processes_run_in_the_project_folder_wherever_the_demo_was_started(tmp_path: Path) -> None:
    child = Child("dónde", ["pwd"], tmp_path / "log", tmp_path)
    child.start({"PATH": os.environ["PATH"]})
    assert child.process
    child.process.wait(60)
    assert child.log.read_text(encoding="utf-8").strip() == str(tmp_path)


@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "WEB_THREADS"])
@pytest.mark.parametrize("value", ["dos", "0", ""])
def test_an_invalid_number_for_the_web_server_is_reported_in_one_line(name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "gunicorn.conf.py"],
        cwd=BASE,
        env={name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, f"{name}: debe ser un número entero de 1 o más.\n")


def test_static_files_that_no_demo_collected_are_not_deleted(tmp_path: Path) -> None:
    """Somebody may run `demo --prepare` with STATIC_ROOT set to a web server's folder."""
    served = tmp_path / "static"
    served.mkdir()
    (served / "portal.css").write_text("a", encoding="ascii")
    with pytest.raises(SystemExit, match="hay archivos que no puso una demostración: no se tocan"):
        collect_static_files(served)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["portal.css"]
