"""The index: remembers the articles seen so far, and finds those that a new one may be a copy of.

**Candidates** have one of four things in common with the article: the canonical URL, the words, a
band of the MinHash signature, or enough of a sample of the shingles (the hashes below a limit:
FracMinHash). Bands compare whole texts, the sample finds parts: an excerpt pasted into a long page
shares no band with it, but shares a sixteenth of its shingles. `verdict` verifies the candidates.

Share of pairs that 25 bands of 5 and a sample of 1/16 miss, for two texts of n words that
share 2s / (1 + s) of them (computed from the binomial distribution):

    Jaccard s     .35     .45     .5      .6      .7      .8
    60 words      .135    .066    .042    .009    .0005   <.0001
    150 words     .0065   .0018   .0009   .0001   <.0001
    400 words     .0008   .0001   <.0001

and of excerpts of n words inside a long page, whole (containment 1) or seven tenths of it:

    n             40      60      80      100     150
    whole         .098    .027    .007    .002    .0001
    .7            .199    .081    .033    .013    .0014

Below 60 words only likeness from .45 on counts. On 5,200 real articles, 1 of the 238 pairs that
the verdict accepts was no candidate: a false negative (an excerpt of 42 words, containment .79).

**Layout.** `native.Index` (`native/src/index.c`; its twin is the specification) holds some 440
bytes an article and 10 for each sampled shingle. Each article has an exact row: its number in
order of arrival, a hash of its words, a hash of its address, the time it was last seen, and the
place of its entry. In the near-copy window it also has a near row: 128 signature values of 8 bits,
a link in the chain of each band, and postings of its sampled shingles. Tables are resized
incrementally, a few slots with each new row, so that no article waits for a resize. Full entries
are in `Details`, which a worker keeps on disk; the last ones used are cached.

**Windows.** An article leaves the near-copy window `dedup.window_days` after it was last seen: its
near row is removed, words and address stay. At the end of the exact window,
`dedup.exact_window_days`, it is evicted. When it is seen again, both windows begin again. Look-ups
skip rows beyond their window, whether or not they are removed yet.

**Eviction** happens with each arrival, for at most 512 articles at a time, so that many evictions
at once, after a pause of the stream, do not stop the stream. A full index evicts the article whose
last sighting is the oldest.

**Recovery.** `CompactIndex.changes` returns the changes as arrays, which a journal stores; `load`
takes them in bulk. `restore` takes an entry from the changelog topic. The answers of an index
depend only on its contents and on the latest time seen, not on the order of insertion: chains are
in the order of numbers. There is one exception: of more than `dedup.postings` articles that share
a sampled shingle, those that were left out stay out.
"""

from __future__ import annotations

from pipeline.dedup.index.compact import CompactIndex, OtherArticleError
from pipeline.dedup.index.details import Details, MemoryDetails
from pipeline.dedup.index.entry import (
    Entry,
    HeldEntry,
    Index,
    entry_of,
    has_other_facts,
    same_message,
    window_start,
)

__all__ = [
    "CompactIndex",
    "Details",
    "Entry",
    "HeldEntry",
    "Index",
    "MemoryDetails",
    "OtherArticleError",
    "entry_of",
    "has_other_facts",
    "same_message",
    "window_start",
]
