"""The tables of the compact index against dictionaries, while they grow and shrink."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from pipeline.dedup import postings as shared
from pipeline.dedup import tables
from pipeline.dedup.postings import Postings
from pipeline.dedup.tables import CURSOR, EMPTY, LIVE, SIZE, Chains

ROWS = 6000


def chains(keys: np.ndarray, numbers: np.ndarray) -> Chains:
    width = keys.shape[1] // 2
    return Chains(
        slots=np.zeros((2, tables.slots_for(ROWS)), np.uint32),
        facts=tables.empty_facts(2),
        links=np.empty((ROWS, 2), np.uint32),
        keys=keys,
        spans=np.array([[0, width], [width, width]]),
        owners=np.arange(0, dtype=np.uint32),
        numbers=numbers,
    )


def chain_of(of: Chains, table: int, row: int) -> list[int]:
    """The rows with the key of a row, in order."""
    start, width = of.spans[table]
    at = tables.find(of, table, np.uint64(tables.hash_key(of.keys, row, start, width)))
    if at < 0:
        return []
    tail = tables.row_in(of.slots[table, at])
    rows = [int(of.links[tail, table])]
    while rows[-1] != tail:
        rows.append(int(of.links[rows[-1], table]))
    return rows


@pytest.mark.parametrize("distinct", [3, 250], ids=["long chains", "many keys"])
def test_chains_hold_what_a_dictionary_would_in_order_of_numbers(distinct: int):
    random = np.random.default_rng(distinct)
    keys = random.integers(0, distinct, (ROWS, 4), dtype=np.uint8)
    numbers = random.permutation(ROWS).astype(np.uint64)
    of = chains(keys, numbers)
    held: set[int] = set()
    grown = 0
    for step in range(ROWS + ROWS // 2):
        row = int(random.integers(ROWS))
        if row in held:
            tables.remove(of, row, 2)
            held.remove(row)
        else:
            tables.insert(of, row, 2)
            held.add(row)
        grown += int(of.facts[0, CURSOR] > 0)
        if step % 50 == 0:
            for table, part in ((0, slice(0, 2)), (1, slice(2, 4))):
                alike = [one for one in held if (keys[one, part] == keys[row, part]).all()]
                assert chain_of(of, table, row) == sorted(alike, key=numbers.__getitem__)
    assert (grown > 0) == (distinct > 3)
    for row in held:
        tables.remove(of, row, 2)
    assert of.facts[:, LIVE].tolist() == [0, 0]
    assert not np.any(of.slots != EMPTY)


def test_many_at_once_are_what_one_after_the_other_is():
    random = np.random.default_rng(1)
    keys = random.integers(0, 60, (ROWS, 4), dtype=np.uint8)
    numbers = np.arange(ROWS, dtype=np.uint64)
    one, other = chains(keys, numbers), chains(keys, numbers)
    for row in range(ROWS):
        tables.insert(one, row, 1 + row % 2)
    tables.insert_all(other, np.arange(ROWS), 0, 1 + np.arange(ROWS) % 2)
    for row in range(ROWS):
        for table in (0, 1):
            assert chain_of(one, table, row) == chain_of(other, table, row)
    assert one.facts[0, SIZE] > tables.MIN_SIZE


def test_postings_hold_the_earliest_and_the_newest_whatever_the_order():
    random = np.random.default_rng(2)
    limit, rate = 4, 16
    numbers = random.permutation(ROWS).astype(np.uint64)
    postings = Postings(
        slots=np.zeros(tables.slots_for(20 * ROWS), np.uint64),
        facts=tables.empty_facts(1)[0],
        owners=np.arange(ROWS, dtype=np.uint32),
        numbers=numbers,
        rate=rate,
        limit=limit,
    )
    hashes = random.integers(0, (1 << 32) // rate, 3000, dtype=np.uint32)
    samples = [np.unique(random.choice(hashes, 8)) for _ in range(ROWS)]
    wanted: dict[int, list[int]] = defaultdict(list)
    for row, sample in enumerate(samples):
        shared.insert(postings, sample, row)
        for shingle in sample.tolist():
            wanted[shingle].append(row)
    slots = postings.slots[postings.slots != EMPTY]
    found: dict[int, set[int]] = defaultdict(set)
    for held in slots:
        found[int(held >> np.uint64(32))].add(int(shared.row_of(held)))
    for shingle, rows in wanted.items():
        ordered = sorted(rows, key=numbers.__getitem__)
        kept = ordered if len(ordered) <= limit else [*ordered[: limit - 1], ordered[-1]]
        assert found[shingle] == set(kept)
    for row, sample in enumerate(samples):
        shared.remove(postings, sample, row)
    assert postings.facts[LIVE] == 0
    assert not np.any(postings.slots != EMPTY)


@pytest.mark.parametrize("keys", [1024, 40_000, 66_000, 90_000, 100_000, 1_000_000])
def test_a_table_has_the_slots_to_grow_for_as_many_keys_as_it_may_hold(keys: int):
    size = tables.MIN_SIZE
    while tables.is_full(keys, size):
        size = tables.grown(size)
    assert size + tables.SLACK <= tables.slots_for(keys)
