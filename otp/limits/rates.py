"""Parses rates: `3/10m,5/h,10/d` is three in ten minutes, five in an hour and ten in a day."""

import re
from dataclasses import dataclass

MAXIMUM_COUNT = 100
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
RATE = re.compile(r"(?P<count>\d{1,9})/(?P<length>\d{1,4})?(?P<unit>[smhd])")


@dataclass(frozen=True, order=True)
class Rate:
    """At most `count` times in any window of `seconds`."""

    count: int
    seconds: int


def parse_rates(raw: str) -> tuple[Rate, ...]:
    """Return the rates in `raw`, all of which must hold. Raises ValueError, with a message in
    Spanish.
    """
    return tuple(_parse_rate(part.strip()) for part in raw.split(",") if part.strip())


def parse_count(raw: str) -> int:
    """Return a count of 1 to 100 (NIST 800-63B 3.2.2), written as `10` or as the rate `10/d`.

    Raises ValueError, with a message in Spanish.
    """
    count = int(raw) if raw.isascii() and raw.isdigit() else _parse_rate(raw).count
    if not 1 <= count <= MAXIMUM_COUNT:
        raise ValueError(f"debe ser un número entre 1 y {MAXIMUM_COUNT}")
    return count


def _parse_rate(part: str) -> Rate:
    match = RATE.fullmatch(part)
    if match is None:
        raise ValueError(f"«{part}» no es un límite; se escriben así: 3/10m,5/h,10/d")
    rate = Rate(int(match["count"]), int(match["length"] or 1) * UNIT_SECONDS[match["unit"]])
    if rate.count < 1 or rate.seconds < 1:
        raise ValueError(f"«{part}» no deja pasar nada; use 1 o más")
    return rate
