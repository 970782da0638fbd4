"""Measures two things in alternation, so that other load on the machine affects both alike."""

from collections.abc import Callable, Sequence

from bench.figures import Line, Spread, figure
from bench.load import Result

Measurement = Callable[[], Result]


class UnexpectedStatus(Exception):
    """A response had another status than the measured one; the message says which."""


def in_turn(rounds: int, *measurements: Measurement) -> list[list[Result]]:
    """Run each measurement once as warm-up, then all in alternation; return the results of each."""
    for measure in measurements:
        measure()
    results: list[list[Result]] = [[] for _ in measurements]
    for _ in range(rounds):
        for of_one, measure in zip(results, measurements, strict=True):
            of_one.append(measure())
    return results


def accepted(result: Result, *statuses: int) -> Result:
    """Return the result, or raise UnexpectedStatus if a response has none of these statuses."""
    if not set(result.statuses) <= set(statuses):
        raise UnexpectedStatus(
            f"respuestas {sorted(set(result.statuses))} donde se esperaba {list(statuses)}"
        )
    return result


def rate(results: Sequence[Result]) -> Spread:
    return Spread.of([result.rate for result in results])


def share_of_floor(work: str, product: Spread, floor: Spread, goal: float, unit: str = "/s") -> Line:
    """Build a line whose goal is a share of the floor's rate."""
    ratio = product.middle / floor.middle
    return Line(
        work,
        f"{product} {unit}",
        f"{floor} {unit}",
        f"{ratio:.0%}".replace("%", " %"),
        f"≥ {goal:.0%}".replace("%", " %"),
        ratio >= goal,
    )


def milliseconds(seconds: float) -> str:
    return f"{figure(seconds * 1000)} ms"
