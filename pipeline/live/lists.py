"""The rows of lists on the page, ready for the templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from pipeline.live.paths import article_path, source_path
from pipeline.live.recent import Kept
from pipeline.live.roster import SourceStatus, Tally
from pipeline.report.axes import Bar
from pipeline.report.labels import Part, count, parts_of, plain, share
from pipeline.report.shown import clip
from pipeline.routing import DOORS, Door
from pipeline.sources import SIGNALS, Baseline, Signal, SignalName, SourceRecord, SourceWindow, Span

NAMELESS = "(no source given)"
_NAME, _HEADLINE, _WHY, _MESSAGE = 60, 140, 90, 300
# Signals that mean that articles of a source are being lost or broken.
_GRAVE = {
    SignalName.SILENT,
    SignalName.EXTRACTOR_BROKE,
    SignalName.REJECTS_JUMPED,
    SignalName.FIELD_GONE,
}
_FIELDS = {"url": "address"}
SPARK_WIDTH, SPARK_HEIGHT = 120, 24
_SPARK_STEP = SPARK_WIDTH / 24


class VerdictRow(Struct, frozen=True):
    """One outcome in a list, the newest first."""

    number: int
    seen_at: str
    clock: str
    tone: str
    door: str
    headline: str
    path: str
    source: str
    source_path: str
    why: str


class SignalView(Struct, frozen=True):
    """An active signal."""

    name: str
    meaning: str
    tone: str
    since: str
    since_time: str
    window: str
    message: str
    articles: tuple[tuple[str, str], ...]  # id, path


class Spark(Struct, frozen=True):
    """The last 24 hours as small bars, and the same in words."""

    bars: tuple[Bar, ...]
    about: str


class SourceRow(Struct, frozen=True):
    """One source in the table."""

    name: str
    path: str
    signals: tuple[SignalView, ...]
    spark: Spark
    today: Tally
    parts: tuple[Part, ...]  # of today, by door
    copies: str
    rejected: str
    repaired: str


class Line(Struct, frozen=True):
    """A line of a source's figures: one cell for each window, then the usual value."""

    label: str
    cells: tuple[str, ...]
    usual: str


class Figures(Struct, frozen=True):
    """A source's windows side by side, as one partition of `quality.articles` counts it."""

    partition: int
    at: str
    heads: tuple[tuple[str, str], ...]  # window, and when it began
    lines: tuple[Line, ...]
    rules: tuple[tuple[str, str], ...]  # label, and the most frequent rules today
    usual_days: int | None


def verdict_row(kept: Kept) -> VerdictRow:
    """The row of an outcome."""
    is_dead = kept.door is Door.DEAD_LETTER  # it has no headline; `why` says everything
    title = kept.why if is_dead else kept.headline
    return VerdictRow(
        number=kept.number,
        seen_at=kept.seen_at,
        clock=kept.seen_at[11:19],
        tone=DOORS[kept.door].tone,
        door=DOORS[kept.door].one,
        headline=clip(title, _HEADLINE) or "(no headline)",
        path=article_path(kept.id, kept.origin),
        source=clip(kept.source, _NAME) if kept.source else NAMELESS,
        source_path=source_path(kept.source),
        why="" if is_dead else clip(kept.why, _WHY),
    )


def source_row(status: SourceStatus) -> SourceRow:
    """The row of a source."""
    today = status.today
    return SourceRow(
        name=clip(status.name, _NAME) if status.name else NAMELESS,
        path=source_path(status.name),
        signals=tuple(map(signal_view, status.signals)),
        spark=spark(status.hours),
        today=today,
        parts=parts_of(today.doors),
        copies=share(today.doors.get(Door.DUPLICATES, 0), today.articles),
        rejected=share(today.doors.get(Door.REJECTED, 0), today.articles),
        repaired=share(today.repaired, today.articles),
    )


def signal_view(signal: Signal) -> SignalView:
    """A signal for people."""
    return SignalView(
        name=plain(signal.signal),
        meaning=SIGNALS[signal.signal],
        tone="rejected" if signal.signal in _GRAVE else "warn",
        since=moment(signal.since),
        since_time=signal.since,
        window=signal.window,
        message=clip(signal.message, _MESSAGE),
        articles=tuple((clip(id_, _NAME), article_path(id_)) for id_ in signal.articles),
    )


def past_signals(record: SourceRecord) -> list[SignalView]:
    """Recent signals that are over, the newest first."""
    active = {(one.signal, one.since) for one in record.signals}
    over = [one for one in record.raised if (one.signal, one.since) not in active]
    return [signal_view(one) for one in reversed(over)]


