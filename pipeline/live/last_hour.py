"""Counts of the last hour by minute of arrival and door, and their bar chart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from pipeline.report.axes import Bar, Frame, Tick, count_ticks, round_up, stack
from pipeline.report.labels import count
from pipeline.routing import DOORS, Door

MINUTES = 60  # shown, the current one last
_MINUTE = 60  # seconds
_AHEAD = 5  # minutes by which a sender's clock may be ahead of ours


class Minute(Struct):
    """Counts of inputs that arrived in one minute."""

    doors: dict[Door, int] = {}
    repaired: int = 0


class Paper(Frame, frozen=True, kw_only=True):
    """A frame for the chart of the hour, and the minutes between two ticks."""

    tick_minutes: int
    left: int = 38
    right: int = 2
    top: int = 8
    bottom: int = 22


WIDE = Paper(width=1080, height=170, tick_minutes=10)
NARROW = Paper(width=360, height=150, tick_minutes=20)


class Gap(Struct, frozen=True):
    """A range of minutes without data: a missing bar there is not a zero."""

    x: float
    width: float


class HourChart(Struct, frozen=True):
    """Everything to draw for the hour in one frame."""

    frame: Paper
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


class Hour(Struct, frozen=True):
    """The last 60 minutes; everything between the two minutes of `known` was counted."""

    first: int  # minutes since 1970
    minutes: tuple[Minute, ...]
    known: tuple[int, int]
    earlier: int  # left during the hour, but arrived before it

    def total(self, door: Door) -> int:
        """Inputs that left through a door."""
        return sum(minute.doors.get(door, 0) for minute in self.minutes)

    @property
    def received(self) -> int:
        """All inputs; each left through one door."""
        return sum(sum(minute.doors.values()) for minute in self.minutes)

    @property
    def repaired(self) -> int:
        """Articles with at least one edit."""
        return sum(minute.repaired for minute in self.minutes)

    @property
    def start(self) -> str:
        """When the first minute began: 12:04."""
        return clock(self.first)

    @property
    def end(self) -> str:
        """When the last minute began."""
        return clock(self.first + len(self.minutes) - 1)


class Flow:
    """Counts by minute of arrival; minutes more than an hour ago are dropped."""

    def __init__(self) -> None:
        self._minutes: dict[int, Minute] = {}
        self._earlier: dict[int, int] = {}  # by the minute they left

    def add(self, door: Door, *, repaired: bool, seen: float, out: float, now: float) -> None:
        """Counts one input that arrived at `seen` and left at `out` (seconds since 1970)."""
        minute, came_out, last = (int(time // _MINUTE) for time in (seen, out, now))
        if minute <= came_out - MINUTES:
            self._earlier[came_out] = self._earlier.get(came_out, 0) + 1
        if not last - MINUTES < minute <= last + _AHEAD:
            return
        counts = self._minutes.get(minute)
        if counts is None:
            self._forget(last - MINUTES)
            counts = self._minutes[minute] = Minute({})
        counts.doors[door] = counts.doors.get(door, 0) + 1
        counts.repaired += repaired

    def hour(self, now: float, known: tuple[float, float]) -> Hour:
        """The hour that ends with the current minute; `known`: from and until when (seconds)."""
        last = int(now // _MINUTE)
        first = last - MINUTES + 1
        return Hour(
            first=first,
            minutes=tuple(self._minutes.get(at) or Minute({}) for at in range(first, last + 1)),
            known=(int(known[0] // _MINUTE), int(known[1] // _MINUTE)),
            earlier=sum(n for at, n in self._earlier.items() if at >= first),
        )

    def _forget(self, until: int) -> None:
        self._minutes = {at: one for at, one in self._minutes.items() if at > until}
        self._earlier = {at: one for at, one in self._earlier.items() if at > until}


def draw(hour: Hour, frame: Paper) -> HourChart:
    """Draws stacked bars, one for each minute, with round numbers at the ticks."""
    top = round_up(max((sum(one.doors.values()) for one in hour.minutes), default=0))
    return HourChart(
        frame=frame,
        bars=tuple(_bars(hour, frame, top)),
        gaps=tuple(_gaps(hour, frame)),
        x_ticks=tuple(_x_ticks(hour, frame)),
        y_ticks=count_ticks(frame, top),
    )


def clock(minute: int) -> str:
    """The time of day of a minute since 1970, in UTC: 12:04."""
    return datetime.fromtimestamp(minute * _MINUTE, UTC).strftime("%H:%M")


def to_the_second(seconds: float) -> str:
    """The time of day of a time since 1970, in UTC: 12:04:59."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def _bars(hour: Hour, frame: Paper, top: int) -> Iterator[Bar]:
    step = frame.slot(MINUTES)
    for index, minute in enumerate(hour.minutes):
        title = _title(hour.first + index, minute)
        parts = [(row.tone, minute.doors.get(door, 0), title) for door, row in DOORS.items()]
        x = frame.left + step * index + step * 0.1
        yield from stack(parts, frame, top, x, step * 0.8)


def _title(at: int, minute: Minute) -> str:
    parts = [
        f"{minute.doors[door]:,} {row.many.lower()}"
        for door, row in DOORS.items()
        if minute.doors.get(door)
    ]
    return f"{clock(at)}: {count(sum(minute.doors.values()), 'article')}, {', '.join(parts)}"


def _gaps(hour: Hour, frame: Paper) -> Iterator[Gap]:
    """Yields the ranges of minutes outside of `known`."""
    since, until = hour.known
    unknown = [at < since or at > until for at in range(hour.first, hour.first + MINUTES)]
    step = frame.slot(MINUTES)
    for start, end in _runs(unknown):
        yield Gap(frame.left + step * start, step * (end - start))


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yields (start, end) of each run of True."""
    start = None
    for index, flag in enumerate((*flags, False)):
        if flag and start is None:
            start = index
        elif not flag and start is not None:
            yield start, index
            start = None


def _x_ticks(hour: Hour, frame: Paper) -> Iterable[Tick]:
    for index in range(len(hour.minutes)):
        at = hour.first + index
        if at % frame.tick_minutes == 0:
            yield Tick(frame.left + frame.slot(MINUTES) * (index + 0.5), clock(at))
