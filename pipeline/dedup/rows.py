"""The memory of an index: rows in numpy arrays, and the tables that lead to them.

The arrays are as long as they may ever become. What was never written to takes no memory, only
addresses: the system gives memory page by page at the first touch.
"""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from pipeline.article import Fingerprint
from pipeline.dedup import tables
from pipeline.dedup.changes import HELD
from pipeline.dedup.fingerprint import PERMUTATIONS, as_hashes
from pipeline.dedup.memory import Memory, Tables, memory_of, tables_in, zeros
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.postings import Postings
from pipeline.dedup.postings import insert as post
from pipeline.dedup.postings import remove as unpost
from pipeline.dedup.proposals import TEXT, URL, sample, short
from pipeline.dedup.recency import NONE, Recency
from pipeline.dedup.tables import (
    LIVE,
    NEW_SIZE,
    Chains,
    find,
    hash_word,
    insert,
    insert_all,
    remove,
    row_in,
)
from pipeline.jit import native

Sample = NDArray[np.uint32]

# What stands in `near` where there is no near row: none in the window, or behind the window.
STALE = NONE - 1

_KEYS = 3  # of an exact row: number, words, address
_KEY_SPANS = np.array([[0, 8], [8, 8], [16, 8]], np.int64)
_POSTED = 11  # tables of bands that are filled while the postings are
_POSTINGS = 48  # sampled shingles an article that room is left for: real ones have 21 on average


