"""The arrays of an index, handed to kernels as one.

numba takes a look at each array that it is handed, 0.15 us, and at each of a tuple 0.4 us; an
index has seventeen. So kernels get one small array that says where the others lie, and make of it
what they work on, which costs nothing.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.postings import Postings
from pipeline.dedup.tables import Chains
from pipeline.jit import array_at, native

# (18, 3): address, rows and columns of each array, in the order of `memory_of`; at last the
# sample: rate, rows of one hash at most, shingles of one article at most.
Memory = NDArray[np.int64]


class Tables(NamedTuple):
    """All that an index holds of its articles.

    `exact`: tables of exact rows; `bands`, `postings`: of near rows. Of each exact row: `keys`,
    (rows, 3) uint64, number, hash of the words, hash of the address or 0; `seen`, uint32, last, in
    seconds since 1970; `places`, uint64, where its entry lies; `near`, uint32, its near row.
    `shingles`: uint32, distinct ones of each near row. `largest`: shingles in the sample of one
    article at most.
    """

    exact: Chains
    bands: Chains
    postings: Postings
    keys: NDArray[np.uint64]
    seen: NDArray[np.uint32]
    places: NDArray[np.uint64]
    near: NDArray[np.uint32]
    shingles: NDArray[np.uint32]
    largest: int


def zeros(shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    """An array of zeros that takes memory in pages of 4 kB, as it is written to.

    numpy asks for pages of 2 MB: the first article would take 60 MB and a tenth of a second, and
    look-ups at a million articles gain 5 % from them.
    """
    memory = mmap.mmap(-1, math.prod(shape) * np.dtype(dtype).itemsize)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, dtype).reshape(shape)


def memory_of(tables: Tables) -> Memory:
    """Where everything lies, for as long as somebody holds the tables."""
    exact, bands, postings = tables.exact, tables.bands, tables.postings
    arrays: list[NDArray[Any]] = [
        *(exact.slots, exact.facts, exact.links, tables.keys, exact.spans),
        *(bands.slots, bands.facts, bands.links, bands.keys, bands.spans, bands.owners),
        *(postings.slots, postings.facts),
        *(tables.seen, tables.places, tables.near, tables.shingles),
    ]
    sampled = (postings.rate, postings.limit, tables.largest)
    return np.concatenate((places_of(arrays), [sampled]), dtype=np.int64)


def places_of(arrays: Sequence[NDArray[Any]]) -> Memory:
    """Address, rows and columns of each array, for as long as somebody holds them."""
    return np.array([(array.ctypes.data, *array.shape, 1)[:3] for array in arrays], np.int64)


@native
def tables_in(memory: Memory) -> Tables:
    """The tables that lie there."""
    keys = grid_at(memory, 3, np.uint64)
    numbers = keys[:, 0]
    owners = row_at(memory, 10, np.uint32)
    exact = Chains(
        grid_at(memory, 0, np.uint32),
        grid_at(memory, 1, np.int64),
        grid_at(memory, 2, np.uint32),
        array_at(memory[3, 0], (memory[3, 1], 8 * memory[3, 2]), np.uint8),
        grid_at(memory, 4, np.int64),
        owners[:0],
        numbers,
    )
    bands = Chains(
        grid_at(memory, 5, np.uint32),
        grid_at(memory, 6, np.int64),
        grid_at(memory, 7, np.uint32),
        grid_at(memory, 8, np.uint8),
        grid_at(memory, 9, np.int64),
        owners,
        numbers,
    )
    postings = Postings(
        row_at(memory, 11, np.uint64),
        row_at(memory, 12, np.int64),
        owners,
        numbers,
        memory[17, 0],
        memory[17, 1],
    )
    return Tables(
        exact,
        bands,
        postings,
        keys,
        row_at(memory, 13, np.uint32),
        row_at(memory, 14, np.uint64),
        row_at(memory, 15, np.uint32),
        row_at(memory, 16, np.uint32),
        memory[17, 2],
    )


@native
def grid_at(memory: Memory, at: int, dtype: type[Any]) -> NDArray[Any]:
    """The array of two dimensions whose place stands there."""
    return array_at(memory[at, 0], (memory[at, 1], memory[at, 2]), dtype)


@native
def row_at(memory: Memory, at: int, dtype: type[Any]) -> NDArray[Any]:
    """The array of one dimension whose place stands there."""
    return array_at(memory[at, 0], (memory[at, 1],), dtype)
