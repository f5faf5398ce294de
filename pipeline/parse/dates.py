"""Reads dates as ISO 8601, and only if a single reading is possible.

What comes out: `2021-11-07` for a day; `2021-11-07T08:00:00Z` for a time whose zone was given,
turned to UTC; `2021-11-07T08:00:00` for a time without a zone (the zone is not known, so none is
claimed). Fractions of a second are dropped. Nothing here knows today's date: what needs it
("yesterday", "7 November") is unreadable, and whether a date lies in the future is for the checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import NamedTuple

from pipeline.languages import words_of
from pipeline.parse.options import DateOrder
from pipeline.parse.problems import DATE_AMBIGUOUS, DATE_UNREADABLE, Notice

_LONGEST = 90  # characters; what JavaScript writes, with the zone's name spelled out, has 80
# Years a news text can carry; outside, the number was something else.
_YEARS = range(1600, 2201)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 4_102_444_800  # 2100-01-01, in seconds since 1970
_PIVOT = 69  # two-digit years from here on are of the 20th century, as POSIX strptime has it

# RFC 2822 section 4.3, and abbreviations of a single offset. Others (IST, BST) mean
# different zones in different places: the time stays without a zone.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6,
    "mst": -7, "pdt": -7, "pst": -8, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3,
    "msk": 3, "sast": 2, "wat": 1, "eat": 3, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
}  # fmt: skip
_TIME = r"""
    (?: (?:\s*[,T]\s*|\s+(?:at\s+|-\s+)?)
        (?P<hour>\d{1,2}) [:h.] (?P<minute>\d{2}) (?: : (?P<second>\d{2}) (?:[.,]\d{1,9})? )?
        \s* (?P<half>[ap]\.?m\.?)?
        \s* (?: (?:GMT|UTC)? (?P<sign>[+-]) (?P<zh>\d{2}) :? (?P<zm>\d{2})
            | \(? (?P<zone>[A-Za-z]{1,5}) \)? )?
        (?: \s* \(?[A-Za-z ]{2,40}\)? )?    # the zone's name again: +0000 (Coordinated ...)
    )?
"""
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_NUMERIC = re.compile(
    rf"(?P<a>\d{{1,4}}) (?P<mark>[./-]) (?P<b>\d{{1,2}}) (?P=mark) (?P<c>\d{{1,4}}) {_TIME}",
    re.VERBOSE | re.IGNORECASE,
)
_NAMED = re.compile(
    rf"""{_WEEKDAY}
    (?: (?P<d1>\d{{1,2}})(?:st|nd|rd|th)? [\s-]+ (?:of\s+)?
        (?P<m1>[a-z]{{3,9}})\.?,? [\s-]+ (?P<y1>\d{{4}})
      | (?P<m2>[a-z]{{3,9}})\.? \s+ (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? \s+ (?P<y2>\d{{4}})
      | (?P<y3>\d{{4}}) - (?P<m3>[a-z]{{3,9}}) - (?P<d3>\d{{1,2}})
    ) {_TIME}""",
    re.VERBOSE | re.IGNORECASE,
)
_EAST_ASIAN = re.compile(
    r"(?P<y>\d{4})\s*[\u5e74\ub144]\s*(?P<m>\d{1,2})\s*[\u6708\uc6d4]\s*"
    r"(?P<d>\d{1,2})\s*[\u65e5\uc77c]"
    rf"{_TIME}",
    re.VERBOSE | re.IGNORECASE,
)
_DIGITS = re.compile(r"-?\d{1,20}(?:\.\d{1,9})?")
_SPACED_ZONE = re.compile(r"\s+(?:UTC|GMT|Z)$|(?<=\d)\s+(?=[+-]\d\d:?\d\d$)")


class Reading(NamedTuple):
    """A date as ISO 8601, or why there is none; both are None for a value that says nothing."""

    iso: str | None = None
    problem: Notice | None = None


_UNREADABLE = Reading(problem=DATE_UNREADABLE)
_AMBIGUOUS = Reading(problem=DATE_AMBIGUOUS)


def read_date(raw: str, order: DateOrder | None = None, language: str | None = None) -> Reading:
    """Returns the date that `raw` states without ambiguity.

    `language` is a BCP 47 tag, which selects the names of months.

    >>> read_date("March 7, 2024").iso, read_date("03/07/2024").iso
    ('2024-03-07', None)
    """
    try:
        # The form of most records.
        moment = datetime.fromisoformat(raw) if raw[4:5] == "-" == raw[7:8] else None
    except ValueError:
        moment = None
    if moment is not None and moment.year in _YEARS:
        return Reading(raw if len(raw) == 10 else _iso(moment))
    return _read_other(raw.strip()[: _LONGEST + 1], order, (language or "").partition("-")[0])


@lru_cache(maxsize=4096)
def _read_other(raw: str, order: DateOrder | None, language: str) -> Reading:
    text = _ascii_digits(raw)
    if not text or len(text) > _LONGEST:
        return _UNREADABLE if text else Reading()
    try:
        if _DIGITS.fullmatch(text):
            return _read_digits(text)
        return (
            _read_iso(text)
            or _read_numeric(text, order)
            or _read_named(text)
            or _read_foreign(text, language)
        )
    except (ValueError, OverflowError):  # a month 13, an hour 25, the year 0
        return _UNREADABLE


def _ascii_digits(text: str) -> str:
    """Digits of any script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)


