"""The processor time that processes of this machine have used (Linux).

It is much steadier than requests per second while other programs use the machine.
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
    """Return the children that run now, of any thread of the process."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in lists for child in file.read_text(encoding="ascii").split()]


def resident_bytes(pid: int) -> int:
    """Return the memory that the process holds, shared pages included."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _alive(pid: int) -> float:
    with suppress(OSError):  # it has just ended
        return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid(3) of the C library
    return 0.0


def _ended(pid: int) -> float:
    """Return the time of the children that have ended, in whole ticks of usually 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICK
