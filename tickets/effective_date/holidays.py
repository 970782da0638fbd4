"""The holidays of Ecuador in any year, with the moves of the labour law (F8).

Pure functions, for the holidays of the law only. Staff add the days that the government decrees and
those of a city (`tickets.effective_date.calendar`).
"""

from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

# Days by which a holiday moves, by its weekday. On the other weekdays it does not move
SINGLE = {TUESDAY: -1, WEDNESDAY: 2, THURSDAY: 1, SATURDAY: -1, SUNDAY: 1}
NEW_YEAR_AND_CHRISTMAS = {SATURDAY: -1, SUNDAY: 1}
NEVER: dict[int, int] = {}
# Days by which 2 and 3 November move, by the weekday of the 2nd
PAIR = {TUESDAY: (-1, -1), WEDNESDAY: (1, 1), FRIDAY: (-1, -1), SATURDAY: (-1, 1), SUNDAY: (1, 1)}


@dataclass(frozen=True)
class Holiday:
    """A holiday: the day off, and the date that it commemorates, which may be a working day."""

    day: date
    own_date: date
    name: str | Promise

    @property
    def is_moved(self) -> bool:
        return self.day != self.own_date


def easter(year: int) -> date:
    """Return Easter Sunday in the Gregorian calendar (Meeus, Jones and Butcher's method)."""
    century, of_century = divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * (year % 19) + century - leap_centuries - correction + 15) % 30
    leaps, of_four = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * leaps - epact - of_four) % 7
    late = (year % 19 + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=512)
def holidays_in(year: int) -> tuple[Holiday, ...]:
    """Return the days off of a calendar year, earliest first.

    A New Year's Day that is a Saturday moves into December, so the year before has it.
    """
    ours = _commemorated(year)
    if year < MAXYEAR:
        ours += (_new_year(year + 1),)
    return tuple(sorted((each for each in ours if each.day.year == year), key=lambda each: each.day))


@lru_cache(maxsize=512)
def days_off(year: int) -> frozenset[date]:
    """Return the days of `holidays_in` as a set, for look-ups."""
    return frozenset(each.day for each in holidays_in(year))


def _commemorated(year: int) -> tuple[Holiday, ...]:
    """Return the holidays whose own date is in the year; their day off may be in another."""
    sunday = easter(year)
    return (
        _new_year(year),
        _moved(sunday - timedelta(days=48), NEVER, _("Carnaval")),
        _moved(sunday - timedelta(days=47), NEVER, _("Carnaval")),
        _moved(sunday - timedelta(days=2), NEVER, _("Viernes Santo")),
        _moved(date(year, 5, 1), SINGLE, _("Día del Trabajo")),
        _moved(date(year, 5, 24), SINGLE, _("Batalla de Pichincha")),
        _moved(date(year, 8, 10), SINGLE, _("Primer Grito de Independencia")),
        _moved(date(year, 10, 9), SINGLE, _("Independencia de Guayaquil")),
        *_november(year),
        _moved(date(year, 12, 25), NEW_YEAR_AND_CHRISTMAS, _("Navidad")),
    )


def _new_year(year: int) -> Holiday:
    return _moved(date(year, 1, 1), NEW_YEAR_AND_CHRISTMAS, _("Año Nuevo"))


def _november(year: int) -> tuple[Holiday, Holiday]:
    second, third = date(year, 11, 2), date(year, 11, 3)
    moves = PAIR.get(second.weekday(), (0, 0))
    return (
        Holiday(second + timedelta(days=moves[0]), second, _("Día de los Difuntos")),
        Holiday(third + timedelta(days=moves[1]), third, _("Independencia de Cuenca")),
    )


def _moved(own_date: date, moves: dict[int, int], name: str | Promise) -> Holiday:
    return Holiday(own_date + timedelta(days=moves.get(own_date.weekday(), 0)), own_date, name)
