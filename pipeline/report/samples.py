"""The few articles a report shows, chosen as they go by, in bounded memory.

Choice is by score and, between equals, by arrival: the same run always shows the same samples.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from operator import itemgetter
from typing import Generic, TypeVar

from msgspec import Struct

from pipeline.article import DeadLetter, Draft, Match, Outcome, Quality, Rejected, Repair
from pipeline.flow import draft_of

K = TypeVar("K", bound=Hashable)
S = TypeVar("S")

# Characters of text, as given, of the largest article kept as a sample; a shelf of 3 samples for
# each of 40 rules then holds some 4 MB at the very worst, and 0.5 MB of usual articles.
MAX_CHARACTERS = 30_000
_MAX_SHELVES = 100
_VALUE_SHOWN = 400  # bytes of a dead letter that are kept to be shown
_ROOMY = 4_000  # characters: an article that can be taken in at a glance


class Sample(Struct, frozen=True):
    """What a picture of one article takes."""

    draft: Draft  # as it left the desk
    quality: Quality
    url: str | None
    date_published: str | None


class Shelf(Generic[K, S]):
    """Under each key, the `size` best samples."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._shelves: dict[K, list[tuple[int, S]]] = {}

    def admits(self, key: K, score: int) -> bool:
        """Whether a sample of this score would be kept. Ask before building it."""
        shelf = self._shelves.get(key)
        if shelf is None:
            return len(self._shelves) < _MAX_SHELVES
        return len(shelf) < self._size or score > shelf[-1][0]

    def put(self, key: K, score: int, sample: S) -> None:
        shelf = self._shelves.setdefault(key, [])
        shelf.append((score, sample))
        shelf.sort(key=itemgetter(0), reverse=True)  # stable: the earlier of equals stays first
        del shelf[self._size :]

    def of(self, key: K) -> list[S]:
        """The samples under a key, best first."""
        return [sample for _, sample in self._shelves.get(key, [])]

    def items(self) -> Iterator[tuple[K, list[S]]]:
        """Every key with its samples, best first."""
        for key in self._shelves:
            yield key, self.of(key)


class Samples:
    """Telling repairs by rule, rejects by first reason, copies by kind and relation, dead letters
    by reason."""

    def __init__(self) -> None:
        self.repaired: Shelf[str, Sample] = Shelf(3)
        self.rejected: Shelf[str, Sample] = Shelf(2)
        self.copies: Shelf[tuple[str, str], Sample] = Shelf(2)
        self.dead_letters: Shelf[str, DeadLetter] = Shelf(2)

    def consider(self, outcome: Outcome | Rejected) -> None:
        """Keep the article where it shows something better than those kept so far."""
        quality = outcome.quality
        size = len(outcome.article.article_body) + sum(r.chars_removed for r in quality.repairs)
        if size > MAX_CHARACTERS:
            return
        found = quality.match
        if found:
            _offer(self.copies, (found.kind, found.relation), _score_copy(found, size), outcome)
        if quality.reasons and not found:
            _offer(self.rejected, quality.reasons[0], min(size, 600), outcome)
            return
        for repair in quality.repairs:
            _offer(
                self.repaired, repair.rule, _score_repair(repair, quality.repairs, size), outcome
            )

    def consider_dead_letter(self, dead: DeadLetter) -> None:
        """Keep the first few of each reason, with the start of their bytes."""
        if self.dead_letters.admits(dead.reason, 0):
            value = dead.value[:_VALUE_SHOWN] if dead.value is not None else None
            short = DeadLetter(
                dead.origin,
                dead.stage,
                dead.reason,
                dead.message[:_VALUE_SHOWN],
                dead.size,
                dead.sha256,
                value,
                dead.seen_at,
            )
            self.dead_letters.put(dead.reason, 0, short)


def _offer(shelf: Shelf[K, Sample], key: K, score: int, outcome: Outcome | Rejected) -> None:
    if shelf.admits(key, score):
        article = outcome.article
        sample = Sample(
            draft_of(article), outcome.quality, article.url, article.date_published
        )
        shelf.put(key, score, sample)


def _score_repair(repair: Repair, beside: tuple[Repair, ...], size: int) -> int:
    """Shows much of its rule and a few others, in an article short enough to take in."""
    shown = min(repair.chars_removed + repair.chars_added, 400)
    return shown + 120 * min(len(beside), 4) - size // 10


def _score_copy(found: Match, size: int) -> int:
    """Unlike enough to be worth comparing, and of a length that can be compared."""
    return int(400 * (1 - found.jaccard)) + 500 * (600 < size < _ROOMY)
