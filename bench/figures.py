"""Medians with their spread, and a test of whether two samples differ."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import correlation, median, quantiles
from typing import Self


@dataclass(frozen=True)
class Spread:
    """The median of several rounds, with the lowest and highest value."""

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
    """One line of the table. `holds` says whether the goal is reached; None without a goal."""

    work: str
    product: str
    fair: str = ""
    bare: str = ""
    ratio: str = ""
    goal: str = ""
    holds: bool | None = None


def figure(value: float) -> str:
    """Format a number with three or more significant digits: 1.234, 56,7 or 0,89."""
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def milliseconds(seconds: float) -> str:
    return f"{figure(seconds * 1000)} ms"


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def percentile(values: Sequence[float], hundredth: int) -> float:
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[hundredth - 1]


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p value that both samples come from one distribution.

    It uses the normal approximation, corrected for ties: z is the correlation of rank and sample,
    times the square root of N - 1 (the Kruskal-Wallis test for two samples).
    """
    pooled = [*first, *second]
    ordered = sorted(pooled)
    if ordered[0] == ordered[-1]:
        return 1.0
    ranks = [bisect_left(ordered, value) + bisect_right(ordered, value) for value in pooled]
    z = correlation(ranks, [0] * len(first) + [1] * len(second)) * math.sqrt(len(pooled) - 1)
    return math.erfc(abs(z) / math.sqrt(2))
