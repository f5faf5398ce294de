"""How true signatures are, and how many copies the index proposes: used by `bench.dedup`.

    python -m bench.accuracy

Pairs of made-up texts with a known part of their shingles in common. A signature is asked as the
index keeps it, eight bits a value; two values that differ in full are equal in them once in 256.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from bench.life import Synthetic
from pipeline.article import Fingerprint
from pipeline.dedup import CompactIndex, DedupOptions, fingerprint
from pipeline.dedup.fingerprint import SHINGLE_WORDS, as_hashes
from pipeline.native import count_shared

_PAIRS = 5_000
_WORDS = 300
_CHANCE = 1 / 256


class _Pair(NamedTuple):
    one: Fingerprint
    other: Fingerprint
    jaccard: float  # of their sets of shingles, counted


def _pairs(likeness: NDArray[np.float64]) -> Iterator[_Pair]:
    """Pairs with about these Jaccard indexes: both parts of one run of words."""
    for number, wanted in enumerate(likeness):
        shingles = _WORDS - SHINGLE_WORDS + 1
        moved = round(shingles * (1 - wanted) / (1 + wanted))
        words = [f"{number}x{place}" for place in range(_WORDS + moved)]
        one, other = (fingerprint(" ".join(part)) for part in (words[:_WORDS], words[moved:]))
        shared = count_shared(one.shingles, other.shingles)
        either = len(as_hashes(one.shingles)) + len(as_hashes(other.shingles)) - shared
        yield _Pair(one, other, shared / either)


def _estimate(pair: _Pair) -> float:
    """Jaccard by the eight bits of each value that the index keeps."""
    one, other = (
        np.array(as_hashes(of.signature)).astype(np.uint8) for of in (pair.one, pair.other)
    )
    return float((np.mean(one == other) - _CHANCE) / (1 - _CHANCE))


def error() -> float:
    """Root of the mean square error of the estimate, at Jaccard 0, .1 and so on up to 1."""
    tenths = np.arange(_PAIRS) % 11 / 10
    errors = [_estimate(pair) - pair.jaccard for pair in _pairs(tenths)]
    return float(np.sqrt(np.mean(np.square(errors))))


def recall(least: float, most: float) -> float:
    """The part of pairs with a Jaccard index between the two that the index proposes."""
    made = Synthetic(1)
    index = CompactIndex(DedupOptions(capacity=2 * _PAIRS))
    pairs = [*_pairs(np.linspace(least, most, _PAIRS))]
    for number, pair in enumerate(pairs):
        held = made.held(number, number)
        index.restore(replace(held, entry=replace(held.entry, fingerprint=pair.one)))
    found = 0
    for number, pair in enumerate(pairs):
        neighbours = index.neighbours(replace(made.query(), fingerprint=pair.other))
        found += any(entry.id == made.name(number) for entry in neighbours)
    return found / len(pairs)


def figures() -> dict[str, float]:
    """What was measured."""
    return {"rmse": error(), "recall_at_.7": recall(0.7, 0.8), "recall_at_.5": recall(0.5, 0.6)}


if __name__ == "__main__":
    print(json.dumps(figures()))
