"""Chooses the few changed articles that the page shows: by chance, and always the same ones.

Each kind of change has a shelf. The rank of an article on it is a hash of its place and the seed:
which of them are kept depends on nothing else.
"""

from __future__ import annotations

from itertools import chain, zip_longest

import xxhash
from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import DeadLetter, Draft, Finding
from pipeline.assembly import draft_of
from pipeline.backtest.change import Aspect, Change, Settled
from pipeline.publish import door
from pipeline.report.samples import MAX_CHARACTERS, BestSamples
from pipeline.routing import Door

_EACH = 3  # samples on a shelf, each of another source
_NO_TEXTS = Draft()


class Version(Struct, frozen=True):
    """One of the two outcomes, as far as it is shown."""

    door: Door
    reasons: tuple[str, ...]
    texts: Draft  # long ones are cut
    findings: tuple[Finding, ...] = ()


class ChangedSample(Struct, frozen=True):
    """The data of one changed article that the page shows."""

    origin: str
    source: str | None
    old: Version
    new: Version
    change: Change


class ChangedSamples:
    """Samples by change of verdict, and by what a rule does otherwise."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._best: BestSamples[tuple[str, ...], ChangedSample] = BestSamples(_EACH)

    def consider(self, old: Settled, new: Settled, change: Change) -> None:
        """Keeps the article on each shelf where its rank is high enough."""
        origin, source = _place(old)
        rank = xxhash.xxh3_64_intdigest(origin.encode(), seed=self._seed)
        shelves = [shelf for shelf in _shelves(change) if self._best.admits(shelf, rank, source)]
        if shelves:
            sample = ChangedSample(origin, source, _version(old), _version(new), change)
            for shelf in shelves:
                self._best.put(shelf, rank, source, sample)

    def chosen(self, most: int) -> list[ChangedSample]:
        """Returns samples of as many kinds of change as there is room for, verdicts first."""
        shelves = sorted(self._best.items(), key=lambda item: item[0])
        in_turn = chain.from_iterable(zip_longest(*(samples for _, samples in shelves)))
        found = {sample.origin: sample for sample in in_turn if sample}
        return list(found.values())[:most]


def _shelves(change: Change) -> list[tuple[str, ...]]:
    """Returns the kinds of change that an article is a sample of, in the order of the page."""
    found: list[tuple[str, ...]] = []
    if Aspect.VERDICT in change.aspects:
        found.append(("0", *change.doors))
    for name in ("now", "no_longer", "otherwise"):
        found += [("1", rule, name) for rule in getattr(change, name)]
    return found or [("2", *change.aspects)]


def _place(settled: Settled) -> tuple[str, str | None]:
    if isinstance(settled, DeadLetter):
        return str(settled.origin), None
    return str(settled.quality.origin), settled.quality.source


def _version(settled: Settled) -> Version:
    if isinstance(settled, DeadLetter):
        return Version(door(settled), (settled.reason,), _NO_TEXTS)
    quality, texts = settled.quality, draft_of(settled.article)
    if len(texts.body) > MAX_CHARACTERS:
        texts = replace(texts, body=texts.body[:MAX_CHARACTERS])
    return Version(door(settled), quality.reasons, texts, quality.findings)
