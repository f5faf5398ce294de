"""The records about sources: lines of `sources.jsonl`, and values of `quality.sources`."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import assert_never

from msgspec import Raw, Struct, field

from pipeline.routing import Door

OTHER = "other"  # counts all sources beyond the limit together


class Span(StrEnum):
    """The length of a window. Windows start at full minutes, hours and days of UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    RUN = "run"  # everything that was ever counted


class SignalName(StrEnum):
    """The ways in which a source can change, the gravest first."""

    SILENT = "silent"
    EXTRACTOR_BROKE = "extractor-broke"
    REJECTS_JUMPED = "rejects-jumped"
    FIELD_GONE = "field-gone"
    REPAIRS_JUMPED = "repairs-jumped"
    LENGTH_SHIFTED = "length-shifted"
    DUPLICATES_JUMPED = "duplicates-jumped"
    FLOOD = "flood"


class RuleCount(Struct, frozen=True):
    """How many of a source's articles a rule edited or made a finding in."""

    rule: str
    articles: int


class SourceWindow(Struct, frozen=True, kw_only=True, rename="camel"):
    """One source in one window. Shares are 0..1 of the articles that could be read, times UTC.

    received = published + duplicates + rejected + dead_letters. `source` is null for inputs
    that name none, which includes unreadable ones. `start` is null for a whole run.
    """

    source: str | None
    window: Span
    start: str | None
    received: int
    published: int
    duplicates: int
    rejected: int
    dead_letters: int
    backfilled: int  # arrived late, or new here but published long before
    repaired_share: float
    duplicate_share: float
    rejected_share: float
    mean_words: float
    fields: dict[str, float]  # share of articles that came with it: headline, date, author, url
    repairs: tuple[RuleCount, ...]  # the most frequent first
    findings: tuple[RuleCount, ...]
    first_seen_at: str | None
    last_seen_at: str | None
    newest_published: str | None  # day of the latest publication that isn't in the future

    def through(self, door: Door) -> int:
        """Returns the number of inputs that left through a door."""
        match door:
            case Door.CLEAN:
                return self.published
            case Door.DUPLICATES:
                return self.duplicates
            case Door.REJECTED:
                return self.rejected
            case Door.DEAD_LETTER:
                return self.dead_letters
            case _:
                assert_never(door)


class Baseline(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is usual for a source, by its last four weeks; newer weeks weigh more.

    Hours are compared with the same hour of the week (UTC): medians and their spread (MAD), in
    articles. Shares and words are medians of days.
    """

    days: int  # of data that it is based on
    hour_articles: float
    hour_spread: float
    day_articles: float
    repaired_share: float
    duplicate_share: float
    rejected_share: float
    words: float
    fields: dict[str, float]


class Signal(Struct, frozen=True, kw_only=True, rename="camel"):
    """A source has changed.

    `value` and `usual` are hours for `silent`, articles an hour for `flood`, words for
    `length-shifted`, else a share.
    """

    signal: SignalName
    window: Span
    since: str
    value: float
    usual: float
    what: str | None  # the field or the rule concerned
    message: str  # for people
    articles: tuple[str, ...]  # ids of examples, the newest first


class SourceLine(SourceWindow, frozen=True, kw_only=True, rename="camel"):
    """A line of `sources.jsonl`. The line of a whole run also has a baseline and signals."""

    baseline: Baseline | None = None
    signals: tuple[Signal, ...] = ()  # of the run, in order; the latest if there are many


class SourceRecord(Struct, frozen=True, kw_only=True, rename="camel"):
    """The current state of a source: a value of `quality.sources`, keyed by its name."""

    source: str | None
    at: str  # everything that arrived until then is counted
    partition: int  # of `quality.articles`, where it is counted
    windows: tuple[SourceWindow, ...]  # minute, hour, day: the current ones
    hours: tuple[int, ...]  # articles in each of the last 24 hours, the current one last
    baseline: Baseline | None  # None until three days are known
    signals: tuple[Signal, ...]  # the gravest first
    raised: tuple[Signal, ...]  # the latest ten, as first raised, including those that are over
    first_seen_at: str
    last_seen_at: str
    state: Raw = field(
        default_factory=partial(Raw, b"null")
    )  # internal: what the worker restores after a restart


SIGNALS: dict[SignalName, str] = {
    SignalName.SILENT: "nothing comes any more, for longer than its own pauses",
    SignalName.EXTRACTOR_BROKE: "page furniture and repeats appeared together: the page changed",
    SignalName.REJECTS_JUMPED: "far more articles than usual are too broken to publish",
    SignalName.FIELD_GONE: "a field that articles used to have is missing",
    SignalName.REPAIRS_JUMPED: "a repair is needed far more often than usual",
    SignalName.LENGTH_SHIFTED: "articles are far longer or shorter than usual",
    SignalName.DUPLICATES_JUMPED: "far more copies than usual",
    SignalName.FLOOD: "far more articles in an hour than ever",
}
