"""Inspecting a document before it is attached, compared with reading and hashing it."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256

from attachments.inspection import inspect
from bench.documents import ONE_MEGABYTE
from bench.figures import Line, Spread, figure
from bench.servers import Bench

TIMES = 40
GOAL_MS, GOAL_BYTES = 15.0, 50_000_000


def measure(bench: Bench) -> Iterator[Line]:
    folder = bench.folder()
    for kind, make in ONE_MEGABYTE.items():
        name, content = make()
        path = folder / name
        path.write_bytes(content)
        inspected = inspect(name, content)
        if not inspected.accepted:
            raise RuntimeError(f"{name}: {inspected.reason}")
        ours, floor = _in_turn(
            lambda: inspect(name, content),  # noqa: B023  called before the next round
            lambda: sha256(path.read_bytes()).hexdigest(),  # noqa: B023
        )
        memory = _peak_memory(lambda: inspect(name, content))  # noqa: B023
        yield Line(
            f"Juzgar un {kind} de {figure(len(content) / 1000)} kB",
            f"{ours} ms, {figure(memory / 1e6)} MB",
            "",
            f"{floor} ms",
            f"{figure(ours.middle / floor.middle)} veces",
            f"≤ {GOAL_MS:.0f} ms, ≤ 50 MB",
            ours.middle <= GOAL_MS and memory <= GOAL_BYTES,
        )


def _in_turn(*functions: Callable[[], object]) -> list[Spread]:
    """Return the processor milliseconds of each function, called in alternation."""
    taken: list[list[float]] = [[] for _ in functions]
    for _ in range(TIMES):
        for times, function in zip(taken, functions, strict=True):
            began = time.process_time()  # unaffected by other processes
            function()
            times.append((time.process_time() - began) * 1000)
    return [Spread.of(times) for times in taken]


def _peak_memory(function: Callable[[], object]) -> int:
    """Return the most bytes that Python held during the call."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
