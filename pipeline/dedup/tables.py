"""Hash tables from keys to chains of rows: four bytes a slot, four a link, grown without a pause.

A slot holds the row that came last with its key; the rows of one key form a ring, each linked to
the one that came after it and the last to the first. So adding is a step, and the earliest and
the newest are at hand however long the chain is. Keys are not kept: they are bytes of the rows
themselves, a span of them for each table.

Open addressing with linear probing. Beside the row a slot keeps three bits of the key's hash and
how far it lies from its place, to tell without a look at the row whose place it is. A key's place
is as far into its table as its hash into 32 bits, so the table is in the order of hashes and grows
where it stands: a pass goes from its end to its start, a few slots with each row added, and moves
what it meets further out. From the pivot on the new size counts, below it the old one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.fnv import BASIS_64, PRIME_64
from pipeline.jit import native

EMPTY = 0  # what a slot holds where it holds no row
ROW_BITS = 24
MAX_ROWS = (1 << ROW_BITS) - 1
_ROW = np.uint32(MAX_ROWS)
_TAG = np.uint64(7)  # bits of the hash that a slot keeps
_NEXT = np.uint32(8)  # what one step further from its place adds to a slot's mark
_FAR = np.uint32(31 << 3)  # 31 steps or more

# Fields of a table's facts; the last is written to make the compiler keep a read.
SIZE, NEW_SIZE, PIVOT, CURSOR, LIVE, TOUCHED = range(6)
FACTS = 6

MIN_SIZE = 1024  # slots of an empty table
SLACK = 2048  # slots behind the last, for keys whose place is taken
FULL = 0.9  # of the slots hold a key: a pass makes the table larger
GROWTH = 1.2
SMALL = 1 << 16  # slots up to which a table doubles: moving costs more than the memory is worth,
ROOMY = 0.6  # ... and when so many of them hold a key: a full table's keys lie far from their place
STEP = 512  # slots a pass moves with each row added, 20 us; what lies across its start moves twice
WHOLE = 1 << 32  # one more than the largest hash


class Chains(NamedTuple):
    """Tables whose rows share one numbering.

    `slots`: (tables, slots) uint32; `facts`: (tables, FACTS) int64; `links`: (rows, tables)
    uint32; `keys`: (rows, bytes) uint8; `spans`: (tables, 2) int64, first byte and bytes of each
    table's key; `numbers`: uint64, by which chains are ordered; `owners`: (rows,) uint32, where
    each row's number stands in them, empty where it is in the row's own place.
    """

    slots: NDArray[np.uint32]
    facts: NDArray[np.int64]
    links: NDArray[np.uint32]
    keys: NDArray[np.uint8]
    spans: NDArray[np.int64]
    owners: NDArray[np.uint32]
    numbers: NDArray[np.uint64]


def slots_for(keys: int) -> int:
    """Slots that a table of at most so many keys needs, with those behind the last."""
    return max(2 * SMALL, int(keys / FULL * GROWTH)) + SLACK


def empty_facts(tables: int, keys: int = 0) -> NDArray[np.int64]:
    """The facts of empty tables that take so many keys without growing."""
    size = max(MIN_SIZE, int(keys / (FULL - 0.02)))
    facts = np.zeros((tables, FACTS), np.int64)
    facts[:, SIZE] = facts[:, NEW_SIZE] = size if size > SMALL else max(size, int(keys / ROOMY) + 1)
    return facts


@native
def is_full(live: int, size: int) -> bool:
    """Whether a table with so many keys in its slots has to grow."""
    return live >= (FULL if size > SMALL else ROOMY) * size


@native
def grown(size: int) -> int:
    """The size that a table of this one grows to."""
    return 2 * size if size <= SMALL else int(size * GROWTH)


@native
def hash_word(word: np.uint64) -> np.uint64:
    """What `hash_key` gives for a key that is one unsigned number of 64 bits."""
    value = BASIS_64
    for i in range(0, 64, 8):
        byte = (word >> np.uint64(i)) & np.uint64(0xFF)
        value = (value ^ byte) * PRIME_64
    return _finished(value)


@native
def hash_key(keys: NDArray[np.uint8], row: int, start: int, width: int) -> np.uint64:
    """FNV-1a of a key's bytes, finished as MurmurHash3 does; equal hashes count as equal keys."""
    value = BASIS_64
    for i in range(start, start + width):
        value = (value ^ np.uint64(keys[row, i])) * PRIME_64
    return _finished(value)


