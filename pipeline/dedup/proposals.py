"""What the tables of an index propose for an article: candidates, for `verdict` to verify."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.kernel import mix
from pipeline.dedup.memory import Memory, tables_in
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
from pipeline.jit import native

# Copies share half of the shorter text or more. Less than a fifth of its sample, rounded down,
# is a shared line or two; one is enough where fewer than ten shingles were sampled.
LEAST_HITS = 0.2

TEXT, URL = 1, 2  # keys of an exact row, and tables; the first is the number


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
def short(signature: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """A signature cut to 8 bits a value: as accurate (RMSE .0352 against .0341 with 32)."""
    return signature.astype(np.uint8)


@native
def sample(shingles: NDArray[np.uint32], rate: int, size: int) -> NDArray[np.uint32]:
    """The mixed hashes under a limit, one in `rate`, the least `size` of them (FracMinHash)."""
    mixed = mix(shingles)
    kept = mixed[mixed < (1 << 32) // rate]
    return np.sort(kept)[:size] if len(kept) > size else kept


@native
def known(
    memory: Memory, text: np.uint64, url: np.uint64, mark: int, limit: int
) -> tuple[NDArray[np.int64], int]:
    """(rows, how many of them stand at this address): rows with these words, for `add`.

    `text`, `url`: the keys of both; 0 is no address. Behind all those at the address stand the
    earliest `limit` of those anywhere.
    """
    tables = tables_in(memory)
    window = Window(tables.seen, mark)
    urls = _members(tables.exact, window, URL, url, -1)
    count = 0
    for row in urls:
        if tables.keys[row, TEXT] == text:
            urls[count] = row
            count += 1
    texts = _members(tables.exact, window, TEXT, text, limit)
    return np.concatenate((urls[:count], texts)), count


@native
def look_up(  # noqa: PLR0913, PLR0917 - a kernel, called at one place
    memory: Memory,
    text: np.uint64,
    url: np.uint64,
    exact_mark: int,
    mark: int,
    limit: int,
    signature: bytes,
    shingles: bytes,
    words: int,
    short_words: int,
    min_words: int,
) -> tuple[NDArray[np.int64], int]:
    """(exact rows of what the article may be a copy of, by number; chains cut short).

    `text`, `url`: as for `known`; `exact_mark`, `mark`: where the windows of exact and
    of near rows begin; `limit`: rows at most of one kind. Where a text of
    `short_words` is known word for word, nothing is closer; one of less than `min_words` is found
    by words and address alone.
    """
    tables = tables_in(memory)
    window = Window(tables.seen, exact_mark)
    texts = _members(tables.exact, window, TEXT, text, limit)
    if len(texts) and words >= short_words:
        return texts, 0
    urls = _members(tables.exact, window, URL, url, -1)
    found = np.concatenate((texts, urls[-limit:]))
    if words < min_words:
        return _in_order(found, tables.exact.numbers), 0
    hashes = np.frombuffer(shingles, np.uint32)
    sampled = sample(hashes, tables.postings.rate, tables.largest)
    shortened = np.expand_dims(short(np.frombuffer(signature, np.uint32)), 0)
    query = Query(shortened, sampled, len(hashes))
    near, likeness, cuts = propose(
        tables.bands,
        tables.postings,
        tables.shingles,
        Window(tables.seen, mark),
        query,
        tables.largest,
    )
    owners = np.empty(len(near), np.int64)
    for i in range(len(near)):
        owners[i] = tables.bands.owners[near[i]]
    if len(owners) > limit:
        owners = _likest(owners, likeness, tables.exact.numbers)[:limit]
    return _in_order(np.concatenate((found, owners)), tables.exact.numbers), cuts


@native
def _likest(
    rows: NDArray[np.int64], likeness: NDArray[np.float64], numbers: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Rows by falling likeness, the earliest of equals first."""
    by_number = np.argsort(numbers[rows])
    order = np.argsort(-likeness[by_number], kind="mergesort")  # stable
    return rows[by_number[order]]


@native
def _in_order(rows: NDArray[np.int64], numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows by number, each once."""
    if len(rows) < 2:
        return rows
    ordered = rows[np.argsort(numbers[rows])]
    count = 1
    for i in range(1, len(ordered)):
        if ordered[i] != ordered[i - 1]:
            ordered[count] = ordered[i]
            count += 1
    return ordered[:count]


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
