"""Dates as machines write them: ISO 8601 and what stands around it, and counts since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 4_102_444_800  # 2100-01-01, in seconds since 1970
# From 1971 on: a smaller number is a year, a page number or a zero for no date.
_FIRST_SECOND = 31_536_000
# The year 1 in seconds since 1970, where .NET and Go begin to count.
_YEAR_ONE = -62_135_596_800
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)  # s, ms, us, ns

_DIGITS = re.compile(r"-?\d{1,20}(?:\.\d{1,9})?")
# `/Date(1729001100000+0200)/` (.NET), `ISODate("...")` (MongoDB), `Timestamp('...')` (pandas),
# `np.datetime64('...')`, `new Date(1729001100000)`.
_CALL = re.compile(
    r"\\?/?(?:new\s+)?(?:\w+\.)*(?P<name>Date|ISODate|Timestamp|datetime64)"
    r"\(\s*(?P<quote>[\"']?)(?P<value>[^\"'()]{1,60}?)(?P=quote)(?:,\s*tz=[^()]{1,40})?\s*\)\\?/?",
    re.IGNORECASE,
)
# `datetime.datetime(2024, 10, 15, 14, 5, tzinfo=...)`, as Python prints it.
_PYTHON = re.compile(
    r"(?:datetime\.)?date(?:time)?\((?P<day>\d{4}, \d\d?, \d\d?)(?P<time>, \d\d?(?:, \d+)*)?\)"
)
_NET_ZONE = re.compile(r"(?<=\d)[+-]\d{4}$")
# `2024-10-15T10:00:00+02:00[Europe/Berlin]` (java.time), `2024-10-15 10:00:00 Europe/Berlin` (PHP).
_REGION = re.compile(r"\s*\[(?P<a>[\w+/-]{1,40})\]$|\s+(?P<b>[A-Z][a-z]+/[A-Z][\w/]{1,40})$")
_SPACED_ZONE = re.compile(r"\s+(?:UTC|GMT|Z)$|(?<=\d)\s+(?=[+-]\d\d:?\d\d$)")
_BASIC = re.compile(r"\d{8}T\d{4,6}")
_DAY_ONLY = len("2021-W44-7")


def unwrapped(text: str) -> str:
    """Returns the date inside a constructor's call, as databases and languages print it."""
    if printed := _PYTHON.fullmatch(text):
        day = "-".join(f"{int(part):02}" for part in printed["day"].split(","))
        time = ":".join(f"{int(part):02}" for part in (printed["time"] or "").split(",")[1:4])
        return f"{day} {time}".strip()
    call = _CALL.fullmatch(text) if text.endswith((")", ")/", ")\\/")) else None
    if call is None:
        return text
    # The zone of a .NET date is where it was written; the count is of UTC.
    count = _NET_ZONE.sub("", call["value"])
    return count if count.lstrip("-").isdigit() else call["value"]


def iso_moment(text: str) -> tuple[datetime, bool] | None:
    """Returns the moment of ISO 8601 text and whether it has a time of day, or None.

    Raises OverflowError at the ends of the calendar.
    """
    if not (text[:4].isdecimal() and (text[4:5] == "-" or _BASIC.match(text))):
        return None
    region = _REGION.search(text)
    if region:
        text = text[: region.start()]
    zoned = _SPACED_ZONE.sub(lambda match: "" if match[0].isspace() else "+00:00", text)
    try:
        moment = datetime.fromisoformat(zoned)
    except ValueError:
        return None
    if region and moment.tzinfo is None and len(text) > _DAY_ONLY:
        moment = moment.replace(tzinfo=_zone_of(region["a"] or region["b"]))
    return moment, len(text) > _DAY_ONLY


def _zone_of(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_number(text: str) -> bool:
    """Returns whether a text is nothing but a number."""
    return _DIGITS.fullmatch(text) is not None


def counted_moment(text: str) -> tuple[datetime, bool] | None:
    """Returns what a number says: YYYYMMDD[hhmm[ss]], or a count since 1970 in s, ms, us or ns."""
    if len(text) in (8, 12, 14) and text.isdecimal():
        try:
            # No zone is given and none is needed to read the digits.
            moment = datetime.strptime(text, "%Y%m%d%H%M%S"[: len(text) - 2])  # noqa: DTZ007
        except ValueError:
            moment = None
        if moment and 1600 <= moment.year <= 2200:
            return moment, len(text) > len("20211107")
    count = float(text)
    for unit in _UNITS:
        if _FIRST_SECOND <= count / unit < _LAST_SECOND:
            return _EPOCH + timedelta(seconds=int(text.partition(".")[0]) // unit), True
    return None


def counts_nothing(text: str) -> bool:
    """Returns whether a number is a zero of a clock: nobody set it."""
    count = float(text)
    return count == 0 or count in [_YEAR_ONE * unit for unit in _UNITS]