class Rows:
    """Exact rows, near rows, and their tables; what they mean is their owner's business."""

    def __init__(self, options: DedupOptions) -> None:
        capacity = min(options.capacity, tables.MAX_ROWS)
        self.capacity = capacity
        self.keys = zeros((capacity, _KEYS), np.uint64)
        self.seen = zeros((capacity,), np.uint32)  # seconds since 1970
        self.places = zeros((capacity,), np.uint64)
        self.near = zeros((capacity,), np.uint32)  # the near row, NONE where there is none
        self.signatures = zeros((capacity, PERMUTATIONS), np.uint8)
        self.owners = zeros((capacity,), np.uint32)  # of a near row, its exact row
        self.shingles = zeros((capacity,), np.uint32)  # of a near row, how many distinct ones
        self._queues = zeros((2, capacity), np.uint32)
        self._options = options
        self.clear()

    def clear(self, expected: int = 0, sampled: int = 0) -> None:
        """Hold nothing, with room for so many rows and sampled shingles without growing."""
        options, capacity = self._options, self.capacity
        before, after = self._queues
        self.fresh = Recency(before, after, self.seen)  # rows in the near-copy window
        self.stale = Recency(before, after, self.seen)  # rows behind it
        self._exact_space, self._near_space = _Space(), _Space()
        size, numbers = tables.slots_for(capacity), self.keys[:, 0]
        self.exact = Chains(
            slots=zeros((_KEYS, size), np.uint32),
            facts=tables.empty_facts(_KEYS, expected),
            links=zeros((capacity, _KEYS), np.uint32),
            keys=self.keys.view(np.uint8),
            spans=_KEY_SPANS,
            owners=self.owners[:0],
            numbers=numbers,
        )
        self.bands = Chains(
            slots=zeros((options.bands, size), np.uint32),
            facts=tables.empty_facts(options.bands, expected),
            links=zeros((capacity, options.bands), np.uint32),
            keys=self.signatures,
            spans=_band_spans(options),
            owners=self.owners,
            numbers=numbers,
        )
        self.postings = Postings(
            slots=zeros((tables.slots_for(_POSTINGS * capacity),), np.uint64),
            facts=tables.empty_facts(1, sampled)[0],
            owners=self.owners,
            numbers=numbers,
            rate=options.sample_rate,
            limit=options.postings,
        )
        self._tables = Tables(
            *(self.exact, self.bands, self.postings),
            *(self.keys, self.seen, self.places, self.near, self.shingles),
            largest=options.sample_size,
        )
        self.memory = memory_of(self._tables)

    @property
    def held(self) -> int:
        """Exact rows in use."""
        return self._exact_space.held

    @property
    def sampled(self) -> int:
        """Sampled shingles in the postings."""
        return int(self.postings.facts[LIVE])

    @property
    def is_full(self) -> bool:
        """Whether no exact row is left."""
        return self.held >= self.capacity

    @property
    def size(self) -> int:
        """Bytes of memory in use, without those of sampled shingles."""
        exact = self.keys[:1], self.seen[:1], self.places[:1], self.near[:1], self.exact.links[:1]
        near = self.signatures[:1], self.owners[:1], self.shingles[:1], self.bands.links[:1]
        queues = 2 * self.seen.itemsize
        slots = sum(int(chains.facts[:, NEW_SIZE].sum()) for chains in (self.exact, self.bands))
        return (
            self._exact_space.used * (sum(one.nbytes for one in exact) + queues)
            + self._near_space.used * sum(one.nbytes for one in near)
            + slots * self.bands.slots.itemsize
        )

    @property
    def sample_size(self) -> int:
        """Bytes of memory that the sampled shingles take."""
        return int(self.postings.facts[NEW_SIZE]) * self.postings.slots.itemsize

    def insert(self, keys: tuple[np.uint64, np.uint64, np.uint64], place: int, seen: int) -> int:
        """A new exact row in the window: number, hash of the words, hash of the address or 0."""
        row = self._exact_space.take()
        _insert(self.memory, row, *keys, place, seen)
        self.fresh.append(row)
        return row

    def renew(self, row: int, seen: int) -> None:
        """A row was seen again, and stays on its side of the window's start."""
        queue = self.stale if self.near[row] == STALE else self.fresh
        queue.remove(row)
        self.seen[row] = seen
        queue.append(row)

    def leave_window(self, row: int) -> None:
        """A row whose near row is gone stays for its address and words."""
        self.fresh.remove(row)
        self.near[row] = STALE
        self.stale.append(row)

    def return_to_window(self, row: int, seen: int) -> None:
        """A row behind the window was seen again."""
        self.stale.remove(row)
        self.near[row] = NONE
        self.seen[row] = seen
        self.fresh.append(row)

    def insert_near(self, row: int, fingerprint: Fingerprint) -> tuple[int, Sample]:
        """A near row to an exact one: how many of its sampled shingles too many have, all these."""
        near = self._near_space.take()
        return _insert_near(self.memory, row, near, fingerprint.signature, fingerprint.shingles)

    def sample_of(self, fingerprint: Fingerprint) -> Sample:
        """The sampled ones of a fingerprint's shingles."""
        options = self._options
        return sample(as_hashes(fingerprint.shingles), options.sample_rate, options.sample_size)

    def remove(self, row: int) -> None:
        """Free an exact row behind the window."""
        self.stale.remove(row)
        _remove(self.memory, row)
        self._exact_space.give(row)

    def remove_near(self, row: int, fingerprint: Fingerprint) -> None:
        """Free the near row of an exact one."""
        near = _remove_near(self.memory, row, as_hashes(fingerprint.shingles))
        self._near_space.give(near)

    def told(self, rows: list[int]) -> NDArray[np.void]:
        """What is known of exact rows, but for their samples."""
        held = np.zeros(len(rows), HELD)
        held["keys"], held["place"], held["seen"] = (
            part[rows] for part in (self.keys, self.places, self.seen)
        )
        near = self.near[rows]
        is_near = near < STALE
        held["shingles"][is_near] = self.shingles[near[is_near]]
        held["signature"][is_near] = self.signatures[near[is_near]]
        return held

    def load(self, held: NDArray[np.void], of: Sample, mark: int, least: int) -> NDArray[np.uint64]:
        """Insert what was told of rows, those last seen before `mark` behind the window.

        Numbers from `least` on are new. Rows that are here already were only moved; gives where
        their entries lay before.
        """
        numbers = held["keys"][:, 0]
        found, may_be = np.full(len(held), -1), numbers < least
        found[may_be] = _find_all(self.memory, numbers[may_be])
        is_new = found < 0
        if self.held + is_new.sum() > self.capacity:
            raise ValueError(f"it holds more than dedup.capacity, {self.capacity} articles")
        left: NDArray[np.uint64] = self.places[found[~is_new]]
        self.places[found[~is_new]] = held["place"][~is_new]
        rows = np.zeros(len(held), np.int64)
        rows[is_new] = self._exact_space.take_all(int(is_new.sum()))
        fresh, stale = is_new & (held["seen"] >= mark), is_new & (held["seen"] < mark)
        for part, name in ((self.keys, "keys"), (self.places, "place"), (self.seen, "seen")):
            part[rows[is_new]] = held[name][is_new]
        self.near[rows[fresh]], self.near[rows[stale]] = NONE, STALE
        _load(self.memory, rows[is_new])
        self.fresh.extend(rows[fresh])
        self.stale.extend(rows[stale])
        self._load_near(held, of, rows, fresh & (held["shingles"] > 0))
        return left

    def _load_near(
        self,
        held: NDArray[np.void],
        of: Sample,
        rows: NDArray[np.int64],
        chosen: NDArray[np.bool_],
    ) -> None:
        near = self._near_space.take_all(int(chosen.sum()))
        self.near[rows[chosen]], self.owners[near] = near, rows[chosen]
        self.shingles[near] = held["shingles"][chosen]
        self.signatures[near] = held["signature"][chosen]
        ends = np.cumsum(held["sampled"], dtype=np.int64)
        spans = np.stack([ends - held["sampled"], ends], axis=1)
        bands = len(self.bands.spans)
        half = min(bands, (bands + _POSTED) // 2)
        with ThreadPoolExecutor(1) as beside:  # kernels leave Python's lock to others
            posted = beside.submit(_load_postings, self.memory, of, spans[chosen], near)
            rest = beside.submit(_load_bands, self.memory, near, half, bands)
            _load_bands(self.memory, near, 0, half)
            posted.result()
            rest.result()

    def find(self, number: int) -> int | None:
        """The exact row of a number."""
        at = _find(self.memory, np.uint64(number))
        return None if at < 0 else int(at)


class _Space:
    """Rows from 0 on, those that were freed first."""

    def __init__(self) -> None:
        self.used = 0  # rows ever in use at once
        self._free = array("I")

    @property
    def held(self) -> int:
        """Rows in use."""
        return self.used - len(self._free)

    def take(self) -> int:
        """A row that is not in use."""
        if self._free:
            return self._free.pop()
        self.used += 1
        return self.used - 1

    def take_all(self, count: int) -> NDArray[np.int64]:
        """So many rows that are not in use."""
        freed = [self._free.pop() for _ in range(min(count, len(self._free)))]
        new = count - len(freed)
        self.used += new
        return np.concatenate([np.array(freed, np.int64), np.arange(self.used - new, self.used)])

    def give(self, row: int) -> None:
        """It is in use no more."""
        self._free.append(row)


def _band_spans(options: DedupOptions) -> NDArray[np.int64]:
    """First value and number of values of each band. Raises ValueError where they do not fit."""
    if options.bands * options.rows > PERMUTATIONS:
        raise ValueError(
            f"dedup.bands x dedup.rows is {options.bands} x {options.rows}:"
            f" a signature has {PERMUTATIONS} values"
        )
    starts = np.arange(options.bands) * options.rows
    return np.stack([starts, np.full_like(starts, options.rows)], axis=1)


@native
def _insert(  # noqa: PLR0913, PLR0917 - a kernel, called at one place
    memory: Memory,
    row: int,
    number: np.uint64,
    text: np.uint64,
    url: np.uint64,
    place: int,
    seen: int,
) -> None:
    tables = tables_in(memory)
    tables.keys[row, 0], tables.keys[row, TEXT], tables.keys[row, URL] = number, text, url
    tables.places[row], tables.near[row], tables.seen[row] = place, NONE, seen
    insert(tables.exact, row, _tables_of(tables.keys, row))


@native
def _insert_near(
    memory: Memory,
    row: int,
    near: int,
    signature: bytes,
    shingles: bytes,
) -> tuple[int, NDArray[np.uint32]]:
    """(sampled shingles that too many have, all of them)."""
    tables = tables_in(memory)
    bands = tables.bands
    tables.near[row], bands.owners[near] = near, row
    hashes = np.frombuffer(shingles, np.uint32)
    bands.keys[near] = short(np.frombuffer(signature, np.uint32))
    tables.shingles[near] = len(hashes)
    insert(bands, near, len(bands.spans))
    sampled = sample(hashes, tables.postings.rate, tables.largest)
    return post(tables.postings, sampled, near), sampled


@native
def _remove(memory: Memory, row: int) -> None:
    tables = tables_in(memory)
    remove(tables.exact, row, _tables_of(tables.keys, row))


@native
def _remove_near(memory: Memory, row: int, shingles: NDArray[np.uint32]) -> int:
    """The near row that is in use no more."""
    tables = tables_in(memory)
    near = int(np.int64(tables.near[row]))
    remove(tables.bands, near, len(tables.bands.spans))
    sampled = sample(shingles, tables.postings.rate, tables.largest)
    unpost(tables.postings, sampled, near)
    tables.near[row] = NONE
    return near


@native
def _tables_of(keys: NDArray[np.uint64], row: int) -> int:
    """In how many tables an exact row stands: without an address, not in that of addresses."""
    return _KEYS if keys[row, URL] else _KEYS - 1


@native
def _load(memory: Memory, rows: NDArray[np.int64]) -> None:
    """Insert exact rows whose keys are there."""
    tables = tables_in(memory)
    counts = np.empty(len(rows), np.int64)
    for i in range(len(rows)):
        counts[i] = _tables_of(tables.keys, rows[i])
    insert_all(tables.exact, rows, 0, counts)


@native
def _load_bands(memory: Memory, rows: NDArray[np.int64], first: int, end: int) -> None:
    """Insert near rows whose signatures are there in the tables of some bands."""
    insert_all(tables_in(memory).bands, rows, first, np.full(len(rows), end))


@native
def _load_postings(
    memory: Memory,
    sampled: NDArray[np.uint32],
    spans: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> None:
    """Insert near rows under their samples: that of each lies at a span, start and end."""
    postings = tables_in(memory).postings
    for i in range(len(rows)):
        post(postings, sampled[spans[i, 0] : spans[i, 1]], rows[i])


@native
def _find(memory: Memory, number: np.uint64) -> int:
    exact = tables_in(memory).exact
    at = find(exact, 0, hash_word(number))
    return -1 if at < 0 else row_in(exact.slots[0, at])


@native
def _find_all(memory: Memory, numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The exact row of each number, -1 where it is not held."""
    rows = np.empty(len(numbers), np.int64)
    for i in range(len(numbers)):
        rows[i] = _find(memory, numbers[i])
    return rows
