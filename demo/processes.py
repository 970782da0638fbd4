"""Starts, watches and stops the demo's processes. However the demo ends, no process outlives it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from demo.environment import MARK

PR_SET_PDEATHSIG = 1  # linux/prctl.h
RESTARTS_PER_MINUTE = 5


def end_with_parent(signal_number: int) -> None:
    """Ask Linux to signal this process when its parent ends. Does nothing on other systems."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number)


@dataclass
class Child:
    """One process of the demo, in a separate session so that Ctrl-C reaches only the supervisor."""

    name: str
    command: Sequence[str]
    log: Path
    folder: Path | None = None  # working directory; None for that of this program
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)

    def start(self, environment: dict[str, str]) -> None:
        """Start it, with its output appended to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own commands
                self.command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # SIGTERM and not SIGKILL, so that gunicorn and Celery end their children too
                preexec_fn=partial(end_with_parent, signal.SIGTERM),  # noqa: PLW1509  single-threaded
            )

    @property
    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.process.poll() if self.process else None

    def may_restart(self) -> bool:
        """Count a restart, and return whether this minute's limit allows it."""
        now = time.monotonic()
        self.restarts = [at for at in self.restarts if now - at < 60] + [now]
        return len(self.restarts) <= RESTARTS_PER_MINUTE

    def ask_to_stop(self) -> None:
        """Send SIGTERM once; a second signal could make it drop its work."""
        if self.process and self.process.poll() is None:
            self.process.terminate()


def stop(children: Sequence[Child], seconds: float) -> None:
    """Ask all to stop, wait at most `seconds`, and kill those that still run."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(child.process and child.status is None for child in children):
        time.sleep(0.05)
    for child in children:
        if child.process and child.status is None:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def kill_leftovers(folder: Path) -> None:
    """Kill the processes, found by their mark, that a killed demo of this folder left running."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        pids = list(_marked(folder))
        if not pids:
            return
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _marked(folder: Path) -> Iterator[int]:
    """Yield the pids of this user's processes that have the folder's mark in their environment."""
    mark = f"{MARK}={folder}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid == os.getuid() and mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)
        except OSError:  # it has ended, or may not be read
            continue
