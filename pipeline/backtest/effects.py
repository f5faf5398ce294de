"""Counts what a change of settings changes; memory does not grow with the number of articles."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from pipeline.article import DeadLetter
from pipeline.backtest.change import Aspect, Change, Settled, compare
from pipeline.backtest.changed_samples import ChangedSamples
from pipeline.publish import door
from pipeline.report.tally import ranked
from pipeline.routing import DOORS, Door
from pipeline.sources import OTHER

_MOST_NAMES = 10_000  # sources, languages: they are named by whoever sends them


class RuleEffect(Struct, rename="camel"):
    """The articles for which a rule, or a reason, makes a difference."""

    now: int = 0  # touched under the new settings alone
    no_longer: int = 0
    otherwise: int = 0  # under both, with other edits or another severity

    @property
    def total(self) -> int:
        return self.now + self.no_longer + self.otherwise


class Group(Struct):
    """The articles of a source or a language."""

    articles: int = 0
    changed: int = 0
    verdicts: int = 0  # those that get another verdict


class Move(Struct, frozen=True):
    """The articles that had one verdict and get another, or the same."""

    old: str  # `publish`, `duplicate`, `reject` or `dead-letter`
    new: str
    articles: int


class ChangedArticle(Struct, frozen=True, kw_only=True, rename="camel"):
    """An article that changes, as a line of `--changes`."""

    origin: str
    id: str | None
    source: str | None
    language: str | None
    old: str  # verdict
    new: str
    aspects: tuple[Aspect, ...]
    now: tuple[str, ...]  # rules
    no_longer: tuple[str, ...]
    otherwise: tuple[str, ...]


class Figures(Struct, frozen=True, kw_only=True, rename="camel"):
    """A backtest in figures, for programs; what changes most first. Counts are articles."""

    received: int
    changed: int
    aspects: dict[Aspect, int]
    verdicts: tuple[Move, ...]  # all, with those that stay
    rules: dict[str, RuleEffect]
    sources: dict[str, Group]  # those with a change; `""`: those that name none
    languages: dict[str, Group]


class Effects:
    """Counts by verdict, aspect, rule, source and language, with a few samples.

    `add` the two outcomes of every input once, in order; all attributes are for reading.
    """

    def __init__(self, seed: int = 0) -> None:
        self.doors: Counter[tuple[Door, Door]] = Counter()
        self.changed = 0
        self.aspects: Counter[Aspect] = Counter()
        self.rules: dict[str, RuleEffect] = {}
        self.sources: dict[str, Group] = {}
        self.languages: dict[str, Group] = {}
        self.samples = ChangedSamples(seed)

    @property
    def received(self) -> int:
        return self.doors.total()

    def add(self, old: Settled, new: Settled) -> ChangedArticle | None:
        """Counts one input; returns what changes of it, None where nothing does."""
        change = compare(old, new)
        self.doors[door(old), door(new)] += 1
        source, language = _named(old, new)
        groups = (_group(self.sources, source or ""), _group(self.languages, language or "unknown"))
        for group in groups:
            group.articles += 1
        if change is None:
            return None
        self.changed += 1
        self.aspects.update(change.aspects)
        for group in groups:
            group.changed += 1
            group.verdicts += Aspect.VERDICT in change.aspects
        for rule in change.now:
            self._rule(rule).now += 1
        for rule in change.no_longer:
            self._rule(rule).no_longer += 1
        for rule in change.otherwise:
            self._rule(rule).otherwise += 1
        self.samples.consider(old, new, change)
        return _article(old, new, change, source, language)

    def top_rules(self) -> list[tuple[str, RuleEffect]]:
        """Returns the rules that make a difference for most articles first."""
        return sorted(self.rules.items(), key=lambda item: (-item[1].total, item[0]))

    def top_sources(self) -> list[tuple[str, Group]]:
        """Returns the sources with a change, those with most other verdicts first."""
        return _worst(self.sources)

    def top_languages(self) -> list[tuple[str, Group]]:
        """Returns the languages with a change, those with most other verdicts first."""
        return _worst(self.languages)

    def moves(self) -> list[tuple[tuple[Door, Door], int]]:
        """Returns the articles that get another verdict, by both verdicts."""
        return [(doors, count) for doors, count in ranked(self.doors) if doors[0] is not doors[1]]

    def figures(self) -> Figures:
        """Returns all counts as one record."""
        return Figures(
            received=self.received,
            changed=self.changed,
            aspects={aspect: self.aspects[aspect] for aspect in Aspect},
            verdicts=tuple(
                Move(verdict_of(old), verdict_of(new), count)
                for (old, new), count in ranked(self.doors)
            ),
            rules=dict(self.top_rules()),
            sources=dict(self.top_sources()),
            languages=dict(self.top_languages()),
        )

    def _rule(self, rule: str) -> RuleEffect:
        return self.rules.setdefault(rule, RuleEffect())


def verdict_of(through: Door) -> str:
    """Returns the verdict of what leaves through a door, `dead-letter` for what has none."""
    return DOORS[through].verdict or Door.DEAD_LETTER


def _worst(groups: dict[str, Group]) -> list[tuple[str, Group]]:
    changed = (item for item in groups.items() if item[1].changed)
    return sorted(changed, key=lambda item: (-item[1].verdicts, -item[1].changed, item[0]))


def _group(groups: dict[str, Group], name: str) -> Group:
    if name not in groups and len(groups) >= _MOST_NAMES:
        name = OTHER
    return groups.setdefault(name, Group())


def _named(old: Settled, new: Settled) -> tuple[str | None, str | None]:
    """Returns source and language: of the old outcome, of a dead letter those of the new one."""
    known = new if isinstance(old, DeadLetter) else old
    if isinstance(known, DeadLetter):
        return None, None
    return known.quality.source, known.quality.language


def _article(
    old: Settled, new: Settled, change: Change, source: str | None, language: str | None
) -> ChangedArticle:
    known = old if isinstance(new, DeadLetter) else new
    return ChangedArticle(
        origin=str(known.origin if isinstance(known, DeadLetter) else known.quality.origin),
        id=None if isinstance(known, DeadLetter) else known.article.id,
        source=source,
        language=language,
        old=verdict_of(change.doors[0]),
        new=verdict_of(change.doors[1]),
        aspects=change.aspects,
        now=change.now,
        no_longer=change.no_longer,
        otherwise=change.otherwise,
    )
