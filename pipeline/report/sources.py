"""What each source sent and what became of it: the report's table and `sources.jsonl`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct

from pipeline.article import Outcome, Rejected, Verdict

T = TypeVar("T")

# More sources than this are counted together, so that memory stays bounded whatever comes in.
MAX_SOURCES = 2_000
OTHER = "other"
_LONGEST_NAME = 200  # characters of a source's name that count
_TOP_FINDINGS = 8


class FindingCount(Struct, frozen=True):
    """How many of a source's articles a finding was made in."""

    rule: str
    articles: int


class SourceRecord(Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of `sources.jsonl`. Shares are 0..1 of the articles received, times UTC.

    `source` is null where an input named none; inputs that could not be read are there too.
    """

    source: str | None
    window: str
    received: int
    published: int
    duplicates: int
    rejected: int
    dead_letters: int
    repaired_share: float
    mean_words: float
    findings: tuple[FindingCount, ...]  # the most frequent first
    first_seen_at: str | None
    last_seen_at: str | None
    newest_published: str | None  # the latest date of publication that isn't in the future


class SourceCount:
    """The counters of one source."""

    def __init__(self) -> None:
        self.verdicts: Counter[Verdict] = Counter()
        self.dead_letters = 0
        self.repaired = 0
        self.words = 0
        self.findings: Counter[str] = Counter()
        self.first_seen_at: str | None = None
        self.last_seen_at: str | None = None
        self.newest_published: str | None = None
        self._newest = datetime.min.replace(tzinfo=UTC)

    @property
    def articles(self) -> int:
        return sum(self.verdicts.values())

    @property
    def received(self) -> int:
        return self.articles + self.dead_letters

    def add(self, outcome: Outcome | Rejected, words: int) -> None:
        quality = outcome.quality
        self.verdicts[quality.verdict] += 1
        self.repaired += bool(quality.repairs)
        self.words += words
        for rule in {finding.rule for finding in quality.findings}:
            self.findings[rule] += 1
        self.see(quality.seen_at)
        self._note_published(outcome.article.date_published, quality.seen_at)

    def see(self, seen_at: str) -> None:
        """Note when something of this source arrived; times in one form compare as text."""
        if self.first_seen_at is None or seen_at < self.first_seen_at:
            self.first_seen_at = seen_at
        if self.last_seen_at is None or seen_at > self.last_seen_at:
            self.last_seen_at = seen_at

    def _note_published(self, published: str | None, seen_at: str) -> None:
        moment = _moment(published)
        if moment and moment > self._newest and not _is_after(moment, seen_at):
            self._newest = moment
            self.newest_published = published

    def record(self, source: str | None) -> SourceRecord:
        articles = self.articles
        return SourceRecord(
            source=source,
            window="run",
            received=self.received,
            published=self.verdicts[Verdict.PUBLISH],
            duplicates=self.verdicts[Verdict.DUPLICATE],
            rejected=self.verdicts[Verdict.REJECT],
            dead_letters=self.dead_letters,
            repaired_share=round(self.repaired / articles, 4) if articles else 0.0,
            mean_words=round(self.words / articles, 1) if articles else 0.0,
            findings=tuple(FindingCount(*top) for top in ranked(self.findings)[:_TOP_FINDINGS]),
            first_seen_at=self.first_seen_at,
            last_seen_at=self.last_seen_at,
            newest_published=self.newest_published,
        )


class Sources:
    """The counters of every source, by its name; None is the source of nameless inputs."""

    def __init__(self) -> None:
        self._counts: dict[str | None, SourceCount] = {}

    def of(self, source: str | None) -> SourceCount:
        """The source's own counters, or those of `other` once there are too many."""
        name = source[:_LONGEST_NAME] if source else None
        found = self._counts.get(name)
        if found is None:
            if len(self._counts) >= MAX_SOURCES and name is not None:
                name = OTHER
            found = self._counts.setdefault(name, SourceCount())
        return found

    def records(self) -> Iterator[SourceRecord]:
        """One record per source, the one that sent most first."""
        by_size = sorted(self._counts.items(), key=lambda item: (-item[1].received, item[0] or ""))
        for name, count in by_size:
            yield count.record(name)


def ranked(counts: Counter[T]) -> list[tuple[T, int]]:
    """Most frequent first; equals by name, so that the order never depends on arrival."""
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))


def _moment(published: str | None) -> datetime | None:
    """The moment of an ISO 8601 date; one without a zone is taken as UTC."""
    if not published:
        return None
    try:
        moment = datetime.fromisoformat(published)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_after(moment: datetime, seen_at: str) -> bool:
    seen = _moment(seen_at)
    return seen is not None and moment > seen
