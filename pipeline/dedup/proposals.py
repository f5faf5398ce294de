"""What the tables of an index propose for an article: candidates, for `verdict` to verify."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.kernel import mix
from pipeline.dedup.postings import Postings, place_in, row_of
from pipeline.dedup.tables import (
    EMPTY,
    TOUCHED,
    Chains,
    find,
    hash_key,
    hash_word,
    place_of,
    row_in,
    seek,
)
from pipeline.native import native

# Copies share half of the shorter text or more. Less than a fifth of its sample, rounded down,
# is a shared line or two; one is enough where fewer than ten shingles were sampled.
LEAST_HITS = 0.2

TEXT, URL = 1, 2  # tables of the exact memory; the first is that of numbers


class Window(NamedTuple):
    """Rows last seen before `mark` are over: no look-up finds them, removed or not."""

    seen: NDArray[np.uint32]  # of each row of the exact memory, seconds since 1970
    mark: int


class Query(NamedTuple):
    """What is looked for: `signature` (1, 128) uint8, `sample` uint32, distinct shingles."""

    signature: NDArray[np.uint8]
    sample: NDArray[np.uint32]
    shingles: int


@native
def sample(shingles: NDArray[np.uint32], rate: int, size: int) -> NDArray[np.uint32]:
    """The mixed hashes under a limit, one in `rate`, the least `size` of them (FracMinHash)."""
    mixed = mix(shingles)
    kept = mixed[mixed < (1 << 32) // rate]
    return np.sort(kept)[:size] if len(kept) > size else kept


@native
def known(
    exact: Chains, window: Window, text: np.uint64, url: np.uint64, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows with these words, the earliest `limit` of them, and all rows at this address.

    `text`, `url`: the keys of both; 0 is no address.
    """
    return _members(exact, window, TEXT, text, limit), _members(exact, window, URL, url, -1)


@native
def _members(
    chains: Chains, window: Window, table: int, key: np.uint64, limit: int
) -> NDArray[np.int64]:
    """The rows of a chain in order, at most `limit` where that is not negative."""
    at = find(chains, table, hash_word(key)) if key else -1
    rows = np.empty(8, np.int64)
    count = 0
    if at < 0:
        return rows[:0]
    tail = row_in(chains.slots[table, at])
    row = tail
    while count != limit:
        row = int(np.int64(chains.links[row, table]))
        if window.seen[row] >= window.mark:
            if count == len(rows):
                rows = np.concatenate((rows, rows))
            rows[count] = row
            count += 1
        if row == tail:
            break
    return rows[:count]


@native
def propose(  # noqa: PLR0913, PLR0917 - a kernel, called at one place
    bands: Chains,
    postings: Postings,
    shingles: NDArray[np.uint32],
    window: Window,
    query: Query,
    largest: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], int]:
    """(rows, likeness of each, chains cut short): who shares a band, or enough of the sample.

    `shingles`: distinct ones of each row; `largest`: of a sample. Likeness: sampled shingles in
    common, as a share of what the shorter of the two has in its sample on average.
    """
    banded, cuts = _banded(bands, window, query, postings.limit)
    sampled = _sampled(postings, window, query)
    found = np.sort(np.concatenate((2 * banded + 1, 2 * sampled)))
    rows = np.empty(len(found), np.int64)
    likeness = np.empty(len(found), np.float64)
    count = i = 0
    full = min(query.shingles / postings.rate, largest)
    while i < len(found):
        row = found[i] >> 1
        hits, is_banded = 0, False
        while i < len(found) and found[i] >> 1 == row:
            hits += 1 - (found[i] & 1)
            is_banded |= (found[i] & 1) == 1
            i += 1
        expected = min(full, np.int64(shingles[row]) / postings.rate)
        enough = hits >= np.int64(LEAST_HITS * expected)  # never more than of the query's own
        if is_banded or enough:
            rows[count] = row
            likeness[count] = hits / expected
            count += 1
    return rows[:count], likeness[:count], cuts


@native
def _banded(
    bands: Chains, window: Window, query: Query, limit: int
) -> tuple[NDArray[np.int64], int]:
    """The rows that share a band, those of two bands twice: of a chain the earliest, the newest."""
    slots, facts, links, spans = bands.slots, bands.facts, bands.links, bands.spans
    keys, owners, seen = bands.keys, bands.owners, window.seen
    tables = len(spans)
    values = np.empty(tables, np.uint64)
    touched = np.uint32(0)
    for table in range(tables):
        values[table] = hash_key(query.signature, 0, spans[table, 0], spans[table, 1])
        touched ^= slots[table, place_of(facts, table, values[table])]
    facts[0, TOUCHED] = touched
    rows = np.empty(tables * limit, np.int64)
    count = cuts = 0
    for table in range(tables):
        start, width = spans[table, 0], spans[table, 1]
        place = place_of(facts, table, values[table])
        at, is_there = seek(slots, table, place, keys, start, width, values[table])
        if not is_there:
            continue
        tail = row_in(slots[table, at])
        row, last = tail, count + limit - 1
        while True:
            row = int(np.int64(links[row, table]))
            if count == last and row != tail:
                cuts += 1
                row = tail
            if seen[owners[row]] >= window.mark:
                rows[count] = row
                count += 1
            if row == tail:
                break
    return rows[:count], cuts


@native
def _sampled(postings: Postings, window: Window, query: Query) -> NDArray[np.int64]:
    """The rows that share sampled shingles, each as often as it shares one."""
    slots, facts, rate = postings.slots, postings.facts, postings.rate
    touched = np.uint64(0)
    for shingle in query.sample:
        touched ^= slots[place_in(facts, rate, shingle)]
    facts[TOUCHED] = np.int64(touched >> np.uint64(32))
    rows = np.empty(len(query.sample) * postings.limit, np.int64)
    count = 0
    owners, seen = postings.owners, window.seen
    for shingle in query.sample:
        at = place_in(facts, rate, shingle)
        while slots[at] != EMPTY:
            if slots[at] >> np.uint64(32) == shingle:
                row = row_of(slots[at])
                if seen[owners[row]] >= window.mark:
                    rows[count] = row
                    count += 1
            at += 1
    return rows[:count]
