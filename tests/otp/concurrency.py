"""Runs requests in parallel: real threads, each with its own database connection."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections

T = TypeVar("T")

# `make prove` runs such a test 50 times, to find a race that fails one time in twenty; `make test`
# runs it once (R7.08)
fifty_times = pytest.mark.parametrize(
    "turn", ["sample", *(pytest.param(turn, marks=pytest.mark.prove) for turn in range(1, 51))]
)


def at_once(times: int, act: Callable[[int], T]) -> list[T]:
    """Call `act(0)`, `act(1)`... in `times` threads that start together; return the results."""
    barrier = threading.Barrier(times)

    def run(number: int) -> T:
        barrier.wait(timeout=60)
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
