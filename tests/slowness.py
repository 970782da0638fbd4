"""Measure how busy the machine is, so that tests of a limit in seconds also pass on a busy one."""

import time

SAMPLE = 0.2  # seconds of processor time


def slowness() -> float:
    """Return how many times longer a computation takes than on a quiet machine: about 8 at a load
    of 15.
    """
    began, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < SAMPLE:
        pass
    return max(1.0, (time.monotonic() - began) / SAMPLE)


class Stopwatch:
    """Measures the seconds from its creation to `seconds()`, divided by the slowness of the
    machine.
    """

    def __init__(self) -> None:
        self._before = slowness()
        self._began = time.monotonic()

    def seconds(self) -> float:
        took = time.monotonic() - self._began
        return took / max(self._before, slowness())
