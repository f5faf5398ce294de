"""Dates as people write them: day, month and year in numbers or words, with or without a time.

A key (`date_lexicon.key_of`) is read in three steps: the time of day, then a date in numbers, are
cut out and leave a sign; what remains must be words of dates and numbers, of which each has one
place to go. A word that no date has makes the text unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

from pipeline.languages import calendars
from pipeline.parse.calendars import to_gregorian
from pipeline.parse.date_lexicon import Kind, Word, key_of, marks, words_in
from pipeline.parse.options import DateOrder

_PIVOT = 69  # two-digit years from here on are of the 20th century, as POSIX strptime has it
_T, _D = "\ue000", "\ue001"  # where a time and a date in numbers were
_FIRST_GREGORIAN = 1600  # smaller years are of the solar Hijri calendar
_FIRST_YEAR = "\u5143"  # of an era

_NUMERIC = re.compile(
    r"(?<![\d.])(?P<a>\d{1,4}) \s? (?P<mark>[./:-]) \s? (?P<b>\d{1,2}) \s? (?P=mark) \s?"
    r"(?P<c>\d{1,4}) (?!\d)",
    re.VERBOSE,
)
_OFFSET = re.compile(
    r"(?P<before>[ap]\.?m\.?\s*)?\(?"
    r"(?:(?:utc|gmt|z)\s?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?"
    r"|(?P<sign2>[+-])(?P<hours2>\d\d):?(?P<minutes2>\d\d))(?!\d)"
    r"(?:\s?(?:utc|gmt|z)\b)?"
)
_DOTTED_TIME = re.compile(r"(?<![\d.])(?P<hour>\d{1,2})\.(?P<minute>\d\d)(?![\d.]*\d)")
_ZONE_IN_FULL = re.compile(r"\(\s*[a-z][a-z /+_-]{1,40}\)")
_COMMENT = re.compile(r"\([^()]{1,60}\)")  # RFC 822; JavaScript names the zone in its own language
_BESIDE_TIMES = (Kind.BEFORE_NOON, Kind.AFTER_NOON, Kind.ZONE)
WEEKDAYS_OF_RFC = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Written(NamedTuple):
    """What a text says; without a moment, it is ambiguous."""

    moment: datetime | None
    has_time: bool = False


class RelativeDay(NamedTuple):
    """A day told from the day on which the page was read, with a time of day or None."""

    days_ago: int
    time: tuple[int, int, int] | None


class _Time(NamedTuple):
    hour: int
    minute: int
    second: int
    zone: timezone | None = None
    is_utc_offset: bool = False  # the zone is a number

    def on(self, day: date) -> Written:
        moment = datetime(day.year, day.month, day.day, self.hour, self.minute, self.second)  # noqa: DTZ001
        return Written(moment.replace(tzinfo=self.zone), has_time=True)


AMBIGUOUS = Written(None)


def read_written(text: str, order: DateOrder | None, language: str) -> Written | RelativeDay | None:
    """Returns what a key says, None if it is no date. Raises ValueError for a day that is none."""
    time, rest = _take_time(text.replace(f"{_FIRST_YEAR}\u5e74", "1\u5e74"))
    numeric = _NUMERIC.search(rest)
    if numeric:
        rest = f"{rest[: numeric.start()]} {_D} {rest[numeric.end() :]}"
    if time is None and (dotted := _DOTTED_TIME.search(rest)):
        time = _Time(int(dotted["hour"]), int(dotted["minute"]), 0)
        rest = f"{rest[: dotted.start()]} {_T} {rest[dotted.end() :]}"
    before, sign, after = rest.partition(_T)
    if sign and (_T in after):
        return None
    if time is not None and time.zone:
        after = _COMMENT.sub(" ", after)
    left, right = _words(before, language), _words(after, language)
    if right is None and sign:
        right = _words(_ZONE_IN_FULL.sub(" ", after), language)
    if left is None or right is None:
        return None
    if time is not None:
        taken = _with_half_and_zone(time, left, right)
        if taken is None:
            return None
        time, left, right = taken
    return _read_words([*left, *right], numeric, time, order, language)


def _words(text: str, language: str) -> list[Word] | None:
    """Returns the words of a part of the text; a date in numbers is the word `_D`."""
    before, sign, after = text.partition(_D)
    first, second = words_in(before, language), words_in(after, language)
    if first is None or second is None:
        return None
    return [*first, *([Word(_D)] if sign else ()), *second]


# The time of day


@cache
def _time() -> re.Pattern[str]:
    hour, minute, second = marks("hour_mark"), marks("minute_mark"), marks("second_mark")
    return re.compile(
        rf"""(?: (?<=\d)t | (?<=[^\d:]\d{{4}}:) | (?<![\d.:+-]) ) (?P<hour>\d{{1,2}})
        (?: : (?P<minute>\d\d?) (?: : (?P<second>\d\d?) (?:[.,]\d{{1,9}})? )? (?![\d:])
          | \s?{hour} (?: \s?(?P<minute2>\d{{1,2}}) (?:\s?{minute}(?![^\W\d_]))?
              (?: \s?(?P<second2>\d{{1,2}})\s?{second} )? )? (?!\d|[a-z]) )""",
        re.VERBOSE,
    )


def _take_time(text: str) -> tuple[_Time | None, str]:
    """Returns the first time of day with its offset from UTC, and the text with a sign for it."""
    match = _time().search(text)
    if match is None:
        return None, text
    minute = match["minute"] or match["minute2"] or "0"
    second = match["second"] or match["second2"] or "0"
    time = _Time(int(match["hour"]), int(minute), int(second))
    rest = text[match.end() :].lstrip()
    if offset := _OFFSET.match(rest):
        hours = int(offset["hours"] or offset["hours2"])
        minutes = int(offset["minutes"] or offset["minutes2"] or 0)
        delta = timedelta(hours=hours, minutes=minutes)
        negative = (offset["sign"] or offset["sign2"]) == "-"
        time = time._replace(zone=timezone(-delta if negative else delta), is_utc_offset=True)
        rest = f"{offset['before'] or ''} {rest[offset.end() :]}"
    return time, f"{text[: match.start()]} {_T} {rest}"


def _with_half_and_zone(
    time: _Time, left: list[Word], right: list[Word]
) -> tuple[_Time, list[Word], list[Word]] | None:
    """Returns the time as the words beside it say, and the words that remain."""
    halves = (Kind.BEFORE_NOON, Kind.AFTER_NOON)
    half = None
    if right and right[0].is_a(*halves):
        half, right = right[0], right[1:]
    elif left and left[-1].is_a(*halves):
        half, left = left[-1], left[:-1]
    if half is not None:
        if time.hour > 23:
            return None
        if half.is_a(Kind.AFTER_NOON):
            time = time._replace(hour=time.hour if time.hour >= 12 else time.hour + 12)
        elif time.hour == 12:
            time = time._replace(hour=0)
    while right and right[0].is_a(Kind.NOTHING) and not right[0].is_a(Kind.ZONE):
        right = right[1:]  # 18:05 Uhr MEZ
    while right and right[0].is_a(Kind.ZONE):  # GMT (UTC)
        hours = right[0].values(Kind.ZONE)
        if time.zone is None and len(hours) == 1 and (east := hours.pop()) is not None:
            time = time._replace(zone=timezone(timedelta(hours=east)))
        right = right[1:]
    return time, left, right


# The day


def _read_words(
    words: Sequence[Word],
    numeric: re.Match[str] | None,
    time: _Time | None,
    order: DateOrder | None,
    language: str,
) -> Written | RelativeDay | None:
    months = _months_among(words)
    numbers = [i for i, word in enumerate(words) if not word.meanings and word.text != _D]
    spoken = [word for word in words if word.meanings and word not in months]
    if any(word.is_a(*_BESIDE_TIMES) and not _is_idle(word) for word in spoken):
        return None
    days = [word for word in spoken if word.is_a(Kind.TODAY, Kind.YESTERDAY)]
    day: date | Written | None = None
    if len(days) == 1 and not (numbers or numeric or months):
        clock = (time.hour, time.minute, time.second) if time else None
        return RelativeDay(1 if days[0].is_a(Kind.YESTERDAY) else 0, clock)
    if numeric and not (days or months or numbers):
        day = _numeric_day(numeric, words, order, language)
    elif len(months) == 1 and not (days or numeric):
        day = _named_day(words, months[0], numbers, time, language)
    if isinstance(day, date):
        return time.on(day) if time else Written(datetime(day.year, day.month, day.day))  # noqa: DTZ001
    return day


def _is_idle(word: Word) -> bool:
    return word.is_a(Kind.NOTHING, Kind.WEEKDAY, Kind.LABEL)


def _months_among(words: Sequence[Word]) -> list[Word]:
    """Returns the words for months; one that may be another word is none beside a certain one.

    Of two names of one month, as Arabic papers print them side by side, the first is returned.
    """
    months = [word for word in words if word.is_a(Kind.MONTH, Kind.JALALI_MONTH)]
    if len({frozenset(word.values(Kind.MONTH)) for word in months}) == 1:
        months = months[:1]
    for other in (Kind.WEEKDAY, Kind.NOTHING):
        if len(months) > 1:
            months = [word for word in months if not word.is_a(other)] or months
    return months


def _named_day(
    words: Sequence[Word], month: Word, numbers: list[int], time: _Time | None, language: str
) -> date | Written | None:
    """Returns the day of a month's name, a day and a year."""
    if len(numbers) != 2:
        return None
    first, second = (words[i].text for i in numbers)
    if len(first) <= 2 == len(second) and not any(_era_before(words, i) for i in numbers):
        in_order = numbers[0] < words.index(month) < numbers[1]
        return _short_year(words, month, int(first), int(second), time) if in_order else None
    for day, at in ((second, numbers[0]), (first, numbers[1])):
        era, year = _era_before(words, at), words[at].text
        if len(day) <= 2 and (era is not None or len(year) == 4):
            calendar = "gregorian" if era else _calendar(month, language)
            return _day_of(month, int(day), int(year) + (era or 0), calendar)
    return None


