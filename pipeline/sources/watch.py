"""Tracks all sources of one stream of quality records, in bounded memory.

An article is counted in the minute of its arrival. Finished minutes are merged into their hour, and
hours into their day. A late article is counted where it belongs and marked as backfilled, so it can
neither flood nor break a source.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator

import msgspec
import xxhash
from msgspec import Raw, Struct, field
from msgspec.structs import asdict, replace

from pipeline.article import DEAD_LETTER
from pipeline.sources import signals
from pipeline.sources.counted import CountedRecord
from pipeline.sources.counts import (
    DAY,
    HOUR,
    MINUTE,
    Counts,
    Traits,
    as_seconds,
    as_time,
    most,
    total,
    traits_of,
)
from pipeline.sources.options import SourcesOptions
from pipeline.sources.record import (
    OTHER,
    Signal,
    SignalName,
    SourceLine,
    SourceRecord,
    SourceWindow,
    Span,
)
from pipeline.sources.signals import Found
from pipeline.sources.usual import DAYS, HOURS, Usual, baseline, usual_hour

_LONGEST_NAME = 120  # characters of a source's name; longer ones end in a hash
_LONGEST_ID = 300  # characters of an article's id that are kept
_RECENT = 30  # articles kept as examples
_RAISED = 10  # raised signals that are kept
_DAY_REPAIRS = 40  # kept of a finished day; sources need about twenty different ones
_GRAVEST = {name: rank for rank, name in enumerate(SignalName)}


class ActiveSignal(Struct, array_like=True):
    """An active signal, and when it was last confirmed (seconds since 1970)."""

    signal: Signal
    found: float


class SourceState(Struct, array_like=True):
    """Everything that is kept of a source."""

    at: int  # the current minute since 1970
    first: float  # arrivals, seconds since 1970
    last: float
    minute: Counts = field(default_factory=Counts)
    hour: Counts = field(default_factory=Counts)  # without the current minute
    day: Counts = field(default_factory=Counts)  # without the current hour
    before: Counts = field(default_factory=Counts)  # all days before
    hours: dict[int, int] = field(default_factory=dict)  # articles of hours that had any
    days: dict[int, Counts] = field(default_factory=dict)
    signals: dict[SignalName, ActiveSignal] = field(default_factory=dict)
    raised: list[Signal] = field(default_factory=list)


read_state = msgspec.json.Decoder(SourceState).decode


class Source:
    """One source: its windows, its past, its signals."""

    def __init__(self, name: str | None, state: SourceState) -> None:
        self.name = name
        self.state = state
        self._usual: Usual | None = None
        self._recent: deque[tuple[str, Traits]] = deque(maxlen=_RECENT)

    def add(self, account: CountedRecord, seen: float) -> None:
        """Counts one input that arrived at `seen` (seconds since 1970)."""
        minute = int(seen // MINUTE)
        if minute > self.state.at:
            self.close(minute)
        is_late = minute * MINUTE // HOUR < self.state.at * MINUTE // HOUR
        traits = traits_of(account)
        is_dead = DEAD_LETTER in traits.findings
        for counts in self._counts_of(minute):
            if is_dead:
                counts.add_dead_letter(seen)
            else:
                counts.add(traits, seen, is_late=is_late)
        day = minute * MINUTE // DAY
        if day in self.state.days:
            self.state.days[day] = _slim(self.state.days[day])
        if not is_dead and len(account.id) <= _LONGEST_ID:
            self._recent.append((account.id, traits))
        if seen >= self.state.last:
            self.state.last = seen
            self.state.signals.pop(SignalName.SILENT, None)

    def close(self, minute: int) -> None:
        """Closes the current minute and merges finished windows into the next larger ones."""
        state = self.state
        state.hour.merge(state.minute)
        state.minute = Counts()
        here, there = state.at * MINUTE, minute * MINUTE
        if here // HOUR != there // HOUR:
            self.check_signals(here)
            if state.hour.received:
                state.hours[here // HOUR] = state.hour.received
            state.day.merge(state.hour)
            state.hour = Counts()
        if here // DAY != there // DAY:
            if state.day.received:
                state.days[here // DAY] = _slim(state.day)
            state.before.merge(state.day)
            state.day = Counts()
            self._forget(there)
        state.at = minute

    def check_signals(self, now: float) -> bool:
        """Looks for signals at a time (seconds); returns whether any is active or ended."""
        before = dict(self.state.signals)
        hour = total((self.state.hour, self.state.minute))
        day = total((self.state.day, hour))
        found: dict[SignalName, Found] = {}
        for span, counts in ((Span.DAY, day), (Span.HOUR, hour)):  # the hour's replaces the day's
            found |= {one.signal: one for one in signals.in_window(span, counts, self.usual)}
        hours, first = self.state.hours, int(self.state.first // HOUR)
        flooded = signals.flood(hour, hours, int(now // HOUR) - first)
        silent = signals.silence(now, self.state.last, hours, first)
        found |= {one.signal: one for one in (flooded, silent) if one}
        for name, one in found.items():
            self._hold(name, one, now)
        self._release(found.keys(), now, day)
        return before != self.state.signals

    @property
    def usual(self) -> Usual:
        """The statistics of the days before."""
        if self._usual is None:
            self._usual = Usual(self.state.days, self.state.at * MINUTE // DAY)
        return self._usual

    def windows(self) -> tuple[SourceWindow, ...]:
        """Returns the current minute, hour and day, and everything so far."""
        state = self.state
        at = state.at * MINUTE
        hour = total((state.hour, state.minute))
        day = total((state.day, hour))
        return (
            state.minute.window(self.name, Span.MINUTE, at),
            hour.window(self.name, Span.HOUR, at - at % HOUR),
            day.window(self.name, Span.DAY, at - at % DAY),
            total((state.before, day)).window(self.name, Span.RUN, None),
        )

    def _past_days(self) -> Iterator[SourceWindow]:
        """Yields the kept days before the current one, in order."""
        for day, counts in sorted(self.state.days.items()):
            yield counts.window(self.name, Span.DAY, day * DAY)

    def lines(self, history: Source) -> Iterator[SourceLine]:
        """Yields the whole run, then its days in order.

        What is usual and what has changed come from `history`: the source itself, or the same
        source with the runs before; of its signals, those that are active or new.
        """
        *_, today, run = self.windows()
        known, began = history.record(partition=0), as_time(self.state.first)
        active = {(one.signal, one.since) for one in known.signals}
        shown = (
            one for one in known.raised if one.since >= began or (one.signal, one.since) in active
        )
        yield SourceLine(**asdict(run), baseline=known.baseline, signals=tuple(shown))
        yield from (SourceLine(**asdict(day)) for day in (*self._past_days(), today))

    def active_signals(self) -> tuple[Signal, ...]:
        """Returns the signals that are active, the gravest first."""
        held = sorted(self.state.signals.values(), key=lambda one: _GRAVEST[one.signal.signal])
        return tuple(one.signal for one in held)

    def record(self, partition: int) -> SourceRecord:
        """Returns the source as it is now."""
        state = self.state
        hour = state.at * MINUTE // HOUR
        current = state.hour.received + state.minute.received
        expected = usual_hour(state.hours, hour, int(state.first // HOUR))
        return SourceRecord(
            source=self.name,
            at=as_time(max(state.last, state.at * MINUTE)),
            partition=partition,
            windows=self.windows(),
            hours=(*(state.hours.get(one, 0) for one in range(hour - 23, hour)), current),
            baseline=baseline(self.usual, expected),
            signals=self.active_signals(),
            raised=tuple(state.raised),
            first_seen_at=as_time(state.first),
            last_seen_at=as_time(state.last),
            state=Raw(msgspec.json.encode(state)),
        )

    def _counts_of(self, minute: int) -> list[Counts]:
        """Returns the counters for a minute, whether its windows are finished or not."""
        state = self.state
        if minute == state.at:
            return [state.minute]
        here, seen = state.at * MINUTE, minute * MINUTE
        if here // HOUR - HOURS < seen // HOUR < here // HOUR:
            state.hours[seen // HOUR] = state.hours.get(seen // HOUR, 0) + 1
        if seen // HOUR == here // HOUR:
            return [state.hour]
        if seen // DAY == here // DAY:
            return [state.day]
        if seen // DAY <= here // DAY - DAYS:
            return [state.before]
        self._usual = None
        return [state.before, state.days.setdefault(seen // DAY, Counts())]

    def _hold(self, name: SignalName, found: Found, now: float) -> None:
        held = self.state.signals.get(name)
        articles = signals.look_at(found, tuple(self._recent))
        signal = Signal(
            signal=name,
            window=found.window,
            since=held.signal.since if held else as_time(now),
            value=found.value,
            usual=found.usual,
            what=found.what,
            message=found.message,
            articles=articles or (held.signal.articles if held else ()),
        )
        self.state.signals[name] = ActiveSignal(signal, now)
        if held is None:
            self.state.raised = [*self.state.raised, signal][-_RAISED:]

    def _release(self, found: Container[SignalName], now: float, day: Counts) -> None:
        """Ends signals that have not been true for an hour, if there are enough data to tell.

        So one that an hour showed does not go and come when the next hour begins with few articles.
        """
        longest = HOUR if day.articles >= signals.LEAST_ARTICLES else DAY
        for name, held in [*self.state.signals.items()]:
            is_over = name not in found and name is not SignalName.SILENT
            if is_over and now - held.found > longest:
                del self.state.signals[name]

    def _forget(self, now: int) -> None:
        """Drops data older than four weeks and recomputes what is usual."""
        state = self.state
        oldest = now // DAY - DAYS
        state.hours = {at: n for at, n in state.hours.items() if at >= oldest * DAY // HOUR}
        state.days = {at: one for at, one in state.days.items() if at > oldest}
        self._usual = None


def _slim(counts: Counts) -> Counts:
    """Drops rare repairs and findings without a signal, as many days are kept."""
    watched = {name: n for name, n in counts.findings.items() if name in signals.WATCHED}
    return replace(counts, repairs=most(counts.repairs, _DAY_REPAIRS), findings=watched)


def name_of(source: str | None) -> str | None:
    """Returns the name that a source is counted under; a very long one is cut and hashed."""
    if source is None or len(source) <= _LONGEST_NAME:
        return source
    whole = xxhash.xxh3_64_hexdigest(source.encode(errors="replace"))
    return f"{source[: _LONGEST_NAME - 17]}-{whole}"


class Watermark:
    """The event time of a stream whose partitions advance at different speeds.

    It is the least time among the partitions that delivered a record within `idle` seconds.
    """

    def __init__(self, idle: float = 60.0) -> None:
        self._idle = idle
        self._reached: dict[int | None, tuple[float, float]] = {}

    def note(self, partition: int | None, seen: float, now: float) -> None:
        """Notes a record of a partition that arrived at `seen` and was read at `now`."""
        reached, _ = self._reached.get(partition, (seen, now))
        self._reached[partition] = max(seen, reached), now

    def at(self, now: float) -> float | None:
        """Returns the time that all have reached; None without recent records."""
        live = [seen for seen, read in self._reached.values() if now - read <= self._idle]
        return min(live, default=None)


class Watch:
    """The sources of one partition; those beyond the limit are counted as `other`.

    `forgets`: whether sources are dropped after four weeks without an input.
    """

    def __init__(
        self,
        options: SourcesOptions | None = None,
        partition: int = 0,
        *,
        forgets: bool = True,
    ) -> None:
        self._options = options or SourcesOptions()
        self._partition = partition
        self._forgets = forgets
        self._sources: dict[str | None, Source] = {}
        self._changed: dict[str | None, None] = {}
        self._forgotten: list[str | None] = []
        self._hour = 0  # when all sources were last checked for silence

    def __len__(self) -> int:
        return len(self._sources)

    def __iter__(self) -> Iterator[Source]:
        return iter(self._sources.values())

    def add(self, account: CountedRecord) -> None:
        """Counts one input. Raises ValueError for an arrival before 1970."""
        seen = as_seconds(account.seen_at)
        if seen < 0:
            raise ValueError(f"nothing came at {account.seen_at}")
        source = self._of(name_of(account.source), seen)
        source.add(account, seen)
        self._changed[source.name] = None

    def advance(self, now: float) -> None:
        """Advances the time and looks for silent sources, once an hour.

        Sources are judged as of the full hour, so that the next worker, which does not know
        what was checked, comes to the same result.
        """
        hour = int(now // HOUR)
        if hour <= self._hour:
            return
        self._hour = hour
        for name, source in self._sources.items():
            if source.state.at * MINUTE < hour * HOUR:
                had_articles = source.state.hour.received or source.state.minute.received
                source.close(hour * HOUR // MINUTE)
                if source.check_signals(hour * HOUR) or had_articles:
                    self._changed[name] = None
        if self._forgets:
            self._drop_forgotten(hour * HOUR)

    def changed_records(self) -> list[SourceRecord]:
        """Returns the sources that changed since the last call."""
        changed, self._changed = self._changed, {}
        records = []
        for name in changed:
            source = self._sources.get(name)
            if source:
                source.check_signals(source.state.last)
                records.append(source.record(self._partition))
        return records

    def forgotten(self) -> list[str | None]:
        """Returns the names of sources that were dropped since the last call."""
        names, self._forgotten = self._forgotten, []
        return names

    def records(self) -> Iterator[SourceRecord]:
        """Returns the current state of every source, without looking for signals."""
        return (source.record(self._partition) for source in [*self._sources.values()])

    def restore(self, record: SourceRecord) -> None:
        """Restores a source from its record."""
        self._sources[record.source] = Source(record.source, read_state(record.state))

    def _of(self, name: str | None, seen: float) -> Source:
        source = self._sources.get(name)
        if source is None:
            if len(self._sources) >= self._options.most and name is not None:
                name = OTHER
            source = self._sources.get(name)
        if source is None:
            source = Source(name, SourceState(int(seen // MINUTE), seen, seen))
            self._sources[name] = source
        return source

    def _drop_forgotten(self, now: float) -> None:
        """Drops sources without an input for four weeks: their signals mean nothing."""
        for name in [
            name for name, one in self._sources.items() if now - one.state.last > DAYS * DAY
        ]:
            del self._sources[name]
            self._forgotten.append(name)
