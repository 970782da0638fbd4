"""Run the Dockerfile's steps without a container engine, as its two users: root builds, and uid
10001 serves.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest

from demo.broker import free_port
from tests.check import PRODUCTION
from tests.conformance.project import BASE
from tests.stack import answers, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

DOCKERFILE = (BASE / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
UID = int(re.findall(r"useradd .*--uid (\d+)", DOCKERFILE)[0])
AS_SERVER: dict[str, Any] = {"user": UID, "group": UID, "extra_groups": []}
HOST = {"Host": "portal.operadora.example", "X-Forwarded-Proto": "https"}
STORE_A_DOCUMENT = """
import django; django.setup()
from attachments import storage
with storage.saved_files([b"%PDF-1.4"]) as [name]:
    print(name)
"""


@dataclass(frozen=True)
class Image:
    """The result of the build; `root` stands for the root of the image's file system."""

    root: Path
    environment: dict[str, str]

    def run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """Run a command as the user that serves."""
        return subprocess.run(
            command,
            cwd=self.root / "app",
            env=self.environment,
            **AS_SERVER,
            capture_output=True,
            text=True,
            check=True,
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Run the image's command, and return the address of the web process."""
        port = free_port()
        [command] = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
        log = self.root / "web.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.environment["PYTHON"], "-m", *json.loads(command)],
                cwd=self.root / "app",
                env={**self.environment, "WEB_BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": "1"},
                **AS_SERVER,
                stdout=output,
                stderr=output,
            )
        base = f"http://127.0.0.1:{port}"
        try:
            started = wait_for(lambda: process.poll() is not None or answers(f"{base}/health/live", HOST), 60)
            assert started, "the web process does not answer"
            assert process.poll() is None, log.read_text(encoding="utf-8")
            yield base
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    if os.getuid():
        pytest.skip("skipped: las dos cuentas de la imagen solo se pueden probar como root")
    # Not in pytest's temporary folder, which only root may enter
    root = Path(mkdtemp(prefix="fidelizacion-image-"))
    root.chmod(0o755)
    try:
        yield _build(root)
    finally:
        shutil.rmtree(root)


def _build(root: Path) -> Image:
    app = root / "app"
    for source in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE):
        for name in source.split():
            _copy_as_in_a_private_clone(BASE / name, app / name)
    given = dict(re.findall(r"(\w+)=(\S+)", " ".join(re.findall(r"^ENV (.+)$", DOCKERFILE, re.MULTILINE))))
    environment = {name: value.replace("/srv", str(root / "srv")) for name, value in given.items()}
    environment |= {"PATH": os.environ["PATH"], **_python(root)}
    [after_copying] = re.findall(r"^RUN (.*collectstatic.*)$", DOCKERFILE, re.MULTILINE)
    steps = after_copying.replace("/srv", f"{root}/srv").replace("/app", str(app))
    steps = steps.replace("python ", f"{environment['PYTHON']} ").replace(
        "--owner fidelizacion", f"--owner {UID}"
    )
    subprocess.run(["/bin/sh", "-ec", f"umask 022; {steps}"], cwd=app, env=environment, check=True)
    given_at_start = {"TRUSTED_PROXIES": "127.0.0.1/32", "DJANGO_SETTINGS_MODULE": "fidelizacion.settings"}
    return Image(root, {**PRODUCTION, **environment, **given_at_start})


def _copy_as_in_a_private_clone(source: Path, target: Path) -> None:
    """Copy the files readable by their owner only. COPY keeps the clone's modes, and a developer
    with umask 077 has such a clone.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy(source, target)
        target.chmod(0o600)
        return
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (target, *target.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _python(root: Path) -> dict[str, str]:
    """Return the variables for a Python that the second user can run, as in the image: the tests'
    Python, or a copy of it when only root may run that.
    """
    packages = {"PYTHONPATH": sysconfig.get_path("purelib")}
    if _can_be_run_by_the_server({**packages, "PYTHON": sys.executable}):
        return {**packages, "PYTHON": sys.executable}
    version, home, shared = (
        f"python{sysconfig.get_python_version()}",
        root / "python",
        sysconfig.get_path("stdlib"),
    )
    (home / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), home / "bin" / version)
    unneeded = shutil.ignore_patterns("test", "idlelib", "site-packages", "__pycache__", "config-*")
    shutil.copytree(shared, home / "lib" / version, ignore=unneeded)
    for library in Path(str(sysconfig.get_config_var("LIBDIR"))).glob("libpython3*.so*"):
        shutil.copy(library, home / "lib")
    given = {**packages, "PYTHON": str(home / "bin" / version), "PYTHONHOME": str(home)}
    given["LD_LIBRARY_PATH"] = str(home / "lib")
    assert _can_be_run_by_the_server(given), "the packages of this Python are for root alone"
    return given


def _can_be_run_by_the_server(environment: dict[str, str]) -> bool:
    command = [environment["PYTHON"], "-c", "import django, gunicorn, psycopg, redis"]
    try:
        subprocess.run(command, env=environment, **AS_SERVER, capture_output=True, check=True, cwd="/")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def test_the_web_process_of_the_image_serves_what_the_build_collected(image: Image) -> None:
    manifest = json.loads((image.root / "srv/static/staticfiles.json").read_text(encoding="utf-8"))
    hashed = manifest["paths"]["css/portal.css"]
    with image.serving() as base:
        assert httpx.get(f"{base}/health/live", headers=HOST, trust_env=False, timeout=60).status_code == 200
        style = httpx.get(f"{base}/static/{hashed}", headers=HOST, trust_env=False, timeout=60)
    assert style.status_code == 200
    assert style.headers["Content-Type"].startswith("text/css")


def test_the_user_that_serves_may_write_documents_and_nothing_else(image: Image) -> None:
    """R3.15: only the user that serves can read a document and its folder."""
    done = image.run([image.environment["PYTHON"], "-c", "import os; os.umask(0o022)\n" + STORE_A_DOCUMENT])
    stored = image.root / "srv/attachments" / done.stdout.strip()
    assert (stored.stat().st_mode & 0o777, stored.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (stored.stat().st_uid, (image.root / "srv/attachments").stat().st_uid) == (UID, UID)
    writable = [
        path
        for path in (
            image.root / "app",
            *(image.root / "app").rglob("*"),
            *(image.root / "srv/static").rglob("*"),
        )
        if path.stat().st_uid == UID or path.stat().st_mode & 0o022
    ]
    assert writable == []


def test_the_server_can_read_everything_that_the_image_serves(image: Image) -> None:
    for path in (image.root / "srv/static").rglob("*"):
        assert path.stat().st_mode & 0o004, path


def test_the_image_has_no_demo_and_says_so(image: Image) -> None:
    """The demo's mailbox would show the codes of all customers. The command refuses with any
    options.
    """
    assert not (image.root / "app" / "demo").exists()
    command = [image.environment["PYTHON"], "manage.py", "demo", "--port", "8001"]
    options: dict[str, Any] = {"cwd": image.root / "app", "env": image.environment, "capture_output": True}
    done = subprocess.run(command, **options, **AS_SERVER, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "La demostración no viene en esta imagen. Úsela desde el código: make demo"
    active = {**options, "env": {**image.environment, "DEMO": "1"}}
    refused = subprocess.run(
        [command[0], "manage.py", "check"], **active, **AS_SERVER, text=True, check=False
    )
    assert refused.returncode != 0
    assert "fidelizacion.E066" in refused.stderr
