"""The processes use only the database that DATABASE_URL names, and a demo only a demo's."""

import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate
from django.db import OperationalError, connection
from django.db.migrations.exceptions import MigrationSchemaMissing
from pytest_django import Settings

from demo.broker import free_port
from demo.environment import demo_environment
from fidelizacion.system_checks import demo_traces
from fidelizacion.system_checks.database_checks import database_of_this_process
from jobs import query_limits
from tests.check import BASE, PRODUCTION

UNNAMED = {name: value for name, value in PRODUCTION.items() if name != "DATABASE_URL"}
PROCESSES = {
    "web": ["-m", "gunicorn", "fidelizacion.wsgi"],
    "worker": ["-m", "celery", "-A", "fidelizacion", "worker"],
    "beat": ["-m", "celery", "-A", "fidelizacion", "beat", "--pidfile=", "--schedule={folder}/schedule"],
    "sweep": ["manage.py", "deliver_notifications", "--loop"],
    "one sweep": ["manage.py", "deliver_notifications"],
    "migrate": ["manage.py", "migrate", "--no-input"],
}


def run(arguments: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=BASE, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def ids() -> list[str | None]:
    return [message.id for message in database_of_this_process(databases=["default"])]


@pytest.mark.processes
@pytest.mark.parametrize("arguments", PROCESSES.values(), ids=PROCESSES)
def test_an_unset_database_ends_every_process_that_works_on_one(arguments: list[str], tmp_path: Path) -> None:
    done = run([word.format(folder=tmp_path) for word in arguments], {**UNNAMED, "WEB_BIND": "127.0.0.1:0"})
    assert done.returncode != 0
    assert "fidelizacion.E061" in done.stderr
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.processes
def test_commands_that_use_no_database_run_without_it(tmp_path: Path) -> None:
    static = {"STATIC_ROOT": str(tmp_path / "static")}
    assert run(["manage.py", "check"], UNNAMED).returncode == 0
    assert run(["manage.py", "collectstatic", "--no-input"], {**UNNAMED, **static}).returncode == 0
    assert run(["manage.py", "makemigrations", "--check", "--dry-run"], UNNAMED).returncode == 0


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production database, created by `migrate`."""
    database = tmp_path_factory.mktemp("earnest") / "fidelizacion.sqlite3"
    done = run(["manage.py", "migrate", "--no-input"], {**UNNAMED, "DATABASE_URL": f"sqlite:///{database}"})
    assert done.returncode == 0, done.stderr
    return database


@pytest.mark.processes
def test_sqlite_in_production_is_named_by_the_variable(migrated: Path) -> None:
    assert migrated.is_file()


@pytest.mark.loopback
@pytest.mark.processes
def test_migrate_reports_a_database_that_is_down_in_one_line(tmp_path: Path) -> None:
    down = f"postgres://fidelizacion:secreta@127.0.0.1:{free_port()}/fidelizacion"
    for url in (down, f"sqlite:///{tmp_path / 'none' / 'a.sqlite3'}"):
        done = run(["manage.py", "migrate", "--no-input"], {**PRODUCTION, "DATABASE_URL": url})
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert "La base de datos no responde: " in done.stderr
        assert "secreta" not in done.stderr


@pytest.mark.django_db
def test_migrate_reports_missing_permissions_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise MigrationSchemaMissing("Unable to create the django_migrations table (denied\nLINE 1)")

    monkeypatch.setattr(migrate.Command, "handle", refuse)
    with pytest.raises(CommandError) as refused:
        call_command("migrate")
    assert "no puede crear tablas" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.django_db
def test_a_migration_may_take_longer_than_any_query_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexing a large table takes minutes. Afterwards the normal limits apply again."""

    def limits() -> tuple[float, str]:
        if connection.vendor != "postgresql":
            return query_limits.current(), ""
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return query_limits.current(), str(cursor.fetchone()[0])

    before, during = limits(), list[tuple[float, str]]()
    monkeypatch.setattr(migrate.Command, "handle", lambda *_args, **_options: during.append(limits()))
    call_command("migrate")
    assert during == [(math.inf, "0" if connection.vendor == "postgresql" else "")]
    assert limits() == before


def test_without_debug_database_url_is_required(settings: Settings) -> None:
    settings.DATABASE_URL_SET = False
    assert ids() == ["fidelizacion.E061"]
    settings.DEBUG = True
    assert ids() == []


@pytest.mark.django_db
def test_a_process_of_the_demo_refuses_a_database_without_the_mark(settings: Settings) -> None:
    """DEMO set by hand with production's database would publish the codes of real customers."""
    settings.DEMO = True
    assert ids() == ["fidelizacion.E064"]


def test_a_demo_waits_for_its_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> bool:
        raise OperationalError

    settings.DEMO = True
    monkeypatch.setattr(demo_traces, "is_marked", unavailable)
    assert ids() == []


@pytest.mark.processes
@pytest.mark.parametrize(
    "command", [["demo", "--prepare"], ["migrate"], ["deliver_notifications"]], ids=" ".join
)
def test_with_demo_set_by_hand_a_production_database_is_not_changed(
    tmp_path: Path, command: list[str], migrated: Path
) -> None:
    real = {"DATABASE_URL": f"sqlite:///{tmp_path / 'otra.sqlite3'}"}
    shutil.copyfile(migrated, tmp_path / "otra.sqlite3")
    before = (tmp_path / "otra.sqlite3").read_bytes()
    done = run(["manage.py", *command], demo_environment(tmp_path, 8001, PRODUCTION, real))
    assert done.returncode != 0
    assert "no la hizo una demostración" in done.stderr or "fidelizacion.E064" in done.stderr
    assert (tmp_path / "otra.sqlite3").read_bytes() == before
    assert not (tmp_path / "static").exists()
