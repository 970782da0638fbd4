"""Medians, spreads and ratios, and whether two samples differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Self


@dataclass(frozen=True)
class Spread:
    """The median of several rounds, with the lowest and the highest."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{figure(self.middle)} ({figure(self.low)}–{figure(self.high)})"


@dataclass(frozen=True)
class Line:
    """One line of the table. `holds` is None where there is no goal."""

    work: str
    product: str
    floor: str = ""
    ratio: str = ""
    goal: str = ""
    holds: bool | None = None


def figure(value: float) -> str:
    """As many decimals as tell something: 1.234, 56,7 or 0,89."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def percentile(values: Sequence[float], hundredth: int) -> float:
    return quantiles(values, n=100, method="inclusive")[hundredth - 1]


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p that both come from one distribution, by the normal approximation with ties counted."""
    pooled = sorted((value, side) for side, sample in enumerate((first, second)) for value in sample)
    ranks, ties, start = [0.0, 0.0], 0, 0
    while start < len(pooled):
        end = start
        while end < len(pooled) and pooled[end][0] == pooled[start][0]:
            end += 1
        for _, side in pooled[start:end]:
            ranks[side] += (start + 1 + end) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    n, m = len(first), len(second)
    u = ranks[0] - n * (n + 1) / 2
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    return math.erfc(abs(u - n * m / 2) / math.sqrt(2 * variance)) if variance else 1.0
