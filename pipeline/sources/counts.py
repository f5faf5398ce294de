"""The counters of one source in one window: inputs, outcomes and properties."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, TypeVar

from msgspec import Struct, field

from pipeline.article import Verdict
from pipeline.sources.counted import CountedRecord
from pipeline.sources.record import RuleCount, SourceWindow, Span

_Key = TypeVar("_Key")

MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds
# Days: an article that is new here but was published before counts as backfilled.
_OLD = 7.0
_TOP_RULES = 8

REPAIRED, BACKFILLED = "repaired", "backfilled"
# For each field, the repairs and findings that mean that an article came without it.
_MISSING = {
    "headline": ("headline-missing", "take_headline_from_body"),
    "date": ("date-missing",),
    "author": ("byline-missing",),
    "url": ("url-missing",),
}
FIELDS = tuple(_MISSING)
_LACKS = {rule: f"no {name}" for name, rules in _MISSING.items() for rule in rules}


class Traits(NamedTuple):
    """The counted properties of an article. `marks`: verdict, `repaired`, `no date` and so on."""

    words: int
    age: float | None  # days, from publication to arrival
    repairs: frozenset[str]
    findings: frozenset[str]
    marks: frozenset[str]


class Counts(Struct, array_like=True):
    """Counters of inputs. `marks`: those of `Traits`, and `backfilled`."""

    articles: int = 0
    dead_letters: int = 0
    words: int = 0
    lengths: dict[int, int] = field(default_factory=dict)  # by `length_class`
    marks: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    first: float | None = None  # arrivals, seconds since 1970
    last: float | None = None
    newest: float | None = None  # publication

    @property
    def received(self) -> int:
        """All inputs, including those that could not be read."""
        return self.articles + self.dead_letters

    @property
    def fresh(self) -> int:
        """Inputs that are not backfilled."""
        return self.received - self.marks.get(BACKFILLED, 0)

    @property
    def mean_words(self) -> float:
        """Mean length of articles in words; 0 without articles."""
        return self.words / self.articles if self.articles else 0.0

    def share(self, mark: str) -> float:
        """Returns the share of articles with a mark; 0 without articles."""
        return self.marks.get(mark, 0) / self.articles if self.articles else 0.0

    def add(self, article: Traits, seen: float, *, is_late: bool = False) -> None:
        """Counts an article that arrived at `seen` (seconds since 1970)."""
        self.articles += 1
        self.words += article.words
        length = length_class(article.words)
        self.lengths[length] = self.lengths.get(length, 0) + 1
        _count(self.repairs, article.repairs)
        _count(self.findings, article.findings)
        _count(self.marks, article.marks)
        age = article.age
        is_old = age is not None and age > _OLD and Verdict.DUPLICATE not in article.marks
        if is_late or is_old:
            _count(self.marks, (BACKFILLED,))
        if age is not None and age >= 0:
            published = seen - age * DAY
            self.newest = published if self.newest is None else max(self.newest, published)
        self._see(seen)

    def add_dead_letter(self, seen: float) -> None:
        """Counts an input that could not be read."""
        self.dead_letters += 1
        self._see(seen)

    def merge(self, other: Counts) -> None:
        """Adds the counts of another."""
        self.articles += other.articles
        self.dead_letters += other.dead_letters
        self.words += other.words
        _merge(self.lengths, other.lengths)
        _merge(self.marks, other.marks)
        _merge(self.repairs, other.repairs)
        _merge(self.findings, other.findings)
        self.first = _least(self.first, other.first)
        self.last = _greatest(self.last, other.last)
        self.newest = _greatest(self.newest, other.newest)

    def window(self, source: str | None, span: Span, start: float | None) -> SourceWindow:
        """Returns the counts as a record."""
        return SourceWindow(
            source=source,
            window=span,
            start=None if start is None else as_time(start),
            received=self.received,
            published=self.marks.get(Verdict.PUBLISH, 0),
            duplicates=self.marks.get(Verdict.DUPLICATE, 0),
            rejected=self.marks.get(Verdict.REJECT, 0),
            dead_letters=self.dead_letters,
            backfilled=self.marks.get(BACKFILLED, 0),
            repaired_share=round(self.share(REPAIRED), 4),
            duplicate_share=round(self.share(Verdict.DUPLICATE), 4),
            rejected_share=round(self.share(Verdict.REJECT), 4),
            mean_words=round(self.mean_words, 1),
            fields={name: round(1 - self.share(f"no {name}"), 4) for name in FIELDS}
            if self.articles
            else {},
            repairs=_top(self.repairs),
            findings=_top(self.findings),
            first_seen_at=None if self.first is None else as_time(self.first),
            last_seen_at=None if self.last is None else as_time(self.last),
            newest_published=None if self.newest is None else as_time(self.newest)[:10],
        )

    def _see(self, seen: float) -> None:
        self.first = seen if self.first is None or seen < self.first else self.first
        self.last = seen if self.last is None or seen > self.last else self.last


def length_class(words: int) -> int:
    """Returns the class of a length, logarithmic: two classes for each doubling, 0 for no words."""
    return int(2 * math.log2(words + 1))


def total(parts: Iterable[Counts]) -> Counts:
    """Returns the sum of counts."""
    result = Counts()
    for part in parts:
        result.merge(part)
    return result


def traits_of(account: CountedRecord) -> Traits:
    """Returns the counted properties of an article, computed once for all windows."""
    repairs = frozenset([repair.rule for repair in account.repairs])
    findings = frozenset([finding.rule for finding in account.findings])
    marks = {_LACKS[rule] for rule in (*repairs, *findings) if rule in _LACKS}
    marks.add(str(account.verdict))
    if repairs:
        marks.add(REPAIRED)
    words, age = account.measures.words, account.measures.age
    return Traits(int(words), age, repairs, findings, frozenset(marks))


@lru_cache(maxsize=64)  # many articles arrive in one second
def as_seconds(moment: str) -> float:
    """Seconds since 1970 of a time in ISO 8601. Raises ValueError for anything else."""
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


@lru_cache(maxsize=1024)  # windows of all sources start together
def as_time(seconds: float) -> str:
    """Returns the time as records carry it: UTC, ISO 8601, to the second."""
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat(timespec='seconds')[:-6]}Z"


def _count(counts: dict[str, int], names: Iterable[str]) -> None:
    for name in names:
        counts[name] = counts.get(name, 0) + 1


def _merge(mine: dict[_Key, int], theirs: Mapping[_Key, int]) -> None:
    if not mine:
        mine.update(theirs)
        return
    for name, count in theirs.items():
        mine[name] = mine.get(name, 0) + count


def most(counts: Mapping[str, int], limit: int) -> dict[str, int]:
    """Returns the most frequent entries; ties by name, so the order never depends on arrival."""
    ranked = sorted(sorted(counts.items()), key=itemgetter(1), reverse=True)
    return dict(ranked[:limit])


def _top(counts: Mapping[str, int]) -> tuple[RuleCount, ...]:
    return tuple(RuleCount(*item) for item in most(counts, _TOP_RULES).items())


def _least(one: float | None, other: float | None) -> float | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _greatest(one: float | None, other: float | None) -> float | None:
    return max((at for at in (one, other) if at is not None), default=None)
