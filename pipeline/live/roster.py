"""The sources by their records on `quality.sources`, those in trouble first.

Every partition of `quality.articles` counts inputs without a source, and `other`: such records are
added up. A record is as old as the last event of its source. The other records of its partition
show how far the partition was counted since, which distinguishes an hour without articles (zero)
from one that was not counted yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Raw, Struct
from msgspec.structs import replace

from pipeline.article import encode
from pipeline.live.wire import record_of
from pipeline.routing import Door
from pipeline.sources import Signal, SignalName, SourceRecord, SourceWindow, Span
from pipeline.sources.counts import HOUR, as_seconds

HOURS = 24  # of a sparkline
# More than the role tracks by default in all its partitions: 16,000.
MOST_SOURCES = 20_000
_GRAVEST = {name: rank for rank, name in enumerate(SignalName)}
_DAY_CHARACTERS = 10  # of a time in ISO 8601


class Tally(Struct, frozen=True):
    """A source's counts in the current day."""

    doors: dict[Door, int] = {}
    repaired: float = 0.0

    @property
    def received(self) -> int:
        """All inputs; each left through one door."""
        return sum(self.doors.values())

    @property
    def articles(self) -> int:
        """Inputs that could be read."""
        return self.received - self.doors.get(Door.DEAD_LETTER, 0)

    def plus(self, other: Tally) -> Tally:
        """Returns the sum of both."""
        doors = {door: self.doors.get(door, 0) + other.doors.get(door, 0) for door in Door}
        return Tally(doors, self.repaired + other.repaired)


class SourceStatus(Struct, frozen=True):
    """The current state of a source."""

    name: str | None
    hours: tuple[int, ...]  # articles, the current hour last
    today: Tally
    signals: tuple[Signal, ...]  # the gravest first
    last_seen_at: str

    @property
    def trouble(self) -> tuple[object, ...]:
        """A sort key: sources in trouble first, by severity, then by volume."""
        gravest = min((_GRAVEST[one.signal] for one in self.signals), default=len(_GRAVEST))
        return gravest, -sum(self.hours), -self.today.received, self.name or ""


class _PartitionRecord(Struct, frozen=True):
    """A record: the fields that are sorted and listed, and the whole as bytes."""

    name: str | None
    partition: int
    at: str
    hours: tuple[int, ...]
    day: SourceWindow | None
    signals: tuple[Signal, ...]
    last_seen_at: str
    value: bytes


class Roster:
    """The latest record of each source."""

    def __init__(self, most: int = MOST_SOURCES) -> None:
        self._most = most
        self._held: dict[bytes | None, _PartitionRecord] = {}
        self._reached: dict[int, str] = {}  # by partition of `quality.articles`
        self._ranked: list[SourceStatus] | None = None

    def put(self, key: bytes | None, value: bytes | None) -> bool:
        """Adds a record; None deletes the source. Returns False for a record that is not ours."""
        self._ranked = None
        if value is None:
            self._held.pop(key, None)
            return True
        record = record_of(value, SourceRecord)
        if record is None:
            return False
        self._reached[record.partition] = max(record.at, self._reached.get(record.partition, ""))
        self._held.pop(key, None)  # the dictionary is ordered by last change
        if len(self._held) >= self._most:
            del self._held[next(iter(self._held))]
        self._held[key] = _PartitionRecord(
            name=record.source,
            partition=record.partition,
            at=record.at,
            hours=record.hours,
            day=window_of(record, Span.DAY),
            signals=record.signals,
            last_seen_at=record.last_seen_at,
            value=encode(replace(record, state=Raw(b"null"))),
        )
        return True

    def ranked(self) -> list[SourceStatus]:
        """All sources, those in trouble first, then by volume."""
        if self._ranked is None:
            by_name: dict[str | None, list[_PartitionRecord]] = {}
            for held in self._held.values():
                by_name.setdefault(held.name, []).append(held)
            standings = (self._standing(name, parts) for name, parts in by_name.items())
            self._ranked = sorted(standings, key=lambda one: one.trouble)
        return self._ranked

    def named(self, part: str) -> list[SourceStatus]:
        """The sources whose name contains a text, ignoring case, in the same order."""
        wanted = part.casefold()
        return [one for one in self.ranked() if wanted in (one.name or "").casefold()]

    def records(self, name: str | None) -> list[SourceRecord]:
        """A source's records, one for each partition that counts it."""
        found = (
            record_of(held.value, SourceRecord) for held in self._held.values() if held.name == name
        )
        return sorted((one for one in found if one), key=lambda one: one.partition)

    def standing(self, name: str | None) -> SourceStatus | None:
        """The state of one source."""
        parts = [held for held in self._held.values() if held.name == name]
        return self._standing(name, parts) if parts else None

    def _standing(self, name: str | None, parts: Sequence[_PartitionRecord]) -> SourceStatus:
        hours = [0] * HOURS
        today = Tally()
        for held in parts:
            reached = self._reached[held.partition]
            hours = [a + b for a, b in zip(hours, _until(held, reached), strict=True)]
            if held.day and (held.day.start or "")[:_DAY_CHARACTERS] == reached[:_DAY_CHARACTERS]:
                today = today.plus(_tally(held.day))
        signals = sorted(
            (one for held in parts for one in held.signals), key=lambda one: _GRAVEST[one.signal]
        )
        last = max(held.last_seen_at for held in parts)
        return SourceStatus(name, tuple(hours), today, tuple(signals), last)


def window_of(record: SourceRecord, span: Span) -> SourceWindow | None:
    """Returns one of a record's windows, or None."""
    return next((one for one in record.windows if one.window is span), None)


def _until(held: _PartitionRecord, reached: str) -> Iterable[int]:
    """The last 24 hours up to `reached`; hours after the record are zeros."""
    passed = int(as_seconds(reached) // HOUR) - int(as_seconds(held.at) // HOUR)
    known = (*held.hours, *([0] * min(max(passed, 0), HOURS)))[-HOURS:]
    return (*([0] * (HOURS - len(known))), *known)


def _tally(window: SourceWindow) -> Tally:
    articles = window.received - window.dead_letters
    doors = {door: window.through(door) for door in Door}
    return Tally(doors, window.repaired_share * articles)
