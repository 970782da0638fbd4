"""Reads the processor time and memory that processes have used (Linux).

Processor time varies much less than requests per second while other programs use the machine.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def seconds(*pids: int) -> float:
    """Return the processor seconds of these processes and their children, also of ended ones.

    Children of children are not counted; gunicorn, PostgreSQL and Celery have none.
    """
    return sum(_alive(each) for pid in pids for each in (pid, *children(pid))) + sum(map(_ended, pids))


def children(pid: int) -> list[int]:
    """Return the process ids of the running children of all threads of the process."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in lists for child in file.read_text(encoding="ascii").split()]


def resident_bytes(pid: int) -> int:
    """Return the resident memory of the process, including shared pages."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _alive(pid: int) -> float:
    with suppress(OSError):  # it has just ended
        return time.clock_gettime(~pid << 3 | 2)  # the clock id that clock_getcpuclockid(3) computes
    return 0.0


def _ended(pid: int) -> float:
    """Return the seconds of ended children. The kernel counts in ticks of usually 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICK
