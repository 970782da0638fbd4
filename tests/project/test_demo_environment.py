"""What the demo gives its processes, and how it refuses what it cannot use, before anything is started."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fidelizacion.demo import broker
from fidelizacion.demo.environment import demo_environment
from fidelizacion.demo.preflight import port_problem
from fidelizacion.demo.processes import Child
from fidelizacion.demo.supervisor import Refused, Supervisor, checked_port
from tests.conformance.project import BASE


def test_a_value_that_comes_from_a_file_is_not_given_a_second_time(tmp_path: Path) -> None:
    given = {"DATABASE_URL_FILE": "/run/secrets/base", "ALLOWED_HOSTS_FILE": "/run/secrets/nombres"}
    environment = demo_environment(tmp_path, 8001, given)
    assert environment["DATABASE_URL_FILE"] == "/run/secrets/base"
    assert "DATABASE_URL" not in environment
    assert "ALLOWED_HOSTS_FILE" not in environment  # the demo's own value stands
    assert environment["ALLOWED_HOSTS"] == "127.0.0.1,localhost"


def test_its_keys_are_made_once_and_nobody_else_reads_them(tmp_path: Path) -> None:
    path = Path(demo_environment(tmp_path, 8001, {})["SECRET_KEY_FILE"])
    key = path.read_text(encoding="ascii")
    demo_environment(tmp_path, 8001, {})
    assert path.read_text(encoding="ascii") == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.loopback
def test_the_broker_leaves_the_mark_in_its_environment_alone(tmp_path: Path) -> None:
    """Valkey's title is written over it, and what a killed demo left would not be found."""
    broker.server(tmp_path)
    assert "set-proc-title no" in (tmp_path / "valkey.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("raw", ["abc", "0", "-5", "80.5", "65536", "99999", "", "²"])
def test_a_port_that_is_none_is_told_in_one_line(raw: str) -> None:
    with pytest.raises(Refused, match="PORT debe ser un número de 1 a 65535"):
        checked_port(raw)
    assert port_problem(raw).startswith("PORT debe ser un número de 1 a 65535")


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    with pytest.raises(Refused, match="No se puede escribir en"):
        Supervisor(tmp_path, 8001, lambda _: None).run(lambda _: None)


def test_a_process_runs_in_the_project_wherever_the_demo_was_typed(tmp_path: Path) -> None:
    child = Child("dónde", ["pwd"], tmp_path / "log", tmp_path)
    child.start({"PATH": os.environ["PATH"]})
    assert child.process
    child.process.wait(10)
    assert child.log.read_text(encoding="utf-8").strip() == str(tmp_path)


@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "WEB_THREADS"])
@pytest.mark.parametrize("value", ["dos", "0", ""])
def test_the_web_server_is_told_in_one_line_how_many_it_cannot_be(name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "gunicorn.conf.py"],
        cwd=BASE,
        env={name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, f"{name}: debe ser un número entero de 1 o más.\n")