@native
def _finished(value: np.uint64) -> np.uint64:
    """MurmurHash3's way to spread what FNV leaves in the lower bits."""
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    return value ^ (value >> np.uint64(29))


@native
def place_of(facts: NDArray[np.int64], table: int, value: np.uint64) -> int:
    """The slot of a table where a key's place is.

    Here and below arrays are indexed by table and slot: to take one table out costs as much as
    to look into it.
    """
    high = np.int64(value >> np.uint64(32))
    size = facts[table, NEW_SIZE] if high >= facts[table, PIVOT] else facts[table, SIZE]
    return int((high * size) >> 32)


@native
def row_in(held: np.uint32) -> int:
    """The row that a slot holds."""
    return int(np.int64(held & _ROW)) - 1


@native
def seek(  # noqa: PLR0913, PLR0917 - tables in parts: to hand over a whole one costs more
    slots: NDArray[np.uint32],
    table: int,
    place: int,
    keys: NDArray[np.uint8],
    start: int,
    width: int,
    value: np.uint64,
) -> tuple[int, bool]:
    """(slot, True) of a key's chain, or (free slot, False) where it would be, from its place on."""
    mark = np.uint32(value & _TAG)
    at = place
    while slots[table, at] != EMPTY:
        held = slots[table, at]
        if held >> np.uint32(ROW_BITS) == mark:  # noqa: SIM102 - the key is far, it is asked last
            if hash_key(keys, row_in(held), start, width) == value:
                return at, True
        at += 1
        if mark < _FAR:
            mark += _NEXT
    return at, False


@native
def find(chains: Chains, table: int, value: np.uint64) -> int:
    """The slot of a key's chain, -1 where there is none."""
    start, width = chains.spans[table, 0], chains.spans[table, 1]
    place = place_of(chains.facts, table, value)
    at, is_there = seek(chains.slots, table, place, chains.keys, start, width, value)
    return at if is_there else -1


@native
def insert(chains: Chains, row: int, tables: int) -> None:
    """Add a row to its chain in each of the first so many tables.

    First the slots are touched one after the other without using them: the memory fetches them
    at the same time.
    """
    touched = np.uint32(0)
    for table in range(tables):
        place = place_of(chains.facts, table, _key_of(chains, table, row))
        touched ^= chains.slots[table, place]
    chains.facts[0, TOUCHED] = touched
    insert_all(chains, np.full(1, row), 0, np.full(1, tables))


@native
def insert_all(
    chains: Chains, rows: NDArray[np.int64], first: int, ends: NDArray[np.int64]
) -> None:
    """Add rows, each to its tables from the first to its end, in its chains by number.

    Table by table: several times as fast as row by row. Behind the last slot, where no key comes
    in practice, it is dropped.
    """
    slots, facts, links = chains.slots, chains.facts, chains.links
    keys, spans = chains.keys, chains.spans
    for table in range(first, len(spans)):
        start, width = spans[table, 0], spans[table, 1]
        for i in range(len(rows)):
            row = rows[i]
            if table >= ends[i]:
                continue
            value = hash_key(keys, row, start, width)
            place = place_of(facts, table, value)
            at, is_there = seek(slots, table, place, keys, start, width, value)
            links[row, table] = row
            if is_there:
                slots[table, at] = _join(chains, table, row, slots[table, at])
            elif at < slots.shape[1] - 1:
                facts[table, LIVE] += 1
                slots[table, at] = _slot(row, value, at - place)
            if facts[table, CURSOR] or is_full(facts[table, LIVE], facts[table, SIZE]):
                _advance(chains, table)


@native
def _join(chains: Chains, table: int, row: int, held: np.uint32) -> np.uint32:
    """Link a row into the chain of a slot; what the slot holds then."""
    links = chains.links
    tail = row_in(held)
    before = tail
    if _number(chains, row) > _number(chains, tail):
        held = np.uint32(held + np.uint32(row - tail))
    else:
        while _number(chains, links[before, table]) < _number(chains, row):
            before = links[before, table]
    links[row, table] = links[before, table]
    links[before, table] = row
    return held