def spark(hours: Sequence[int]) -> Spark:
    """24 bars, scaled to the source's fullest hour; any hour with articles is visible."""
    most = max(hours, default=0)
    bars = []
    for index, number in enumerate(hours):
        if number:
            height = max(SPARK_HEIGHT * number / most, 1.5)
            tone = "now" if index == len(hours) - 1 else ""
            ago = len(hours) - 1 - index
            title = f"{f'{ago} h ago' if ago else 'this hour'}: {number:,}"
            x = _SPARK_STEP * index + 0.5
            bars.append(Bar(x, SPARK_HEIGHT - height, _SPARK_STEP - 1, height, tone, title))
    articles = count(sum(hours), "article")
    about = f"{articles} in 24 hours, {most:,} in the fullest, {hours[-1]:,} in this one"
    return Spark(tuple(bars), about)


def figures(record: SourceRecord) -> Figures:
    """A source's windows beside its usual values."""
    windows = record.windows
    return Figures(
        partition=record.partition,
        at=moment(record.at),
        heads=tuple(_head(window) for window in windows),
        lines=tuple(_lines(windows, record.baseline)),
        rules=tuple(_rules(windows)),
        usual_days=record.baseline.days if record.baseline else None,
    )


def moment(time: str) -> str:
    """`2026-11-22T19:03:00Z` as `22 Nov 19:03`."""
    return f"{day(time)} {time[11:16]}".strip()


def day(time: str) -> str:
    """`2026-11-22T19:03:00Z` as `22 Nov`; anything that is no time stays unchanged."""
    try:
        return f"{date.fromisoformat(time[:10]):%-d %b}"
    except ValueError:
        return time[:10]


def _head(window: SourceWindow) -> tuple[str, str]:
    names = {
        Span.MINUTE: "Minute",
        Span.HOUR: "Hour",
        Span.DAY: "Day",
        Span.RUN: "All",
    }
    start = window.start or ""
    began = day(start) if window.window is Span.DAY else start[11:16]
    return names[window.window], began


def _lines(windows: Sequence[SourceWindow], usual: Baseline | None) -> Iterator[Line]:
    counts = (
        ("Came in", [w.received for w in windows]),
        *((row.many, [w.through(door) for w in windows]) for door, row in DOORS.items()),
        ("Backfilled", [w.backfilled for w in windows]),
    )
    for label, numbers in counts:
        typical = _usual_counts(usual) if usual and label == "Came in" else ""
        yield Line(label, tuple(f"{number:,}" for number in numbers), typical)
    articles = [window.received - window.dead_letters for window in windows]
    shares = (
        ("Repaired", "repaired_share"),
        ("Copies, share", "duplicate_share"),
        ("Rejected, share", "rejected_share"),
    )
    for label, name in shares:
        parts = [getattr(window, name) for window in windows]
        yield _share_line(label, parts, articles, getattr(usual, name) if usual else None)
    words = [f"{w.mean_words:,.0f}" if n else "" for w, n in zip(windows, articles, strict=True)]
    yield Line("Mean words", tuple(words), f"{usual.words:,.0f}" if usual else "")
    for name in dict.fromkeys(name for window in windows for name in window.fields):
        fields = [window.fields.get(name, 0.0) for window in windows]
        known = usual.fields.get(name) if usual else None
        yield _share_line(f"With {_FIELDS.get(name, plain(name))}", fields, articles, known)


def _share_line(
    label: str, parts: Sequence[float], articles: Sequence[int], usual: float | None
) -> Line:
    """Shares in percent; empty, not 0 %, for a window without articles."""
    cells = tuple(share(part, 1) if n else "" for part, n in zip(parts, articles, strict=True))
    return Line(label, cells, "" if usual is None else share(usual, 1))


def _usual_counts(usual: Baseline) -> str:
    hour = f"{usual.hour_articles:,.3g} \N{PLUS-MINUS SIGN} {usual.hour_spread:,.2g} an hour"
    return f"{hour}, {usual.day_articles:,.3g} a day"


def _rules(windows: Sequence[SourceWindow]) -> Iterator[tuple[str, str]]:
    """Yields the most frequent rules of today, if there is a window for today."""
    for window in windows:
        if window.window is Span.DAY:
            articles = window.received - window.dead_letters
            for label, rules in (("Repairs", window.repairs), ("Findings", window.findings)):
                shares = (f"{plain(one.rule)} {share(one.articles, articles)}" for one in rules)
                if rules:
                    yield f"{label} today", ", ".join(shares)
