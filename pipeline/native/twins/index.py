"""The index of articles as dictionaries: the twin of `src/index.c`.

A row is an article: its number, the hash of its words, the hash of its address or 0, the time it
was last seen, the place of its entry. A new row is in the window and is found by words and address.
From `enter_window` to `leave_window` it is also found by likeness. After `leave_window` it is
beyond the window and is found by words and address only.
"""

from __future__ import annotations

import heapq
import struct
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pipeline.native.twins.fingerprint import sample

_PERMUTATIONS = 128
_SIGNATURE = 4 * _PERMUTATIONS  # bytes
_LEAST_HITS = 0.2  # of the sample of the shorter text
_MAX_ROWS = (1 << 24) - 1
_ROW_BYTES = 2_000  # of memory for a row here, about
_HELD = struct.Struct(f"<3QQ3I{_PERMUTATIONS}s")  # HELD of `pipeline/dedup/index/changes.py`

_Packed = bytes | memoryview
Key = int | bytes
Chains = dict[Key, list[int]]  # by key, the ascending numbers of rows


@dataclass
class _Row:
    text: int
    url: int
    place: int
    seen: int
    turn: int  # orders rows that were last seen at the same time
    is_stale: bool = False  # beyond the window
    signature: bytes | None = None  # if found by likeness: 8 bits a value
    shingles: int = 0  # distinct ones


