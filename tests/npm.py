"""Install and run servers from npm on loopback, outside the project: third-party fakes of Twilio,
which do not share our mistakes.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir, mkdtemp

import pytest

from demo.broker import free_port
from tests.servers import wait_for_port

SECONDS_TO_INSTALL = 240


def installed(*packages: str) -> Path:
    """Return a folder with these packages (name@version), installed once and kept in the temporary
    folder. Skip the test without npm, or when npm cannot install them.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("skipped: npm no está instalado (apt install npm)")
    name = sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = Path(gettempdir()) / f"fidelizacion-npm-{os.getuid()}-{name}"
    if folder.exists():
        if folder.stat().st_uid != os.getuid():
            pytest.fail(f"{folder} es de otra persona")
        return folder
    # Installed under another name and then renamed, so that `folder` is never half installed
    making = Path(mkdtemp(prefix="fidelizacion-npm-"))
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    try:
        command = [npm, "install", "--prefix", str(making), *quiet, *packages]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=SECONDS_TO_INSTALL
        )
    except subprocess.TimeoutExpired:
        pytest.skip("skipped: npm no terminó de instalar a tiempo")
    if done.returncode:
        pytest.skip(f"skipped: npm no pudo instalar: {done.stderr[-300:]}")
    try:
        making.rename(folder)
    except OSError:  # another run was first
        shutil.rmtree(making)
    return folder


@contextmanager
def serving(
    folder: Path, program: str, *arguments: str | Path
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run an installed program that listens on `--port`; return its process and the port."""
    port = free_port()
    log = folder / f"{program}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [folder / "node_modules" / ".bin" / program, *arguments, "--port", str(port)],
            stdout=output,
            stderr=output,
            cwd=folder,
        )
        try:
            wait_for_port(port, process, log)
            yield process, port
        finally:
            process.send_signal(signal.SIGCONT)  # a test may have stopped it
            process.kill()
            process.wait(10)
            log.unlink()