def _iso(moment: datetime) -> str:
    if moment.tzinfo is None:
        return moment.isoformat(timespec="seconds")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _read_iso(text: str) -> Reading | None:
    if not text[:4].isdecimal() or text[4:5] != "-":
        return None
    zoned = _SPACED_ZONE.sub(lambda match: "" if match[0].isspace() else "+00:00", text)
    try:
        moment = datetime.fromisoformat(zoned)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return _UNREADABLE
    return Reading(_iso(moment) if len(text) > len("2021-W44-7") else moment.date().isoformat())


def _read_digits(text: str) -> Reading:
    """Reads YYYYMMDD, YYYYMMDDhhmm, YYYYMMDDhhmmss, or a count since 1970 in s, ms, us or ns."""
    if len(text) in (8, 12, 14) and int(text[:4]) in _YEARS:
        pattern = "%Y%m%d%H%M%S"[: len(text) - 2]
        try:
            # No zone is given and none is needed to read the digits.
            moment = datetime.strptime(text, pattern)  # noqa: DTZ007
        except ValueError:
            moment = None
        if moment:
            return Reading(
                moment.date().isoformat() if len(text) == len("20211107") else _iso(moment)
            )
    count = float(text)
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        # From 1971 on: a smaller number is a year, a page number or a zero for no date.
        if 31_536_000 <= count / unit < _LAST_SECOND:
            return Reading(_iso(_EPOCH + timedelta(seconds=count / unit)))
    return Reading() if count == 0 else _UNREADABLE


def _read_numeric(text: str, order: DateOrder | None) -> Reading | None:
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    a, b, c = match["a"], match["b"], match["c"]
    if len(a) == 4:
        return _with_time(match, int(a), int(b), int(c))
    if len(a) > 2 or len(c) not in (2, 4):
        return _UNREADABLE
    if order == "YMD":
        return _with_time(match, _year(a), int(b), int(c)) if len(c) == 2 else _UNREADABLE
    if order is None:
        order = _only_order(int(a), int(b), match["mark"]) if len(c) == 4 else None
    if order is None:
        return _AMBIGUOUS if max(int(a), int(b)) > 0 else _UNREADABLE
    day, month = (int(b), int(a)) if order == "MDY" else (int(a), int(b))
    return _with_time(match, _year(c), month, day)


