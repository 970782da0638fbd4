"""Starts, watches and ends the demo's processes. None outlives the demo, however the demo ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from demo.environment import MARK

PR_SET_PDEATHSIG = 1  # linux/prctl.h
RESTARTS_PER_MINUTE = 5


def end_with_parent(signal_number: int) -> None:
    """Asks Linux to signal this process when the one that started it is gone; elsewhere does
    nothing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number)


def _before_exec() -> None:
    # SIGTERM and not SIGKILL: the web and the worker take their own children with them
    end_with_parent(signal.SIGTERM)


@dataclass
class Child:
    """One process of the demo, in a session of its own so that Ctrl-C reaches the demo only."""

    name: str
    command: Sequence[str]
    log: Path
    folder: Path | None = None  # where it runs; None is where this program does
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)

    def start(self, environment: dict[str, str]) -> None:
        """Starts it; what it says goes to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  commands of ours
                self.command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_before_exec,  # noqa: PLW1509  this program has one thread
            )

    @property
    def status(self) -> int | None:
        """How it ended, or None while it runs."""
        return self.process.poll() if self.process else None

    def may_restart(self) -> bool:
        """Whether it has died seldom enough to be started again."""
        now = time.monotonic()
        self.restarts = [when for when in self.restarts if now - when < 60] + [now]
        return len(self.restarts) <= RESTARTS_PER_MINUTE

    def ask_to_stop(self) -> None:
        """Signals it once; a second signal would cut its work short."""
        if self.process and self.process.poll() is None:
            self.process.terminate()


def stop(children: Sequence[Child], seconds: float) -> None:
    """Asks all to stop, waits for them, and kills those that have not."""
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
    """Ends what a killed demo left running. Only processes started for this very folder carry its
    mark.
    """
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = list(_marked(folder))
        if not found:
            return
        for pid in found:
            _kill(pid)
        time.sleep(0.1)


def _marked(folder: Path) -> Iterator[int]:
    mark = f"{MARK}={folder}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid == os.getuid() and mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)
        except OSError:  # gone meanwhile, or not ours to read
            continue


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