def _day_of(month: Word, day: int, year: int, calendar: str) -> date | Written | None:
    jalali, gregorian = month.values(Kind.JALALI_MONTH), month.values(Kind.MONTH)
    if jalali and year < _FIRST_GREGORIAN:
        return to_gregorian("jalali", year, _only(jalali), day)
    if len(gregorian) != 1:
        return AMBIGUOUS if gregorian else None
    return to_gregorian(calendar, year, _only(gregorian), day)


def _short_year(
    words: Sequence[Word], month: Word, day: int, year: int, time: _Time | None
) -> date | Written | None:
    """Returns the day of RFC 822, whose years have two digits: with its weekday, or in a zone."""
    values = month.values(Kind.MONTH)
    if len(values) != 1:
        return None
    found = date(_full_year(year), _only(values), day)
    weekdays = [word.text for word in words if word.is_a(Kind.WEEKDAY)]
    if weekdays:
        return found if weekdays[0][:3] == WEEKDAYS_OF_RFC[found.weekday()] else None
    return found if time and time.zone else None


def _numeric_day(
    numeric: re.Match[str], words: Sequence[Word], order: DateOrder | None, language: str
) -> date | Written | None:
    a, b, c = numeric["a"], numeric["b"], numeric["c"]
    if (era := _era_before(words, words.index(Word(_D)))) is not None:
        return date(int(a) + era, int(b), int(c))
    calendar = calendars().get(language, "gregorian")
    if len(a) == 4:
        return to_gregorian(calendar, int(a), int(b), int(c)) if len(c) <= 2 else None
    if len(a) > 2 or len(c) not in (2, 4) or numeric["mark"] == ":":
        return None
    if order == "YMD":
        return date(_full_year(int(a)), int(b), int(c)) if len(c) == 2 else None
    order = order or (only_order(int(a), int(b), numeric["mark"]) if len(c) == 4 else None)
    return _ordered_day(int(a), int(b), c, order, calendar)


