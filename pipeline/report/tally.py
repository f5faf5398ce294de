"""Counts what happens in a run; memory does not grow with the number of articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from msgspec import Struct

from pipeline.article import (
    DeadLetter,
    Kind,
    Outcome,
    Quality,
    Rejected,
    Relation,
    Severity,
    Verdict,
)
from pipeline.own import FAILED
from pipeline.parse.date_orders import DateOrders
from pipeline.parse.problems import DATE_AMBIGUOUS
from pipeline.publish import quality_record
from pipeline.report.samples import Samples
from pipeline.report.spread import Spread
from pipeline.routing import DOOR_OF, Door
from pipeline.sources import (
    OTHER,
    Signal,
    Source,
    SourceLine,
    SourceWindow,
    Watch,
    as_seconds,
    counted_record,
)

_MAX_WORDS = 20_000  # longer articles count as this long
_MAX_NAMES = 500  # languages are named by whoever sends them: more than this count as `other`
T = TypeVar("T")


class RepairCount(Struct, rename="camel"):
    """What one repair rule did in the whole run; characters do not count line breaks."""

    articles: int = 0
    edits: int = 0
    chars_removed: int = 0


class CopyCount(Struct):
    """Articles that match an earlier one, by what the policy did with them."""

    withheld: int = 0
    published: int = 0


class Figures(Struct, frozen=True, kw_only=True, rename="camel"):
    """A run in figures, for programs; rules and reasons with the most frequent first.

    received = published + duplicates + rejected + dead_letters. Counts are articles.
    """

    received: int
    published: int
    duplicates: int
    rejected: int
    dead_letters: int
    repaired: int
    median_words: int | None
    repairs: dict[str, RepairCount]
    findings: dict[str, int]
    observed: dict[str, int]  # that rules would have touched which are only observed
    copies: dict[str, CopyCount]  # by kind and relation
    reject_reasons: dict[str, int]
    dead_letter_reasons: dict[str, int]
    languages: dict[str, int]


class Tally:
    """Counts by door, rule, reason, source and language; spreads of lengths; a few samples.

    `add` every input once, in order; all attributes are for reading.

    `past`: the sources as earlier runs left them, which then count this run too.
    """

    def __init__(self, past: Watch | None = None) -> None:
        self.doors: Counter[Door] = Counter()
        self.repaired: Counter[Door] = Counter()  # articles with an edit
        self.repairs: dict[str, RepairCount] = {}
        self.findings: Counter[tuple[str, Severity]] = Counter()  # articles
        self.observed: Counter[str] = Counter()  # articles
        self.failures: Counter[str] = Counter()  # articles, by the user's rule that failed
        self.first_failures: dict[str, str] = {}  # by rule: an article, and why
        self.copies: dict[tuple[Kind, Relation], CopyCount] = {}
        self.reject_reasons: Counter[str] = Counter()  # an article may have several
        self.first_reject_reasons: Counter[str] = Counter()  # adds up to `rejected`
        self.dead_letter_reasons: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.unread_dates: Counter[str] = Counter()  # that could be read in two ways, by source
        self.dates = DateOrders()
        self.words = Spread(_MAX_WORDS)  # series: doors
        self.likeness = Spread(100)  # Jaccard similarity of matches in percent; series: kinds
        self._watch = Watch(forgets=False)  # the report lists every source of a run
        self._past = past
        self.samples = Samples()

    @property
    def published(self) -> int:
        return self.doors[Door.CLEAN]

    @property
    def duplicates(self) -> int:
        return self.doors[Door.DUPLICATES]

    @property
    def rejected(self) -> int:
        return self.doors[Door.REJECTED]

    @property
    def dead_letters(self) -> int:
        return self.doors[Door.DEAD_LETTER]

    @property
    def articles(self) -> int:
        """Inputs that could be read."""
        return self.received - self.dead_letters

    @property
    def received(self) -> int:
        """All inputs; each went through exactly one of the four doors."""
        return self.doors.total()

    def add(self, outcome: Outcome | Rejected | DeadLetter) -> None:
        """Counts one input. 10 us for an article that is not kept as a sample."""
        if isinstance(outcome, DeadLetter):
            self._add_dead_letter(outcome)
            return
        quality = outcome.quality
        through = DOOR_OF[quality.verdict]
        self.doors[through] += 1
        self.words.add(through, _words(quality))
        self._count_language(quality.language or "unknown")
        self._count_repairs(quality, through)
        for known in {(finding.rule, finding.severity) for finding in quality.findings}:
            self.findings[known] += 1
        self.observed.update({one.rule for one in quality.observed})
        self._count_failures(quality)
        if quality.verdict is Verdict.REJECT:
            self.reject_reasons.update(set(quality.reasons))
            self.first_reject_reasons.update(quality.reasons[:1])
        self._count_date(outcome)
        self._count_match(quality)
        self._count_source(quality)
        self.samples.consider(outcome)

    def sources(self) -> list[SourceWindow]:
        """Returns each source over the whole run, the one that sent most first."""
        runs = (source.windows()[-1] for source in self._watch)
        return sorted(runs, key=lambda run: (-run.received, run.source or ""))

    def source_lines(self) -> Iterator[SourceLine]:
        """Yields the lines of `sources.jsonl`, the source that sent most first."""
        histories = self._histories()
        by_name = {source.name: source for source in self._watch}
        for run in self.sources():
            history = histories.get(run.source, by_name[run.source])
            yield from by_name[run.source].lines(history)

    def signals(self) -> list[tuple[str, Signal]]:
        """Returns (source, signal) of each source that has changed and is not back to normal."""
        return [
            (source.name, signal)
            for source in self._histories().values()
            for signal in source.active_signals()
            if source.name is not None
        ]

    def top_repairs(self, most: int | None = None) -> list[tuple[str, int]]:
        """Returns (rule, articles it edited), the most frequent first."""
        return ranked(Counter({rule: c.articles for rule, c in self.repairs.items()}))[:most]

    def top_findings(self, most: int | None = None) -> list[tuple[str, int]]:
        """Returns (rule, articles with the finding), the most frequent first."""
        found: Counter[str] = Counter()
        for (rule, _), articles in self.findings.items():
            found[rule] += articles
        return ranked(found)[:most]

    def figures(self) -> Figures:
        """Returns all counts as one record."""
        return Figures(
            received=self.received,
            published=self.published,
            duplicates=self.duplicates,
            rejected=self.rejected,
            dead_letters=self.dead_letters,
            repaired=sum(self.repaired.values()),
            median_words=self.words.median,
            repairs={rule: self.repairs[rule] for rule, _ in self.top_repairs()},
            findings=dict(self.top_findings()),
            observed=dict(ranked(self.observed)),
            copies={f"{kind}-{relation}": c for (kind, relation), c in sorted(self.copies.items())},
            reject_reasons=dict(ranked(self.reject_reasons)),
            dead_letter_reasons=dict(ranked(self.dead_letter_reasons)),
            languages=dict(ranked(self.languages)),
        )

    def wanted_originals(self) -> frozenset[str]:
        """Ids of the earlier articles that samples of copies are shown beside."""
        return frozenset(
            sample.quality.match.of
            for _, samples in self.samples.copies.items()
            for sample in samples
            if sample.quality.match
        )

    def _add_dead_letter(self, dead: DeadLetter) -> None:
        self.doors[Door.DEAD_LETTER] += 1
        self.dead_letter_reasons[dead.reason] += 1
        self._count_source(quality_record(dead, dead.seen_at, ruleset=""))
        self.samples.consider_dead_letter(dead)

    def _count_source(self, quality: Quality) -> None:
        counted = counted_record(quality)
        for watch in (self._watch, self._past):
            if watch is not None:
                watch.advance(as_seconds(quality.seen_at))
                watch.add(counted)

    def _histories(self) -> dict[str | None, Source]:
        """Returns the sources with all that is known of them, by name, checked for signals."""
        watch = self._past or self._watch
        watch.changed_records()
        return {source.name: source for source in watch}

    def _count_failures(self, quality: Quality) -> None:
        for finding in quality.findings:
            if finding.rule == FAILED.id:
                rule = str(finding.value)
                self.failures[rule] += 1
                self.first_failures.setdefault(rule, f"{quality.id}: {finding.detail}")

    def _count_date(self, outcome: Outcome | Rejected) -> None:
        source = outcome.quality.source
        article = outcome.article
        self.dates.add(source, article.date_published_raw, article.url, article.id)
        if source and any(one.rule == DATE_AMBIGUOUS.id for one in outcome.quality.findings):
            if source not in self.unread_dates and len(self.unread_dates) >= _MAX_NAMES:
                source = OTHER
            self.unread_dates[source] += 1

    def _count_language(self, language: str) -> None:
        if language not in self.languages and len(self.languages) >= _MAX_NAMES:
            language = OTHER
        self.languages[language] += 1

    def _count_repairs(self, quality: Quality, through: Door) -> None:
        if not quality.repairs:
            return
        self.repaired[through] += 1
        for rule in {repair.rule for repair in quality.repairs}:
            self.repairs.setdefault(rule, RepairCount()).articles += 1
        for repair in quality.repairs:
            count = self.repairs[repair.rule]
            count.edits += repair.count
            count.chars_removed += repair.chars_removed

    def _count_match(self, quality: Quality) -> None:
        found = quality.match
        if found is None:
            return
        count = self.copies.setdefault((found.kind, found.relation), CopyCount())
        if quality.verdict is Verdict.DUPLICATE:
            count.withheld += 1
        else:
            count.published += 1
        self.likeness.add(found.kind, round(100 * found.jaccard))


def ranked(counts: Counter[T]) -> list[tuple[T, int]]:
    """Returns the most frequent first; ties by name, so that the order never depends on arrival."""
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))


def _words(quality: Quality) -> int:
    return int(quality.measures.get("words", 0))
