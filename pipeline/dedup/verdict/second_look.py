"""The second look: whether two texts whose shares of shingles leave it open tell one story.

A share of shingles undercounts what is common: one changed word takes five of them. Here a word
counts as shared where any five words in a row with it are in the other text too. The passages are
read off the new text; the earlier one's set of shingles is enough, so nothing more is kept.
What headlines and names say is added, and unlike lengths are held against the two: a round-up
quotes a statement whole, and is another article.
"""

from __future__ import annotations

from msgspec import Struct

from pipeline.article import Fingerprint, Prepared
from pipeline.dedup.fingerprint import SHINGLE_WORDS
from pipeline.dedup.index.entry import Entry
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.verdict.novelty import in_order
from pipeline.native import count_covered, count_shared
from pipeline.text import words

# Fewer names say nothing: many scripts have no capitals at all.
_LEAST_NAMES = 3


class Passages(Struct, frozen=True):
    """What a second look saw."""

    words: float  # 0..1, of the shorter text's words: those in passages that both have
    score: float  # with headlines, names and lengths; see `DedupOptions.story_score`


def compare_passages(
    prepared: Prepared, entry: Entry, length: float, options: DedupOptions
) -> Passages:
    """Compares a new text with an earlier one, `length` times as long or as short (0..1).

    What is missing says nothing: without two headlines none is counted, and where one of the
    texts has fewer than three names, they count as shared like the words. 100 us at 700 words,
    20 us for each further entry.
    """
    new, earlier = prepared.fingerprint, entry.fingerprint
    shared = _words_shared(prepared, earlier)
    headline = share_of_words(prepared.article.headline or "", entry.headline or "")
    names = _names_shared(new, earlier)
    score = (
        shared
        + options.headline_weight * (headline or 0.0)
        + options.names_weight * (shared if names is None else names)
        - options.part_penalty * (1 - length)
    )
    return Passages(shared, score)


def share_of_words(text: str, other: str) -> float | None:
    """Returns the part of the words of the text with fewer that the other has, if both have any."""
    mine, theirs = (set(words(one.casefold())) for one in (text, other))
    fewer = min(len(mine), len(theirs))
    return len(mine & theirs) / fewer if fewer else None


def _words_shared(prepared: Prepared, earlier: Fingerprint) -> float:
    """Returns the part of the shorter text's words that stand in passages of both.

    Where the earlier one is shorter, what it repeats is not known, and counts once in both.
    """
    new_words = prepared.fingerprint.words
    ordered = in_order(prepared.article.article_body)
    covered, once = count_covered(ordered, earlier.shingles, SHINGLE_WORDS)
    if new_words <= earlier.words:
        return min(1.0, covered / new_words)
    return min(1.0, once / (len(earlier.shingles) // 4 + SHINGLE_WORDS - 1))


def _names_shared(new: Fingerprint, earlier: Fingerprint) -> float | None:
    fewer = min(len(new.names), len(earlier.names)) // 4
    return count_shared(new.names, earlier.names) / fewer if fewer >= _LEAST_NAMES else None
