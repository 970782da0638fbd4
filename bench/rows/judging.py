"""Whether a document can be attached: the whole judgement, beside reading it and hashing it."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

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
        verdict = inspect(name, content)
        if not verdict.accepted:
            raise RuntimeError(f"{name}: {verdict.reason}")
        ours, floor = _in_turn(lambda: inspect(name, content), lambda: _read_and_hash(path))  # noqa: B023  called here
        memory = _peak(lambda: inspect(name, content))  # noqa: B023
        yield Line(
            f"Juzgar un {kind} de {figure(len(content) / 1000)} kB",
            f"{ours} ms, {figure(memory / 1e6)} MB",
            f"{floor} ms",
            f"{figure(ours.middle / floor.middle)} veces",
            f"≤ {GOAL_MS:.0f} ms, ≤ 50 MB",
            ours.middle <= GOAL_MS and memory <= GOAL_BYTES,
        )


def _in_turn(*acts: Callable[[], object]) -> list[Spread]:
    taken: list[list[float]] = [[] for _ in acts]
    for _ in range(TIMES):
        for times, act in zip(taken, acts, strict=True):
            began = time.process_time()  # of this process alone, whatever else the machine does
            act()
            times.append((time.process_time() - began) * 1000)
    return [Spread.of(times) for times in taken]


def _read_and_hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _peak(act: Callable[[], object]) -> int:
    tracemalloc.start()
    act()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