@native
def remove(chains: Chains, row: int, tables: int) -> None:
    """Take a row out of each of the first so many tables."""
    touched = np.uint32(0)
    for table in range(tables):
        place = place_of(chains.facts, table, _key_of(chains, table, row))
        touched ^= chains.slots[table, place]
    chains.facts[0, TOUCHED] = touched
    for table in range(tables):
        _remove_from(chains, table, row)


@native
def _remove_from(chains: Chains, table: int, row: int) -> None:
    at = find(chains, table, _key_of(chains, table, row))
    if at < 0:
        return
    links = chains.links
    tail = row_in(chains.slots[table, at])
    before = tail
    while links[before, table] != row:
        before = links[before, table]
        if before == tail:
            return  # not in this chain
    if before == row:
        chains.facts[table, LIVE] -= 1
        _close(chains, table, at)
        return
    links[before, table] = links[row, table]
    if row == tail:
        chains.slots[table, at] -= np.uint32(row - before)


@native
def _close(chains: Chains, table: int, hole: int) -> None:
    """Free a slot: what lies behind it, up to a free one, moves up as far as its place allows."""
    slots = chains.slots[table]
    at = hole + 1
    while slots[at] != EMPTY:
        held = slots[at]
        far = held >> np.uint32(ROW_BITS) & _FAR
        place = at - int(np.int64(far >> np.uint32(3)))
        if far == _FAR:
            place = place_of(chains.facts, table, _key_of(chains, table, row_in(held)))
        if place <= hole:
            steps = np.uint32(min(hole - place, 31)) << np.uint32(ROW_BITS + 3)
            slots[hole] = held & ~(_FAR << np.uint32(ROW_BITS)) | steps
            hole = at
        at += 1
    slots[hole] = EMPTY


@native
def lift(slots: NDArray[Any], facts: NDArray[np.int64]) -> NDArray[Any]:
    """What a table's pass takes out to put into its new place: its next step, or its first.

    Nothing where the table can grow no more. `settle` says that a step was put back.
    """
    if facts[CURSOR] == 0:
        larger = grown(facts[SIZE])
        if larger > len(slots) - SLACK:
            return slots[:0].copy()
        facts[NEW_SIZE], facts[CURSOR], facts[PIVOT] = larger, facts[SIZE], WHOLE
    end = facts[CURSOR]
    start = max(0, end - STEP)
    while slots[end] != EMPTY:
        end += 1
    moved = slots[start:end].copy()
    slots[start:end] = EMPTY
    facts[CURSOR] = start
    facts[PIVOT] = ((start << 32) + facts[SIZE] - 1) // facts[SIZE]
    return moved


@native
def settle(facts: NDArray[np.int64]) -> None:
    """After a step: a pass that reached the table's start has made it larger."""
    if facts[CURSOR] == 0:
        facts[SIZE] = facts[NEW_SIZE]


@native
def _advance(chains: Chains, table: int) -> None:
    """Move a table's pass on by a step, or begin one.

    What lies from its start on, and in the run of slots behind it, is put into its new place.
    """
    facts, slots = chains.facts[table], chains.slots[table]
    moved = lift(slots, facts)
    values = np.empty(len(moved), np.uint64)
    for i in range(len(moved)):  # apart from what follows: the memory fetches keys at once
        values[i] = _key_of(chains, table, row_in(moved[i])) if moved[i] != EMPTY else np.uint64(0)
    for i in range(len(moved)):
        if moved[i] != EMPTY:
            at = place = place_of(chains.facts, table, values[i])
            while slots[at] != EMPTY:
                at += 1
            slots[at] = _slot(row_in(moved[i]), values[i], at - place)
    settle(facts)


@native
def _slot(row: int, value: np.uint64, steps: int) -> np.uint32:
    """What a slot holds for a row, so many steps from its key's place."""
    mark = np.uint32(value & _TAG) | np.uint32(min(steps, 31)) << np.uint32(3)
    return np.uint32(mark << np.uint32(ROW_BITS) | np.uint32(row + 1))


@native
def _key_of(chains: Chains, table: int, row: int) -> np.uint64:
    """The hash of a row's key."""
    return hash_key(chains.keys, row, chains.spans[table, 0], chains.spans[table, 1])


@native
def _number(chains: Chains, row: int) -> np.uint64:
    return np.uint64(chains.numbers[chains.owners[row] if len(chains.owners) else row])
