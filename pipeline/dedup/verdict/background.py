"""What a source says in many of its stories: background paragraphs, forms, leftover boilerplate.

Two stories of one paper that share only that are two stories. It is read off the earlier
articles that the new one is compared with, so nothing is kept or counted between articles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from msgspec.structs import replace

from pipeline.article import Fingerprint
from pipeline.dedup.fingerprint import SHINGLE_WORDS, Hashes, as_hashes
from pipeline.dedup.index.entry import Entry

NOTHING: Hashes = np.empty(0, np.uint32)


def reused_in(entries: Iterable[Entry], least: int) -> Hashes:
    """The shingles that at least so many stories (clusters) of these entries hold, sorted."""
    stories: dict[str, list[Hashes]] = defaultdict(list)
    for entry in entries:
        stories[entry.cluster].append(as_hashes(entry.fingerprint.shingles))
    if len(stories) < least:
        return NOTHING
    each = [own[0] if len(own) == 1 else np.unique(np.concatenate(own)) for own in stories.values()]
    found, counts = np.unique(np.concatenate(each), return_counts=True)
    return found[counts >= least]


def without(known: Fingerprint, reused: Hashes) -> Fingerprint:
    """A fingerprint of what else its text says; `words` are then those of its shingles."""
    shingles = as_hashes(known.shingles)
    own = np.setdiff1d(shingles, reused, assume_unique=True)
    if len(own) == len(shingles):
        return known
    words = min(known.words, len(own) + SHINGLE_WORDS - 1) if len(own) else 0
    return replace(known, shingles=own.tobytes(), words=words)
