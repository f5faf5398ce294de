"""The order of day and month in the dates of a source, from those that can be read in one way.

`25/11/2021` says that the day comes first, `11/25/2021` that the month does, and so does
`03/04/2021` beside the address `/2021/03/04/the-bridge`. A source has an order
if some of its dates say so, on different days, and none says the other; one that says both mixes
two formats, and none of its ambiguous dates is certain. Memory is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct, field

from pipeline.parse.date_grammar import numbers_before_year

LEAST = 3  # different days that must say the same
_MAX_SOURCES = 2_000
_LONGEST = 90  # characters of a date
_LONGEST_ADDRESS = 500
_DAY_IN_ADDRESS = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<mark>[-/_]?)(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?!\d)"
)
_MONTH_IN_ADDRESS = re.compile(r"/(?P<year>(?:19|20)\d\d)/(?P<month>\d\d?)/(?!\d\d?/)")

DayOrder = Literal["DMY", "MDY"]


class LearnedOrder(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The order of a source, as in the rules file."""

    order: Annotated[DayOrder, Meta(description="Whether the day or the month comes first.")]
    seen: Annotated[int, Meta(ge=0, description="How many dates can be read so only.")] = 0


class Dates(Struct):
    """What the dates of one source say."""

    seen: dict[DayOrder, int] = field(default_factory=lambda: {"DMY": 0, "MDY": 0})
    days: dict[DayOrder, set[str]] = field(default_factory=lambda: {"DMY": set(), "MDY": set()})
    ambiguous: int = 0

    @property
    def mixes(self) -> bool:
        """Whether some dates say one order and some the other."""
        return bool(self.seen["DMY"] and self.seen["MDY"])

    @property
    def order(self) -> LearnedOrder | None:
        """The order that enough dates say and none contradicts."""
        for order, days in self.days.items():
            if len(days) >= LEAST and not self.mixes:
                return LearnedOrder(order=order, seen=self.seen[order])
        return None


class Numbers(NamedTuple):
    """The two numbers before the year of a date, and the year."""

    first: int
    second: int
    year: int

    @property
    def are_possible(self) -> bool:
        return 1 <= min(self.first, self.second) <= 12 and max(self.first, self.second) <= 31

    @property
    def order(self) -> DayOrder | None:
        """The one order that is possible for two different numbers."""
        return "DMY" if self.first > 12 else "MDY" if self.second > 12 else None


@lru_cache(maxsize=1024)  # many articles come in a day
def numbers_of(raw: str) -> Numbers | None:
    """Returns the numbers of a date that needs an order, or None."""
    found = numbers_before_year(raw)
    return Numbers(*found) if found else None


def order_beside(raw: str, *beside: str | None, by_month: bool = True) -> DayOrder | None:
    """Returns the order in which an ambiguous date agrees with a date in the texts beside it.

    The texts are the address and the id of an article, where the year comes first. `by_month`:
    where they have no day, a month in them decides, `/2021/03/`; it is that of publication.

    >>> order_beside("03/04/2021", "https://river.example/2021/03/04/the-bridge")
    'MDY'
    """
    texts = [text[:_LONGEST_ADDRESS] for text in beside if text]
    found = _found(_DAY_IN_ADDRESS, texts, "year", "month", "day")
    if not found and by_month:
        found = _found(_MONTH_IN_ADDRESS, texts, "year", "month")
    numbers = numbers_of(raw) if found else None
    if numbers is None:
        return None
    year, first, second = numbers.year, numbers.first, numbers.second
    month_first = not found.isdisjoint([(year, first, second), (year, first)])
    day_first = not found.isdisjoint([(year, second, first), (year, second)])
    return None if month_first == day_first else "MDY" if month_first else "DMY"


def _found(pattern: re.Pattern[str], texts: Sequence[str], *parts: str) -> set[tuple[int, ...]]:
    matches = (match for text in texts for match in pattern.finditer(text))
    return {tuple(int(match[part]) for part in parts) for match in matches}


class DateOrders:
    """Collects the dates of sources, one by one."""

    def __init__(self) -> None:
        self.sources: dict[str, Dates] = {}

    def add(self, source: str | None, raw: str | None, *beside: str | None) -> None:
        """Adds a date as it was given, and the address and id beside it.

        Takes hardly any time for a date that begins with its year.
        """
        if not source or not raw or raw[2:5].isdecimal() or len(raw) > _LONGEST:
            return
        numbers = numbers_of(raw)
        if numbers is None or numbers.first == numbers.second or not numbers.are_possible:
            return
        if source not in self.sources and len(self.sources) >= _MAX_SOURCES:
            return
        dates = self.sources.setdefault(source, Dates())
        order = numbers.order or order_beside(raw, *beside)
        if order is None:
            dates.ambiguous += 1
            return
        dates.seen[order] += 1
        if len(dates.days[order]) < LEAST:
            dates.days[order].add(f"{numbers.first}/{numbers.second}")

    def learned(self) -> dict[str, LearnedOrder]:
        """Returns the orders that are certain, by name of the source."""
        orders = {source: dates.order for source, dates in sorted(self.sources.items())}
        return {source: order for source, order in orders.items() if order}

    def unknown(self) -> dict[str, Dates]:
        """Returns the sources with ambiguous dates whose order is not certain."""
        return {
            source: dates
            for source, dates in sorted(self.sources.items())
            if dates.ambiguous and not dates.order
        }
