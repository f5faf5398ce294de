"""Reads dates as ISO 8601, and only if a single reading is possible.

What comes out: `2021-11-07` for a day; `2021-11-07T08:00:00Z` for a time whose zone was given,
turned to UTC; `2021-11-07T08:00:00` for a time without a zone (the zone is not known, so none is
claimed). Fractions of a second are dropped. Nothing here knows today's date: `yesterday` is
counted from the time at which the page was read, where the record says it, and whether a date lies
in the future is for the checks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from pipeline.author_words import by_inside
from pipeline.parse.date_grammar import (
    WEEKDAYS_OF_RFC,
    RelativeDay,
    Written,
    read_written,
)
from pipeline.parse.date_lexicon import ago_in, before_update, key_of
from pipeline.parse.date_machine import (
    counted_moment,
    counts_nothing,
    is_number,
    iso_moment,
    unwrapped,
)
from pipeline.parse.options import DateOrder
from pipeline.parse.problems import (
    DATE_AMBIGUOUS,
    DATE_FROM_CRAWL,
    DATE_SENTINEL,
    DATE_UNREADABLE,
    Notice,
)

_TAG = re.compile(r"<[^<>]{1,60}>")
_ISO_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)")
_APART = re.compile(r"\s+[|/\u00b7\u2022-]+\s+|\s+(?=[^\W\d_]{2,20}\s?:\s?[^\W\d_])")
_ANOTHER_DATE = re.compile(r"\d{3}|\d\s?[:./-]\s?\d")
_ODD_FIRST = re.compile(r"(?P<word>[^\s,]{1,12}),\s*(?=\d)")
_CLOCK, _DIGIT = re.compile(r"\d\d?:\d\d(?::\d\d)?"), re.compile(r"\d")
_LONGEST = 90  # characters; what JavaScript writes, with the zone's name spelled out, has 80
# Years a news text can carry; outside, the number was something else.
_YEARS = range(1600, 2201)
# Years in which a date is neither the zero of a clock nor of another calendar.
_PLAIN_YEARS = range(1971, 2050)
# The days from which machines count, and the last one: .NET and Go, Windows, SQL Server, OLE and
# Excel, MySQL; nobody set the date.
_DAYS_OF_NOTHING = frozenset(
    ("0001-01-01", "1601-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01")
)
_LAST_DAY = "9999-12-31"
_NO_DAY = "0000-00-00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST_ZONE = timedelta(hours=14)


class Reading(NamedTuple):
    """A date as ISO 8601, or why there is none; both are None for a value that says nothing.

    A date counted from the time of reading has both.
    """

    iso: str | None = None
    problem: Notice | None = None


_UNREADABLE = Reading(problem=DATE_UNREADABLE)
_AMBIGUOUS = Reading(problem=DATE_AMBIGUOUS)
_SENTINEL = Reading(problem=DATE_SENTINEL)


def read_date(
    raw: str,
    order: DateOrder | None = None,
    language: str | None = None,
    crawled: str | None = None,
    *,
    in_prose: bool = False,
) -> Reading:
    """Returns the date that `raw` states without ambiguity.

    `language` is a BCP 47 tag, which selects the names of months and the calendar; `crawled` is
    the time at which the page was read, in ISO 8601. `in_prose`: `raw` is a line of a text, where
    words apart from a date are more than furniture.

    >>> read_date("March 7, 2024").iso, read_date("03/07/2024").iso
    ('2024-03-07', None)
    """
    try:
        # The form of most records.
        moment = datetime.fromisoformat(raw) if raw[4:5] == "-" == raw[7:8] else None
    except ValueError:
        moment = None
    if moment is not None and moment.year in _PLAIN_YEARS:
        return Reading(raw if len(raw) == 10 else _iso(moment))
    return _read_other(
        raw.strip()[: _LONGEST + 1],
        order,
        (language or "").partition("-")[0],
        crawled,
        in_prose,
    )


def is_relative(raw: str, language: str | None = None) -> bool:
    """Returns whether a date can be read only with the time at which the page was read."""
    reading = read_date(raw, None, language, "2000-01-01T00:00:00Z")
    return reading.problem is DATE_FROM_CRAWL


@lru_cache(maxsize=4096)
def _read_other(
    raw: str,
    order: DateOrder | None,
    language: str,
    crawled: str | None,
    in_prose: bool,  # noqa: FBT001 - of a cache
) -> Reading:
    if not raw or len(raw) > _LONGEST:
        return _UNREADABLE if raw else Reading()
    if "&" in raw or "<" in raw:
        raw = _TAG.sub(" ", html.unescape(raw)).strip()
    try:
        key = key_of(raw)
        reading = _read_machine(unwrapped(raw), language)
        reading = reading or _read_people(key, order, language, crawled)
        parts = _parts(raw, key, in_prose=in_prose) if reading is _UNREADABLE else ()
        for part, needs_time in parts:
            found = _read_people(part, order, language, crawled)
            if found is not _UNREADABLE and (not needs_time or "T" in (found.iso or "")):
                return found
    except (ValueError, OverflowError):  # a month 13, an hour 25, the year 0
        return _UNREADABLE
    return _day_among_words(raw, language) if reading is _UNREADABLE else reading


def _day_among_words(raw: str, language: str) -> Reading:
    """Returns the one ISO day in a text whose words are none of dates, without its time.

    `2024-10-15 14:05 Source: River Post`; what the words say of the time is not known.
    """
    days = _ISO_DAY.findall(raw)
    rest = _CLOCK.sub(" ", _ISO_DAY.sub(" ", raw, count=1))
    if len(days) != 1 or _DIGIT.search(rest):
        return _UNREADABLE
    return _read_machine("-".join(days[0]), language) or _UNREADABLE


def _parts(raw: str, key: str, *, in_prose: bool) -> Iterator[tuple[str, bool]]:
    """Yields the parts of a key that may be the date, and whether it has to have a time.

    What stands before the date of a change, before `by` and a name, before words apart without a
    date of their own (`| 2 min read`, `/ River News`, `Source: AFP`); and a date with a time behind
    one odd word, as a weekday in a language that we do not know.
    """
    named = by_inside().search(raw)
    first = before_update(key_of(raw[: named.start()]) if named else key)
    if first != key and any(map(str.isdigit, first)):
        yield first, False
    if in_prose:
        return
    for apart in reversed(list(_APART.finditer(first))):
        if not _ANOTHER_DATE.search(first, apart.end()):
            yield first[: apart.start()], False
    odd = _ODD_FIRST.match(first)
    if odd and not odd["word"].startswith(WEEKDAYS_OF_RFC):
        yield first[odd.end() :], True


def _read_machine(text: str, language: str) -> Reading | None:
    if not text.isascii():
        text = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    if text.startswith((_NO_DAY, _LAST_DAY)):
        return _SENTINEL if _is_midnight(text[10:]) else _UNREADABLE
    if is_number(text):
        if counts_nothing(text):
            return _SENTINEL
        found = counted_moment(text)
        return _believed(*found) if found else _UNREADABLE
    found = iso_moment(text)
    if found is None or (found[0].year not in _PLAIN_YEARS and language):
        return _of_year_one(found)
    return _believed(*found)


def _of_year_one(found: tuple[datetime, bool] | None) -> Reading | None:
    """Returns the reading of a zero; other odd years may be of another calendar."""
    return _SENTINEL if found and _stands_for_nothing(*found) else None


def _is_midnight(time: str) -> bool:
    return not time.strip("T :0.Z+") or time.startswith(("T23:59:59", " 23:59:59"))


def _believed(moment: datetime, has_time: bool) -> Reading:  # noqa: FBT001 - as the pair is read
    """Returns the date unless its year is impossible, or it is the zero of a clock."""
    if _stands_for_nothing(moment, has_time):
        return _SENTINEL
    if moment.year not in _YEARS:
        return _UNREADABLE
    return Reading(_iso(moment) if has_time else moment.date().isoformat())


def _stands_for_nothing(moment: datetime, has_time: bool) -> bool:  # noqa: FBT001
    if moment.year in _PLAIN_YEARS:
        return False
    if not has_time or moment.time() == datetime.min.time():
        if moment.date().isoformat() in _DAYS_OF_NOTHING:
            return True
        if not has_time:
            return timedelta() <= _EPOCH.date() - moment.date() <= timedelta(days=1)  # west of UTC
    if moment.year not in (1969, 1970):
        return False
    # The epoch, also in local time without its zone.
    if moment.tzinfo is not None:
        return moment == _EPOCH
    apart = moment.replace(tzinfo=UTC) - _EPOCH
    return abs(apart) <= _FARTHEST_ZONE and apart % timedelta(minutes=30) == timedelta()


def _iso(moment: datetime) -> str:
    if moment.tzinfo is None:
        return moment.isoformat(timespec="seconds")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _read_people(key: str, order: DateOrder | None, language: str, crawled: str | None) -> Reading:
    ago = ago_in(key)
    if ago is not None:
        return _counted(ago, crawled)
    written = read_written(key, order, language)
    if written is None:
        return _UNREADABLE
    if isinstance(written, RelativeDay):
        return _told(written, crawled)
    return _read(written)


def _read(written: Written) -> Reading:
    if written.moment is None:
        return _AMBIGUOUS
    return _believed(written.moment, written.has_time)


def _counted(minutes: int, crawled: str | None) -> Reading:
    """Returns the date some minutes before the time of reading; days and weeks ago give a day."""
    read = _moment_of(crawled)
    if read is None:
        return _UNREADABLE
    moment, has_time = read
    in_days = minutes % 1440 == 0
    if not in_days and not has_time:
        return _UNREADABLE
    before = moment - timedelta(minutes=minutes)
    return Reading(before.date().isoformat() if in_days else _iso(before), DATE_FROM_CRAWL)


def _told(day: RelativeDay, crawled: str | None) -> Reading:
    """Returns today or yesterday, seen from the time of reading."""
    read = _moment_of(crawled)
    if read is None:
        return _UNREADABLE
    date = (read[0] - timedelta(days=day.days_ago)).date()
    if day.time is None:
        return Reading(date.isoformat(), DATE_FROM_CRAWL)
    # The time of day is the paper's, whose zone is not known.
    moment = datetime(date.year, date.month, date.day, *day.time)  # noqa: DTZ001
    return Reading(_iso(moment), DATE_FROM_CRAWL)


def _moment_of(crawled: str | None) -> tuple[datetime, bool] | None:
    found = iso_moment(crawled) if crawled else None
    return found if found and found[0].year in _PLAIN_YEARS else None
