"""`manage.py demo`: starts twice, after a kill too; leaves nothing behind; says in one line why it cannot start."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fidelizacion.demo.broker import free_port
from fidelizacion.demo.environment import MARK
from tests.stack import BASE, answers, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]


class Demo:
    """One demo at a port of its own."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self.output = folder.with_suffix(".out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "subprocess.Popen[bytes]":
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=BASE,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        """Whether this very start got as far as its panel: the web of a killed one may go on answering for a while."""
        wait_for(lambda: "Ctrl-C" in self.said() or (self.process and self.process.poll() is not None), 90)
        return "Ctrl-C" in self.said() and answers(f"http://127.0.0.1:{self.port}/health/ready")

    def processes(self) -> list[str]:
        """Those that carry the demo's mark, whoever started them."""
        mark, found = f"{MARK}={self.folder}".encode(), []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().decode())
            except OSError:
                continue
        return found


@pytest.fixture
def demo() -> Iterator[Demo]:
    port = free_port()
    started = Demo(port, BASE / "var" / "demo" / str(port))
    yield started
    if started.process:
        started.process.terminate()
        started.process.wait(timeout=20)
    shutil.rmtree(started.folder, ignore_errors=True)
    started.output.unlink(missing_ok=True)


def test_a_killed_demo_starts_again_and_ctrl_c_leaves_nothing_behind(demo: Demo) -> None:
    first = demo.start()
    assert demo.is_ready()
    assert len(demo.processes()) >= 6
    first.kill()
    first.wait(timeout=20)

    second = demo.start()
    assert demo.is_ready(), demo.said()
    refused = subprocess.run(
        [sys.executable, "manage.py", "demo", "--port", str(demo.port)],
        cwd=BASE,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 1
    assert refused.stderr == f"El puerto {demo.port} está ocupado: use PORT={demo.port + 1} make demo\n"

    second.send_signal(signal.SIGINT)
    second.wait(timeout=10)
    assert second.returncode == 0
    assert f"http://127.0.0.1:{demo.port}/fidelizacion/" in demo.said()
    assert demo.processes() == []


def test_a_port_that_is_taken_is_told_in_one_line(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        demo.start().wait(timeout=60)
    assert demo.said() == f"El puerto {demo.port} está ocupado: use PORT={demo.port + 1} make demo\n"


def preflight(pretence: str) -> "subprocess.CompletedProcess[str]":
    """What is asked before anything is installed, by a Python that pretends."""
    run = "runpy.run_path('fidelizacion/demo/preflight.py', run_name='__main__')"
    code = f"import sys, runpy; sys.argv = ['preflight']; {pretence}; {run}"
    return subprocess.run([sys.executable, "-c", code], cwd=BASE, capture_output=True, text=True, check=False)


def test_a_python_too_old_is_told_in_one_line() -> None:
    done = preflight("sys.version_info = (3, 9)")
    said = "Se necesita Python 3.11 o más nuevo y este es 3.9: use PYTHON=/ruta/a/python3.11 make demo\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_python_without_venv_is_told_the_package() -> None:
    done = preflight("sys.modules['ensurepip'] = None")
    said = "A este Python le falta venv: instale el paquete python3-venv (apt install python3-venv)\n"
    assert (done.returncode, done.stderr) == (1, said)
