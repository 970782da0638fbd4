"""The days off that F8 determines, written by hand, and working days counted from them alone."""

from collections.abc import Mapping
from datetime import date

# By year: 1 January, Carnival, Good Friday, 1 May, 24 May, 10 August, 9 October, 2 and 3 November,
# 25 December, each where it moves to. 1 January of 2022 and 2028, a Saturday, are the last of the
# year before.
TABLE = """
2018  01-01  02-12 02-13  03-30  04-30  05-25  08-10  10-08  11-01 11-02  12-25
2019  01-01  03-04 03-05  04-19  05-03  05-24  08-09  10-11  11-01 11-04  12-25
2020  01-01  02-24 02-25  04-10  05-01  05-25  08-10  10-09  11-02 11-03  12-25
2021  01-01  02-15 02-16  04-02  04-30  05-24  08-09  10-08  11-01 11-02  12-24  12-31
2022         02-28 03-01  04-15  05-02  05-23  08-12  10-10  11-03 11-04  12-26
2023  01-02  02-20 02-21  04-07  05-01  05-26  08-11  10-09  11-02 11-03  12-25
2024  01-01  02-12 02-13  03-29  05-03  05-24  08-09  10-11  11-01 11-04  12-25
2025  01-01  03-03 03-04  04-18  05-02  05-23  08-11  10-10  11-03 11-04  12-25
2026  01-01  02-16 02-17  04-03  05-01  05-25  08-10  10-09  11-02 11-03  12-25
2027  01-01  02-08 02-09  03-26  04-30  05-24  08-09  10-08  11-01 11-02  12-24  12-31
2028         02-28 02-29  04-14  05-01  05-26  08-11  10-09  11-02 11-03  12-25
2029  01-01  02-12 02-13  03-30  04-30  05-25  08-10  10-08  11-01 11-02  12-25
2030  01-01  03-04 03-05  04-19  05-03  05-24  08-09  10-11  11-01 11-04  12-25
"""
OFF = {
    int(line.split()[0]): {date.fromisoformat(f"{line.split()[0]}-{day}") for day in line.split()[1:]}
    for line in TABLE.strip().splitlines()
}


def is_working(day: date, changes: Mapping[date, bool]) -> bool:
    """Whether people work on a day of 2018-2030, given the days that staff changed."""
    return changes.get(day, day.isoweekday() <= 5 and day not in OFF[day.year])
