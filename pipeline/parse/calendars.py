"""Days of other calendars as days of the Gregorian one."""

from __future__ import annotations

from datetime import date, timedelta

# Years of a calendar in which news is written; outside, a year of a text is a Gregorian one.
_BUDDHIST = range(2400, 2701)
_JALALI = range(1200, 1501)
_BIKRAM_SAMBAT = range(2050, 2151)
# 1 Farvardin of the first year of the table below, and the length of each year since: Jalali years
# have 366 days where the 33-year rule says so, which agrees with the official calendar from 1178
# to 1633 (Kazimierz Borkowski, The Persian calendar for 3000 years, 1996).
_NOWRUZ_1200 = date(1821, 3, 21)
_LEAP = frozenset((1, 5, 9, 13, 17, 22, 26, 30))
_LONG_MONTHS = 6  # of 31 days; the others have 30


def to_gregorian(calendar: str, year: int, month: int, day: int) -> date | None:
    """Returns the Gregorian day; None for a calendar that we cannot convert.

    Raises ValueError if there is no such day. A year that is none of the calendar's stays.

    >>> to_gregorian("buddhist", 2567, 3, 15), to_gregorian("jalali", 1403, 7, 24)
    (datetime.date(2024, 3, 15), datetime.date(2024, 10, 15))
    """
    if calendar == "buddhist" and year in _BUDDHIST:
        return date(year - 543, month, day)
    if calendar == "jalali" and year in _JALALI:
        return _from_jalali(year, month, day)
    if calendar == "bikram_sambat" and year in _BIKRAM_SAMBAT:
        return None
    return date(year, month, day)


def _is_leap(year: int) -> bool:
    return year % 33 in _LEAP


def _from_jalali(year: int, month: int, day: int) -> date:
    longest = 31 if month <= _LONG_MONTHS else 30 if month < 12 or _is_leap(year) else 29
    if not (1 <= month <= 12 and 1 <= day <= longest):
        raise ValueError(f"no day {year}-{month}-{day} in the Jalali calendar")
    years = range(_JALALI.start, year)
    days = 365 * len(years) + sum(map(_is_leap, years))
    days += 31 * min(month - 1, _LONG_MONTHS) + 30 * max(0, month - 1 - _LONG_MONTHS) + day - 1
    return _NOWRUZ_1200 + timedelta(days=days)
