"""Two things measured in turn, so that whatever else the machine does befalls both."""

from collections.abc import Callable, Sequence

from bench.figures import Line, Spread, figure
from bench.load import Result

Volley = Callable[[], Result]


class RequestRefused(Exception):
    """The server did not do what was measured; the message says what it answered."""


def in_turn(rounds: int, *volleys: Volley) -> list[list[Result]]:
    """The shots of each, after one of each that does not count."""
    for volley in volleys:
        volley()
    shots: list[list[Result]] = [[] for _ in volleys]
    for _ in range(rounds):
        for fired, volley in zip(shots, volleys, strict=True):
            fired.append(volley())
    return shots


def accepted(shot: Result, *statuses: int) -> Result:
    """The shot, if every answer was one of these."""
    if not set(shot.statuses) <= set(statuses):
        raise RequestRefused(f"respuestas {sorted(set(shot.statuses))} donde se esperaba {list(statuses)}")
    return shot


def rate(shots: Sequence[Result]) -> Spread:
    return Spread.of([shot.rate for shot in shots])


def share_of_floor(work: str, product: Spread, floor: Spread, goal: float, unit: str = "/s") -> Line:
    """A line whose goal is a part of the floor's rate."""
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