def _ordered_day(
    a: int, b: int, digits: str, order: DateOrder | None, calendar: str
) -> date | Written | None:
    """Returns the day of two numbers before the digits of a year."""
    if order is None:
        return AMBIGUOUS if max(a, b) > 0 else None
    day, month = (b, a) if order == "MDY" else (a, b)
    year = int(digits) if len(digits) == 4 else _full_year(int(digits))
    return to_gregorian(calendar, year, month, day)


def only_order(a: int, b: int, mark: str) -> DateOrder | None:
    """Returns the one order in which two numbers before a year are possible, or None."""
    # With full stops the day comes first: no locale of the Unicode CLDR writes M.d.y.
    if a > 12 or mark == "." or a == b:
        return "DMY"
    return "MDY" if b > 12 else None


def numbers_before_year(text: str) -> tuple[int, int, int] | None:
    """Returns the numbers of a date whose day and month need an order, and its year, or None."""
    numeric = _NUMERIC.search(key_of(text))
    if numeric is None or numeric["mark"] not in "/-" or len(numeric["a"]) > 2:
        return None
    a, b, c = numeric["a"], numeric["b"], numeric["c"]
    return (int(a), int(b), int(c)) if len(c) == 4 else None


def _era_before(words: Sequence[Word], i: int) -> int | None:
    eras = words[i - 1].values(Kind.ERA) if i else set()
    return _only(eras) if len(eras) == 1 else None


def _calendar(month: Word, language: str) -> str:
    own = calendars().get(language)
    return own or (next(iter(month.calendars)) if len(month.calendars) == 1 else "gregorian")


def _full_year(year: int) -> int:
    return year + (1900 if year >= _PIVOT else 2000)


def _only(values: set[int | None]) -> int:
    return next(value for value in values if value is not None)