def _only_order(a: int, b: int, mark: str) -> DateOrder | None:
    """Returns the one order that is possible, None where two are."""
    # With full stops the day comes first: no locale of the Unicode CLDR writes M.d.y.
    if a > 12 or mark == "." or a == b:
        return "DMY"
    return "MDY" if b > 12 else None


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= _PIVOT else 2000)


def _read_named(text: str) -> Reading | None:
    """Reads a day, an English month name and a year; or the East Asian year, month and day."""
    if match := _EAST_ASIAN.fullmatch(text):
        return _with_time(match, int(match["y"]), int(match["m"]), int(match["d"]))
    match = _NAMED.fullmatch(text)
    if match is None:
        return None
    month = _months().get((match["m1"] or match["m2"] or match["m3"]).lower())
    if month is None:
        return None
    year, day = match["y1"] or match["y2"] or match["y3"], match["d1"] or match["d2"] or match["d3"]
    return _with_time(match, int(year), month, int(day))


@cache
def _months() -> Mapping[str, int]:
    """Returns the numbers of English months by full name and by abbreviation (RFC 2822)."""
    names = words_of("en", "month")
    full = {name: number for number, name in enumerate(names, start=1)}
    return {"sept": 9, **{name[:3]: number for name, number in full.items()}, **full}


def _with_time(match: re.Match[str], year: int, month: int, day: int) -> Reading:
    if year not in _YEARS:
        return _UNREADABLE
    moment = datetime(year, month, day)  # noqa: DTZ001 - the zone, if any, is put in below
    if match["hour"] is None:
        return Reading(moment.date().isoformat())
    hour = int(match["hour"])
    if half := match["half"]:
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    moment = moment.replace(
        hour=hour, minute=int(match["minute"]), second=int(match["second"] or 0)
    )
    return Reading(_iso(moment.replace(tzinfo=_zone(match))))


def _zone(match: re.Match[str]) -> timezone | None:
    if match["sign"]:
        offset = timedelta(hours=int(match["zh"]), minutes=int(match["zm"]))
        return timezone(-offset if match["sign"] == "-" else offset)
    hours = _ZONES.get((match["zone"] or "").lower())
    return None if hours is None else timezone(timedelta(hours=hours))


def _read_foreign(text: str, language: str) -> Reading:
    """Reads month names of other languages, by dateparser; accepted only if the numbers agree."""
    numbers = {int(number) for number in re.findall(r"\d+", text)}
    if not numbers & set(_YEARS) or not re.search(r"[^\W\d_]{3}", text):
        return _UNREADABLE
    moment = _ask_dateparser(text, language)
    if moment is None or moment.year not in numbers or moment.day not in numbers:
        return _UNREADABLE
    has_time = re.search(r"\d\s*[:h]\s*\d\d|\d\s*[ap]\.?m", text, re.IGNORECASE)
    return Reading(_iso(moment) if has_time else moment.date().isoformat())


def _ask_dateparser(text: str, language: str) -> datetime | None:
    # Imported here: it takes a third of a second, and most runs never meet such a date.
    from dateparser.date import DateDataParser  # noqa: PLC0415

    settings = {
        "PARSERS": ["absolute-time"],  # none that count from now
        "RELATIVE_BASE": datetime(2000, 1, 1),  # noqa: DTZ001 - only so that no clock is asked
        "REQUIRE_PARTS": ["day", "month", "year"],
        "STRICT_PARSING": True,
    }
    # All languages only where none is declared: trying them takes ten times as long.
    for languages in ([language], ["en"]) if language in _locales() else (None,):
        try:
            found = DateDataParser(languages=languages, settings=settings).get_date_data(text)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            continue  # a text it trips over
        moment: datetime | None = found.date_obj
        if moment is not None:
            return moment
    return None


@lru_cache(maxsize=1)
def _locales() -> frozenset[str]:
    """Returns the languages whose month names dateparser knows."""
    from dateparser.data.languages_info import language_order  # noqa: PLC0415 - as above

    return frozenset(language_order)
