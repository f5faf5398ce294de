"""Chooses the few articles that a report shows during the run, in bounded memory.

Choice is by score and, between equals, by arrival: the same run always shows the same samples.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from operator import itemgetter
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import DeadLetter, Draft, Match, Outcome, Quality, Rejected
from pipeline.assembly import draft_of

K = TypeVar("K", bound=Hashable)
S = TypeVar("S")

# Characters of text, as given, of the largest article kept as a sample; 3 samples for
# each of 40 rules then holds some 4 MB at the very worst, and 0.5 MB of usual articles.
MAX_CHARACTERS = 30_000
_MAX_SHELVES = 100
_VALUE_SHOWN = 400  # bytes of a dead letter that are kept to be shown
_ALIKE = 0.7  # Jaccard: what is shared and what is not both show
_FEW = 10  # edits in an article that can be followed one by one
_ROOMY = 4_000  # characters: an article that can be taken in at a glance


class Sample(Struct, frozen=True):
    """The data of one article that a report shows."""

    draft: Draft  # as it left the desk
    quality: Quality
    url: str | None
    date_published: str | None


class BestSamples(Generic[K, S]):
    """Keeps for each key the `size` best samples, each of another source."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._best: dict[K, list[tuple[int, str | None, S]]] = {}

    def admits(self, key: K, score: int, source: str | None) -> bool:
        """Returns whether a sample of this score would be kept, before it is built."""
        best = self._best.get(key)
        if best is None:
            return len(self._best) < _MAX_SHELVES
        if len(best) == self._size and score <= best[-1][0]:
            return False
        return all(score > kept for kept, shown, _ in best if shown == source)

    def put(self, key: K, score: int, source: str | None, sample: S) -> None:
        best = [kept for kept in self._best.get(key, []) if kept[1] != source]
        best.append((score, source, sample))
        best.sort(key=itemgetter(0), reverse=True)  # stable: the earlier of equals stays first
        self._best[key] = best[: self._size]

    def of(self, key: K) -> list[S]:
        """Returns the samples under a key, best first."""
        return [sample for _, _, sample in self._best.get(key, [])]

    def all(self) -> Iterator[S]:
        """Yields every sample, by key, best first."""
        for key in self._best:
            yield from self.of(key)

    def items(self) -> Iterator[tuple[K, list[S]]]:
        """Yields every key with its samples, best first."""
        for key in self._best:
            yield key, self.of(key)


class Samples:
    """Repaired articles by rule, rejected ones by first reason, copies by kind and relation.

    One repaired and one rejected article of each source, of the first hundred, is kept besides.
    """

    def __init__(self) -> None:
        self.repaired: BestSamples[str, Sample] = BestSamples(3)
        self.repaired_of: BestSamples[str | None, Sample] = BestSamples(1)
        self.rejected: BestSamples[str, Sample] = BestSamples(2)
        self.rejected_of: BestSamples[str | None, Sample] = BestSamples(1)
        self.copies: BestSamples[tuple[str, str], Sample] = BestSamples(2)
        self.dead_letters: BestSamples[str, DeadLetter] = BestSamples(2)

    def consider(self, outcome: Outcome | Rejected) -> None:
        """Keeps the article where it shows something better than those kept so far.

        A telling repair changes much, beside a few others, in an article short enough to take in.
        """
        quality = outcome.quality
        size = len(outcome.article.article_body) + sum(r.chars_removed for r in quality.repairs)
        if size > MAX_CHARACTERS:
            return
        found = quality.match
        if found:
            _offer(self.copies, (found.kind, found.relation), _score_copy(found, size), outcome)
        if quality.reasons and not found:
            _offer(self.rejected, quality.reasons[0], min(size, 600), outcome)
            _offer(self.rejected_of, quality.source, min(size, 600), outcome)
            return
        clear = 120 * min(len(quality.repairs), 4) - size // 10
        clear -= 15 * max(0, sum(repair.count for repair in quality.repairs) - _FEW)
        for repair in quality.repairs:
            shown = min(repair.chars_removed + repair.chars_added, 400)
            _offer(self.repaired, repair.rule, shown + clear, outcome)
            _offer(self.repaired_of, quality.source, shown + clear, outcome)

    def consider_dead_letter(self, dead: DeadLetter) -> None:
        """Keeps the first few of each reason, with the start of their bytes."""
        if self.dead_letters.admits(dead.reason, 0, str(dead.origin)):
            value = dead.value[:_VALUE_SHOWN] if dead.value is not None else None
            short = replace(dead, message=dead.message[:_VALUE_SHOWN], value=value)
            self.dead_letters.put(dead.reason, 0, str(dead.origin), short)


def _offer(best: BestSamples[K, Sample], key: K, score: int, outcome: Outcome | Rejected) -> None:
    source = outcome.quality.source
    if best.admits(key, score, source):
        article = outcome.article
        sample = Sample(draft_of(article), outcome.quality, article.url, article.date_published)
        best.put(key, score, source, sample)


def _score_copy(found: Match, size: int) -> int:
    """Returns a score that is high for short texts that are alike but not equal."""
    return int(400 * (1 - abs(found.jaccard - _ALIKE))) + 500 * (600 < size < _ROOMY)
