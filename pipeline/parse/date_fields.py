"""The date of a record, from the fields that may hold it.

The first field that can be read wins. A date that can be read in two ways is read as the one that
also stands in the address or the id, else with the day first where the language knows no other
order. A twin in UTC (`date_gmt` beside WordPress's `date`) gives
the zone, and a relative date is counted from the field that says when the page was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec import Raw

from pipeline.languages import days_first
from pipeline.parse.aliases import CRAWL_TIMES, squash
from pipeline.parse.date_orders import order_beside
from pipeline.parse.dates import Reading, read_date
from pipeline.parse.options import DateOrder
from pipeline.parse.problems import DATE_AMBIGUOUS, DATE_BY_LANGUAGE, DATE_UNREADABLE
from pipeline.parse.values import read_moment

_LONGEST_NAME = 40  # characters; no name of a list is longer
_IN_UTC = ("gmt", "utc")  # ends of the names of fields whose times are in UTC
_NOON = re.compile(r"(?i)\b[ap]\.?m\b")  # American software wrote the date
_FARTHEST_ZONE = timedelta(hours=14)


class DateReader(NamedTuple):
    """Reads the dates of one record.

    `extra` has its unknown fields; `beside` are its address and id, in which a date may stand.
    """

    order: DateOrder | None
    language: str | None
    extra: Mapping[str, Raw]
    crawl_field: str | None
    beside: tuple[str | None, ...] = ()
    is_publication: bool = True

    def read(self, text: str) -> Reading:
        reading = read_date(text, self.order, self.language)
        if reading.problem is DATE_AMBIGUOUS:
            return self._by_the_record(text) or reading
        if reading.problem is DATE_UNREADABLE and (crawled := self._crawled()):
            return read_date(text, self.order, self.language, crawled)
        return reading

    def _by_the_record(self, text: str) -> Reading | None:
        """Reads an ambiguous date in the order that the address, the id or the language gives."""
        if order := order_beside(text, *self.beside, by_month=self.is_publication):
            return read_date(text, order, self.language)
        if (self.language or "").partition("-")[0] not in days_first() or _NOON.search(text):
            return None
        reading = read_date(text, "DMY", self.language)
        return reading._replace(problem=DATE_BY_LANGUAGE) if reading.iso else None

    def _crawled(self) -> str | None:
        """Returns when the page was read, if the record says it."""
        for name, raw in self.extra.items():
            if name == self.crawl_field or squash(name[:_LONGEST_NAME]) in CRAWL_TIMES:
                return read_date(text_of(raw)).iso
        return None


def text_of(raw: Raw) -> str:
    """Returns the date in a raw JSON value as text, or an empty one."""
    try:
        found = read_moment(msgspec.json.decode(raw))
    except (msgspec.DecodeError, ValueError):  # a number too large for any type
        return ""
    return found.value if found else ""


def in_utc(iso: str, fields: Iterable[tuple[int, str, Raw]]) -> str:
    """Returns a time without a zone in UTC if one of the fields, by its name, says it in UTC.

    Fields are (rank, name, value).
    """
    for _, name, raw in () if iso.endswith("Z") else fields:
        if squash(name[:_LONGEST_NAME]).endswith(_IN_UTC):
            twin = (read_date(text_of(raw)).iso or "").removesuffix("Z")
            if "T" in twin and abs(_moment(twin) - _moment(iso)) <= _FARTHEST_ZONE:
                return f"{twin}Z"
    return iso


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)
