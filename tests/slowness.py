"""How busy the machine is: a promise of seconds is for a machine that has a processor for us."""

import time

SAMPLE = 0.2  # seconds of a processor


def slowness() -> float:
    """How many times longer a computation takes now: 1 when quiet, about 8 at a load of 15."""
    began, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < SAMPLE:
        pass
    return max(1.0, (time.monotonic() - began) / SAMPLE)


class Stopwatch:
    """Seconds from its making to `seconds()`, as a quiet machine would have needed them."""

    def __init__(self) -> None:
        self._before = slowness()
        self._began = time.monotonic()

    def seconds(self) -> float:
        took = time.monotonic() - self._began
        return took / max(self._before, slowness())