class Index:
    """Finds rows by number, words, address, bands of the signature and sampled shingles.

    `band_rows`: values of a signature in one band; `rate`, `sample_size`: as for `sample`;
    `postings`: the limit of rows for one sampled shingle or band, which are the earliest and the
    newest; `candidates`: the limit of rows of one kind that a look-up returns. For a text of at
    least `short_words` words with exact copies, a look-up returns only these. A text of fewer than
    `min_words` words is found by words and address alone. Raises ValueError for sizes of zero, a
    capacity above 2**24 - 1, and bands that do not fit a signature.

    Handles of rows are valid until `remove` or `clear`. Methods raise ValueError for other handles,
    and for a row on the wrong side of the window's start.
    """

    def __init__(  # noqa: PLR0913 - called at one place, by names
        self,
        *,
        capacity: int,
        bands: int,
        band_rows: int,
        rate: int,
        sample_size: int,
        postings: int,
        candidates: int,
        short_words: int,
        min_words: int,
    ) -> None:
        if not (capacity and bands and band_rows and rate and postings) or capacity > _MAX_ROWS:
            raise ValueError("a size is zero, or the capacity over 2**24 - 1")
        if bands * band_rows > _PERMUTATIONS:
            raise ValueError(f"the bands do not fit a signature of {_PERMUTATIONS} values")
        self._capacity, self._postings, self._candidates = capacity, postings, candidates
        self._rate, self._sample_size = rate, sample_size
        self._short_words, self._min_words = short_words, min_words
        self._spans = [slice(at * band_rows, (at + 1) * band_rows) for at in range(bands)]
        self.clear()

    def clear(self, articles: int = 0, sampled: int = 0) -> None:  # noqa: ARG002 - memory is C's
        """Removes all rows, and makes room for a number of rows and sampled shingles."""
        self._rows: dict[int, _Row] = {}
        self._texts: Chains = {}
        self._urls: Chains = {}
        self._bands: list[Chains] = [{} for _ in self._spans]
        self._sampled: Chains = {}
        self._turns = 0
        self._queues: tuple[list[tuple[int, int, int]], ...] = ([], [])  # fresh, stale: heaps

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def keys(self) -> int:
        """The number of distinct keys: numbers, words, addresses and bands."""
        chains = [self._texts, self._urls, *self._bands]
        return len(self) + sum(map(len, chains)) - (0 in self._urls)

    @property
    def sampled(self) -> int:
        """The number of sampled shingles, one for each row that has it."""
        return sum(map(len, self._sampled.values()))

    @property
    def size(self) -> int:
        """The bytes of memory in use, without those of the sample."""
        return _ROW_BYTES * len(self)

    @property
    def sample_size(self) -> int:
        """The bytes of memory of the sampled shingles."""
        return 100 * self.sampled

    def insert(self, number: int, text: int, url: int, place: int, seen: int) -> int:
        """Adds an article to the window; returns its row. Raises ValueError for a known number."""
        if len(self) == self._capacity:
            raise ValueError("the index is full")
        if number in self._rows:
            raise ValueError("the number is in use")
        self._rows[number] = _Row(text, url, place, seen, 0)
        insort(self._texts.setdefault(text, []), number)
        insort(self._urls.setdefault(url, []), number)
        self._append(number)
        return number

    def enter_window(self, row: int, signature: bytes, shingles: bytes) -> tuple[int, bytes]:
        """Makes a row findable by likeness.

        Returns (the sampled shingles under which a row was left out, the sample). `signature`: 512
        bytes; `shingles`: packed hashes.
        """
        found = self._row(row)
        if found.is_stale or found.signature is not None or len(signature) != _SIGNATURE:
            raise ValueError("a row enters the window once, with a signature of 512 bytes")
        sampled = sample(shingles, self._rate, self._sample_size)
        self._add_near(row, signature[::4], len(shingles) // 4)
        return sum([not self._post(shingle, row) for shingle in _hashes(sampled)]), sampled

    def leave_window(self, row: int, shingles: bytes) -> None:
        """Moves a row beyond the window; `shingles`: those of its `enter_window`, if any."""
        found = self._row(row)
        if found.is_stale:
            raise ValueError("the row is beyond the window")
        if found.signature is not None:
            for chains, key in self._bands_of(found.signature):
                _remove(chains, key, row)
            for shingle in _hashes(sample(shingles, self._rate, self._sample_size)):
                _remove(self._sampled, shingle, row)
        found.is_stale, found.signature = True, None
        self._append(row)

    def return_to_window(self, row: int, seen: int) -> None:
        """Moves a row that was seen again from beyond the window back into it."""
        found = self._row(row)
        if not found.is_stale:
            raise ValueError("the row is in the window")
        found.is_stale, found.seen = False, seen
        self._append(row)

    def renew(self, row: int, seen: int) -> None:
        """Updates the time a row was last seen; the row stays on its side of the window's start."""
        self._row(row).seen = seen
        self._append(row)

    def remove(self, row: int) -> None:
        """Removes a row that is beyond the window."""
        found = self._row(row)
        if not found.is_stale:
            raise ValueError("the row is in the window")
        del self._rows[row]
        _remove(self._texts, found.text, row)
        _remove(self._urls, found.url, row)

    def move(self, row: int, place: int) -> None:
        """Updates the place of the entry of a row."""
        self._row(row).place = place

    def find(self, number: int) -> int | None:
        """Returns the row of a number, or None."""
        return number if number in self._rows else None

    def get(self, row: int) -> tuple[int, int, int, int, int]:
        """Returns (number, text, place, seen, state) of a row.

        The state: 0 in the window and found by likeness, 1 in the window only, 2 beyond the window.
        """
        found = self._row(row)
        state = 2 if found.is_stale else int(found.signature is None)
        return row, found.text, found.place, found.seen, state

    def oldest_in_window(self) -> int | None:
        """Returns the row in the window whose last sighting is the oldest, or None."""
        return self._oldest(is_stale=False)

    def oldest_behind_window(self) -> int | None:
        """Returns the row beyond the window whose last sighting is the oldest, or None."""
        return self._oldest(is_stale=True)

    def known(self, text: int, url: int, mark: int) -> tuple[list[tuple[int, int]], int]:
        """Returns (rows with these words and their places, how many of them at this address).

        They were seen since `mark`. All rows at the address come first, then the earliest rows at
        any address.
        """
        at_url = [row for row in self._at(url, mark) if self._rows[row].text == text]
        rows = [*at_url, *islice(self._with(text, mark), self._candidates)]
        return [(row, self._rows[row].place) for row in rows], len(at_url)

    def look_up(  # noqa: PLR0913, PLR0917 - called at one place
        self,
        text: int,
        url: int,
        exact_mark: int,
        mark: int,
        signature: bytes,
        shingles: bytes,
        words: int,
    ) -> tuple[list[int], int]:
        """Returns (places of the candidates, in order of number; the chains cut short).

        Rows last seen before `exact_mark` are not found by words and address, those last seen
        before `mark` not by likeness.
        """
        if len(signature) != _SIGNATURE:
            raise ValueError("a signature has 512 bytes")
        found, cuts = set(islice(self._with(text, exact_mark), self._candidates)), 0
        if not found or words < self._short_words:
            found.update([*self._at(url, exact_mark)][-self._candidates :])
            if words >= self._min_words:
                likest, cuts = self._proposed(signature[::4], shingles, mark)
                found.update(likest)
        return [self._rows[row].place for row in sorted(found)], cuts

    def rows_before(self, place: int, limit: int) -> list[int]:
        """Returns at most `limit` rows whose entries lie before a place."""
        return [*islice((row for row, of in self._rows.items() if of.place < place), limit)]

    def export(self, rows: list[int]) -> bytes:
        """Returns rows in the format of `load`, without their samples."""
        return b"".join(self._exported(row) for row in rows)

    def load(self, held: _Packed, sample: _Packed, mark: int, least: int) -> bytes:
        """Adds exported rows; those last seen before `mark` go beyond the window.

        `sample`: the sampled shingles of all rows. Numbers from `least` on must be new; of a known
        number only the place is updated. Returns the earlier places of known numbers, 64 bits each.
        Raises ValueError, and changes nothing, if sizes do not fit or the capacity is exceeded.
        """
        if len(held) % _HELD.size or len(sample) % 4:
            raise ValueError("a load is truncated")
        records, left = [*_HELD.iter_unpack(held)], []
        if sum([record[6] for record in records]) != len(sample) // 4:
            raise ValueError("a load has another number of sampled shingles than it states")
        here = {record[0] for record in records if record[0] < least and record[0] in self._rows}
        if len(self) + sum([record[0] not in here for record in records]) > self._capacity:
            raise ValueError(f"it holds more than dedup.capacity, {self._capacity} articles")
        at = 0
        for number, text, url, place, seen, shingles, sampled, signature in records:
            at += sampled
            if number in here:
                left.append(self._rows[number].place)
                self.move(number, place)
                continue
            self.insert(number, text, url, place, seen)
            if seen < mark:
                self.leave_window(number, b"")
            elif shingles:
                self._add_near(number, signature, shingles)
                for shingle in _hashes(sample[4 * (at - sampled) : 4 * at]):
                    self._post(shingle, number)
        return struct.pack(f"<{len(left)}Q", *left)

    def _row(self, row: int) -> _Row:
        if row not in self._rows:
            raise ValueError("no such row")
        return self._rows[row]

    def _append(self, row: int) -> None:
        """Puts a row into the queue of its side, after those that were seen at the same time."""
        found, self._turns = self._rows[row], self._turns + 1
        found.turn = self._turns
        heapq.heappush(self._queues[found.is_stale], (found.seen, found.turn, row))

    def _oldest(self, *, is_stale: bool) -> int | None:
        queue = self._queues[is_stale]
        while queue:
            seen, turn, row = queue[0]
            found = self._rows.get(row)
            if found and (found.seen, found.turn, found.is_stale) == (seen, turn, is_stale):
                return row
            heapq.heappop(queue)
        return None

    def _with(self, text: int, mark: int) -> Iterator[int]:
        return (row for row in self._texts.get(text, ()) if text and self._rows[row].seen >= mark)

    def _at(self, url: int, mark: int) -> Iterator[int]:
        return (row for row in self._urls.get(url, ()) if url and self._rows[row].seen >= mark)

    def _proposed(self, signature: bytes, shingles: bytes, mark: int) -> tuple[list[int], int]:
        """Returns (rows that share a band or enough of the sample, chains cut short).

        If there are too many, returns the most alike: those with the most sampled shingles in
        common, divided by the expected sample size of the shorter text; of equal ones the earliest.
        """
        banded, cuts = set[int](), 0
        for chains, key in self._bands_of(signature):
            found, is_cut = self._ends_of(chains.get(key, []), mark)
            banded.update(found)
            cuts += is_cut
        shared = Counter(
            row
            for shingle in _hashes(sample(shingles, self._rate, self._sample_size))
            for row in self._sampled.get(shingle, ())
            if self._rows[row].seen >= mark
        )
        full = min(len(shingles) // 4 / self._rate, self._sample_size)
        expected = {
            row: min(full, self._rows[row].shingles / self._rate) for row in {*banded, *shared}
        }
        enough = {row for row in shared if shared[row] >= int(_LEAST_HITS * expected[row])}
        likest = sorted(
            banded | enough,
            key=lambda row: (-shared[row] / expected[row] if expected[row] else 0.0, row),
        )
        return likest[: self._candidates], cuts

    def _ends_of(self, chain: list[int], mark: int) -> tuple[list[int], bool]:
        """Returns (the earliest rows of a chain and the newest, whether some lie between)."""
        found: list[int] = []
        for row in chain[:-1]:
            if len(found) + 1 == self._postings:
                return [*found, *self._since(mark, chain[-1])], True
            found += self._since(mark, row)
        return [*found, *self._since(mark, *chain[-1:])], False

    def _since(self, mark: int, *rows: int) -> list[int]:
        return [row for row in rows if self._rows[row].seen >= mark]

    def _add_near(self, row: int, signature: bytes, shingles: int) -> None:
        self._rows[row].signature, self._rows[row].shingles = signature, shingles
        for chains, key in self._bands_of(signature):
            insort(chains.setdefault(key, []), row)

    def _bands_of(self, signature: bytes) -> Iterable[tuple[Chains, bytes]]:
        return zip(self._bands, map(signature.__getitem__, self._spans), strict=True)

    def _post(self, shingle: int, row: int) -> bool:
        """Adds a row to those with a shingle; returns False if `postings` rows have it already.

        Then the row replaces the newest if it is newer, or the second newest if it is older than
        that one.
        """
        held = self._sampled.setdefault(shingle, [])
        if len(held) < self._postings:
            insort(held, row)
            return True
        if row > held[-1]:
            held[-1] = row
        elif len(held) > 1 and row < held[-2]:
            del held[-2]
            insort(held, row)
        return False

    def _exported(self, row: int) -> bytes:
        of = self._row(row)
        shingles = of.shingles if of.signature is not None else 0
        return _HELD.pack(row, of.text, of.url, of.place, of.seen, shingles, 0, of.signature or b"")


def _remove(chains: Chains, key: Key, row: int) -> None:
    left = [one for one in chains.get(key, ()) if one != row]
    if left:
        chains[key] = left
    else:
        chains.pop(key, None)


def _hashes(packed: _Packed) -> list[int]:
    return [*memoryview(packed).cast("I")]
