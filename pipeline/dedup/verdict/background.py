"""Shingles that a source reuses in many stories: background paragraphs, forms, furniture.

Two stories of one source that share only such shingles are different stories. The shingles come
from the earlier articles that the new one is compared with, so no counts are kept.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import chain, filterfalse

from msgspec.structs import replace

from pipeline.article import Fingerprint
from pipeline.dedup.fingerprint import SHINGLE_WORDS, as_hashes
from pipeline.dedup.index.entry import Entry

NOTHING: AbstractSet[int] = frozenset()


def reused_in(entries: Iterable[Entry], least: int) -> AbstractSet[int]:
    """Returns the shingles that at least `least` stories (clusters) of these entries have."""
    stories: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        stories[entry.story or entry.cluster].append(entry)
    if len(stories) < least:
        return NOTHING
    counts = Counter(chain.from_iterable(map(_shingles_of, stories.values())))
    return {shingle for shingle, count in counts.items() if count >= least}


def without(known: Fingerprint, reused: AbstractSet[int]) -> Fingerprint:
    """Returns the fingerprint without the reused shingles; `words` is reduced accordingly."""
    shingles = as_hashes(known.shingles)
    if reused.isdisjoint(shingles):
        return known
    own = array("I", filterfalse(reused.__contains__, shingles))
    words = min(known.words, len(own) + SHINGLE_WORDS - 1) if own else 0
    return replace(known, shingles=own.tobytes(), words=words)


def _shingles_of(entries: list[Entry]) -> set[int]:
    return set(chain.from_iterable(as_hashes(entry.fingerprint.shingles) for entry in entries))
