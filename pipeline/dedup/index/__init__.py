"""The articles seen so far, and which of them a new one may be a copy of.

**Candidates** come from four places: the same canonical URL, the same words, bands of the MinHash
signature, and a sample of the shingles (the hashes under a limit: FracMinHash). The bands see
the whole text, the sample sees parts: an excerpt pasted into a long page shares no band with
it, but shares a sixteenth of its shingles. `verdict` verifies what they propose.

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

Below 60 words only likeness from .45 on counts. On 5,200 real articles, 1 of the 238 pairs
that the verdict accepts was not proposed (an excerpt of 42 words at containment .79).

**Layout.** `native.Index` (`native/src/index.c`; its twin is the specification) holds some 440
bytes an article and 10 for each sampled shingle. Each article has an exact row: its number in
order of arrival, a hash of its words, one of its address, when it was last seen, and where its
entry lies. In the near-copy window it has a near row besides: 128 signature values of 8 bits, a
link in the chain of each band, and postings of its sampled shingles. Tables grow a few slots with
each row that is added, so that no article waits for one to be built anew. Entries in full lie in
`Details`, on disk with a worker; those used last are at hand.

**Windows.** An article leaves the near-copy window `dedup.window_days` after it was last seen: its
near row goes, words and address stay. At the end of the exact window, `dedup.exact_window_days`,
it is forgotten. Where it is seen again it begins anew. Look-ups pass over what is over by time,
whether or not it was removed.

**Eviction** takes place with each arrival, at most 512 articles at a time: what comes due at once,
after a pause of the stream, does not stop the stream. A full index lets the article go that was
seen longest ago.

**Recovery.** `CompactIndex.changes` returns what became different, in arrays that a journal writes
down; `load` takes them over in bulk. `restore` takes an entry from the index's topic. What an
index answers follows from what it holds and from the latest time it heard of, not from the order
in which it came to hold it: chains are in the order of numbers. Only where more articles than
`dedup.postings` share a sampled shingle, those that were left out stay out.
"""

from __future__ import annotations

from pipeline.dedup.index.compact import CompactIndex, OtherArticleError
from pipeline.dedup.index.details import Details, HeldDetails
from pipeline.dedup.index.entry import Entry, Held, Index, entry_of, same_message, window_start

__all__ = [
    "CompactIndex",
    "Details",
    "Entry",
    "Held",
    "HeldDetails",
    "Index",
    "OtherArticleError",
    "entry_of",
    "same_message",
    "window_start",
]
