"""Labelled pairs of articles, and scores of verdicts against the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.article import Prepared

# Labels of two texts. `COPIES` mean the same story, `OTHERS` do not.
COPIES = ("copy", "edited-copy", "excerpt", "revision")
OTHERS = ("template", "same-event", "different", "other")


class Labelled(NamedTuple):
    """Two articles, the first taken as the earlier one; `names` link pairs with a common text."""

    earlier: Prepared
    later: Prepared
    label: str
    adds: bool | None = None  # whether a reader of the earlier one would miss something; or unknown

    @property
    def is_copy(self) -> bool:
        """Whether the label means one story."""
        return self.label in COPIES

    @property
    def names(self) -> tuple[str, str]:
        """The two texts by the hash of their words."""
        return self.earlier.fingerprint.text_hash, self.later.fingerprint.text_hash


class Score(NamedTuple):
    """The result for some pairs: for each label, how many were merged of how many."""

    merged: Counter[str]
    pairs: Counter[str]

    @property
    def precision(self) -> float:
        """The share of merged pairs that are copies; 1 if nothing was merged."""
        merged = sum(self.merged.values())
        return self._right / merged if merged else 1.0

    @property
    def recall(self) -> float:
        """The share of copies that were merged; 1 without copies."""
        copies = sum(self.pairs[label] for label in COPIES)
        return self._right / copies if copies else 1.0

    @property
    def _right(self) -> int:
        return sum(self.merged[label] for label in COPIES)

    def wrong(self, label: str) -> float:
        """Returns the share of a label's pairs that were merged."""
        return self.merged[label] / max(1, self.pairs[label])

    def plus(self, other: Score) -> Score:
        """Returns the sum of both."""
        return Score(self.merged + other.merged, self.pairs + other.pairs)


def score(labels: Iterable[str], merged: Iterable[object]) -> Score:
    """Returns the score of pairs by their labels and whether each was merged."""
    hits, pairs = Counter[str](), Counter[str]()
    for label, hit in zip(labels, merged, strict=True):
        pairs[label] += 1
        hits[label] += bool(hit)
    return Score(hits, pairs)
