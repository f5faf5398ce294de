"""Who has a sampled shingle: one table from shingle hashes to rows, eight bytes a slot.

Built and grown like those of `tables`, but a slot holds the whole hash beside the row, and every
row of a hash has a slot of its own: at most `limit` of them, the earliest and the newest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.tables import (
    CURSOR,
    EMPTY,
    LIVE,
    NEW_SIZE,
    PIVOT,
    SIZE,
    TOUCHED,
    WHOLE,
    is_full,
    lift,
    settle,
)
from pipeline.jit import native

_ROW = np.uint64(0xFFFFFFFF)
_HASH = np.uint64(32)  # bits below the hash


class Postings(NamedTuple):
    """`slots`: uint64, the hash above, the row and 1 below; `facts`: int64, as of a table.

    `rate`: one in so many hashes is sampled, those under 2**32 / rate; `limit`: rows of one hash.
    `owners` and `numbers` as in `Chains`.
    """

    slots: NDArray[np.uint64]
    facts: NDArray[np.int64]
    owners: NDArray[np.uint32]
    numbers: NDArray[np.uint64]
    rate: int
    limit: int


@native
def place_in(facts: NDArray[np.int64], rate: int, shingle: np.uint64) -> int:
    """The slot where the search for a hash begins."""
    spread = min(np.int64(shingle) * rate, WHOLE - 1)
    return int((spread * (facts[NEW_SIZE] if spread >= facts[PIVOT] else facts[SIZE])) >> 32)


@native
def row_of(held: np.uint64) -> int:
    """The row that a slot holds."""
    return int(np.int64(held & _ROW)) - 1


@native
def insert(postings: Postings, sample: NDArray[np.uint32], row: int) -> int:
    """Add a row under each hash; in how many a row had to give way.

    First the slots are touched without using them: the memory fetches them at the same time.
    """
    slots, facts, rate = postings.slots, postings.facts, postings.rate
    touched = np.uint64(0)
    for shingle in sample:
        touched ^= slots[place_in(facts, rate, shingle)]
    facts[TOUCHED] = np.int64(touched >> _HASH)
    cuts = 0
    for shingle in sample:
        place = place_in(facts, rate, shingle)
        at, held = place, 0
        while slots[at] != EMPTY:
            held += slots[at] >> _HASH == shingle
            at += 1
        if held >= postings.limit:
            at = _replaced(postings, place, np.uint64(shingle), row)
            cuts += 1
        elif at < len(slots) - 1:
            facts[LIVE] += 1
        if at >= 0:
            slots[at] = np.uint64(shingle) << _HASH | np.uint64(row + 1)
        if facts[CURSOR] or is_full(facts[LIVE], facts[SIZE]):
            _advance(postings)
    return cuts


@native
def _replaced(postings: Postings, place: int, shingle: np.uint64, row: int) -> int:
    """The slot that a row takes under a hash with too many: the newest but one has to go.

    -1 where that is the row itself.
    """
    slots = postings.slots
    newest = second = -1
    at = place
    while slots[at] != EMPTY:
        if slots[at] >> _HASH == shingle:
            if newest < 0 or _number(postings, at) > _number(postings, newest):
                newest, second = at, newest
            elif second < 0 or _number(postings, at) > _number(postings, second):
                second = at
        at += 1
    number = postings.numbers[postings.owners[row]]
    if number > _number(postings, newest):
        return newest
    return second if second >= 0 and number < _number(postings, second) else -1


@native
def remove(postings: Postings, sample: NDArray[np.uint32], row: int) -> None:
    """Take a row out from under each hash; what lies behind moves up as far as it may."""
    slots, facts, rate = postings.slots, postings.facts, postings.rate
    for shingle in sample:
        wanted = np.uint64(shingle) << _HASH | np.uint64(row + 1)
        hole = place_in(facts, rate, shingle)
        while slots[hole] != EMPTY and slots[hole] != wanted:
            hole += 1
        if slots[hole] == EMPTY:
            continue  # it had given way
        facts[LIVE] -= 1
        at = hole + 1
        while slots[at] != EMPTY:
            if place_in(facts, rate, slots[at] >> _HASH) <= hole:
                slots[hole] = slots[at]
                hole = at
            at += 1
        slots[hole] = EMPTY


@native
def _number(postings: Postings, at: int) -> np.uint64:
    """The number of the row that a slot holds."""
    return np.uint64(postings.numbers[postings.owners[row_of(postings.slots[at])]])


@native
def _advance(postings: Postings) -> None:
    """Move the pass on by a step, or begin one: see `tables`."""
    slots, facts, rate = postings.slots, postings.facts, postings.rate
    moved = lift(slots, facts)
    for held in moved:
        if held != EMPTY:
            at = place_in(facts, rate, held >> _HASH)
            while slots[at] != EMPTY:
                at += 1
            slots[at] = held
    settle(facts)
