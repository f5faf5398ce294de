"""The plain index that the compact one is held against: dictionaries, whole signatures.

The same rules, written for reading. It forgets all of an article at the end of the near-copy
window, has no exact memory beyond, and its entries are themselves.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import TypeVar

from pipeline.article import Fingerprint, Prepared
from pipeline.dedup import DedupOptions, Entry, HeldEntry
from pipeline.dedup.fingerprint import PERMUTATIONS, SCHEME, check_scheme
from pipeline.dedup.index import same_message
from pipeline.native import sample

_LEAST_HITS = 0.2  # of the sample of the shorter text
_ENTRY_BYTES = 7_000
_Name = TypeVar("_Name", str, int, bytes)


class MemoryIndex:
    """An `Index` in memory: dictionaries, 10 kB an article of 700 words.

    Texts under `min_words` are found by address and by words only; empty ones are not kept.
    What too many articles share leads to the earliest of them and the newest.
    """

    def __init__(self, options: DedupOptions | None = None) -> None:
        self._options = options or DedupOptions()
        self._next = 0  # numbers of our own: article ids may come twice
        self._newest = ""  # the latest time seen
        self._entries: dict[int, Entry] = {}
        self._seen: dict[int, str] = {}  # when last delivered
        self._queue: list[tuple[str, int]] = []  # heap of (last seen, key), stale ones too
        self._by_url: dict[str, tuple[int, ...]] = {}
        self._by_text: dict[str, tuple[int, ...]] = {}
        self._by_shingle: dict[int, tuple[int, ...]] = {}
        self._band_spans = _band_spans(self._options)
        self._by_band: list[dict[bytes, tuple[int, ...]]] = [{} for _ in self._band_spans]
        self._cuts = 0
        self._fingerprint_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        return self._fingerprint_bytes + _ENTRY_BYTES * len(self._entries)

    @property
    def oldest(self) -> str | None:
        while self._queue:
            seen_at, key = self._queue[0]
            if self._seen.get(key) == seen_at:
                return seen_at
            heapq.heappop(self._queue)
        return None

    @property
    def cuts(self) -> int:
        return self._cuts

    def neighbours(self, prepared: Prepared) -> list[Entry]:
        known, url = prepared.fingerprint, prepared.article.canonical_url
        check_scheme(known.scheme, SCHEME)
        if not known.words:
            return []
        limit = self._options.candidates
        keys = set(self._by_text.get(known.text_hash, ())[:limit])
        if keys and known.words >= self._options.short_words:
            return [self._entries[key] for key in sorted(keys)]  # nothing is closer
        if url:
            keys.update(self._by_url.get(url, ())[-limit:])
        if known.words >= self._options.min_words:
            keys.update(self._proposed(known))
        return [self._entries[key] for key in sorted(keys)]

    def add(self, entry: Entry) -> HeldEntry | None:
        check_scheme(entry.fingerprint.scheme, SCHEME)
        if not entry.fingerprint.words:
            return None
        key = self._same_delivery(entry)
        held = HeldEntry(
            number=self._next if key is None else key,
            seen_at=max(entry.seen_at, self._newest),
            entry=entry if key is None else self._entries[key],
        )
        self.restore(held)
        return held

    def restore(self, held: HeldEntry) -> None:
        key = held.number
        if key not in self._entries:
            self._entries[key] = held.entry
            self._fingerprint_bytes += _size(held.entry.fingerprint)
            self._post(key, held.entry)
            self._next = max(self._next, key + 1)
        self._seen[key] = held.seen_at
        self._newest = max(self._newest, held.seen_at)
        heapq.heappush(self._queue, (held.seen_at, key))

    def number_from(self, number: int) -> None:
        """Count on from there: nobody knows of the numbers that were given and are gone."""
        self._next = number

    def evict(self, before: str) -> list[int]:
        gone = []
        while self._queue and self._queue[0][0] < before:
            seen_at, key = heapq.heappop(self._queue)
            if self._seen.get(key) == seen_at:
                self.forget(key)
                gone.append(key)
        return gone

    def forget(self, number: int) -> None:
        entry = self._entries.pop(number, None)
        if entry is None:
            return
        del self._seen[number]
        known = entry.fingerprint
        self._fingerprint_bytes -= _size(known)
        _remove(self._by_text, known.text_hash, number)
        if entry.canonical_url:
            _remove(self._by_url, entry.canonical_url, number)
        if known.words >= self._options.min_words:
            for shingle in self._sample(known):
                _remove(self._by_shingle, shingle, number)
            for table, band in self._bands(known):
                _remove(table, band, number)

    def _same_delivery(self, entry: Entry) -> int | None:
        """The key of the entry with the same words at the same address, or of one message."""
        text = entry.fingerprint.text_hash
        for key in self._by_url.get(entry.canonical_url or "", ()):
            if self._entries[key].fingerprint.text_hash == text:
                return key
        for key in self._by_text.get(text, ()):
            if same_message(self._entries[key].origin, entry.origin):
                return key
        return None

    def _proposed(self, known: Fingerprint) -> Iterable[int]:
        """Keys that share a band, or more of the sample than boilerplate makes alike."""
        postings = map(self._by_shingle.get, self._sample(known), repeat(()))
        shared = Counter(chain.from_iterable(postings))
        least = int(_LEAST_HITS * self._full_sample(known))  # enough whatever the other's size
        keys = {
            key
            for key, hits in shared.items()
            if hits >= least or hits >= int(_LEAST_HITS * self._expected_hits(known, key))
        }
        for table, band in self._bands(known):
            keys.update(table.get(band, ()))
        if len(keys) <= self._options.candidates:
            return keys
        likeness = {key: shared[key] / self._expected_hits(known, key) for key in keys}
        ranked = sorted(keys, key=lambda key: (-likeness[key], key))
        return ranked[: self._options.candidates]

    def _bands(self, known: Fingerprint) -> Iterator[tuple[dict[bytes, tuple[int, ...]], bytes]]:
        """Each band of the signature, and the table that says who has it."""
        signature = known.signature
        return zip(self._by_band, map(signature.__getitem__, self._band_spans), strict=True)

    def _expected_hits(self, known: Fingerprint, key: int) -> float:
        """Shingles in the sample of the shorter of two texts."""
        other = self._entries[key].fingerprint
        return self._full_sample(min(known, other, key=lambda one: len(one.shingles)))

    def _full_sample(self, known: Fingerprint) -> float:
        """Shingles that a text of this size has in its sample, on average."""
        size = len(known.shingles) // 4
        return min(size / self._options.sample_rate, self._options.sample_size)

    def _sample(self, known: Fingerprint) -> Sequence[int]:
        return _sample(known.shingles, self._options.sample_rate, self._options.sample_size)

    def _post(self, key: int, entry: Entry) -> None:
        known, alone = entry.fingerprint, (key,)
        self._append(self._by_text, known.text_hash, alone)
        if entry.canonical_url:
            at_url = self._by_url.get(entry.canonical_url, ())
            self._by_url[entry.canonical_url] = at_url + alone
        if known.words < self._options.min_words:
            return
        sample = self._sample(known)
        full = sum(self._append(self._by_shingle, shingle, alone) for shingle in sample)
        self._cuts += full
        if full <= len(sample) / 2:  # else bands would only grow: its sample finds the newest
            for table, band in self._bands(known):
                self._append(table, band, alone)

    def _append(
        self, table: dict[_Name, tuple[int, ...]], name: _Name, alone: tuple[int, ...]
    ) -> bool:
        """Add a key to a posting; True where it was full and the key took the newest's place.

        `alone` holds the key. The tuple itself is kept where it is the first: most stay alone.
        """
        held = table.get(name)
        if held is None:
            table[name] = alone
            return False
        full = len(held) >= self._options.postings
        table[name] = (held[:-1] if full else held) + alone
        return full


def _size(known: Fingerprint) -> int:
    """Bytes of what a fingerprint holds."""
    return len(known.signature) + len(known.shingles) + len(known.numbers)


def _remove(table: dict[_Name, tuple[int, ...]], name: _Name, key: int) -> None:
    left = tuple(held for held in table.get(name, ()) if held != key)
    if left:
        table[name] = left
    else:
        table.pop(name, None)


@lru_cache(maxsize=4)  # asked for when looking up, and again when adding
def _sample(shingles: bytes, rate: int, size: int) -> Sequence[int]:
    """The mixed hashes under a limit, one in `rate`, the least `size` of them."""
    return tuple(memoryview(sample(shingles, rate, size)).cast("I"))


def _band_spans(options: DedupOptions) -> list[slice]:
    """Where each band lies in a signature's bytes. Raises ValueError where they do not fit."""
    if options.bands * options.rows > PERMUTATIONS:
        raise ValueError(
            f"dedup.bands x dedup.rows is {options.bands} x {options.rows}:"
            f" a signature has {PERMUTATIONS} values"
        )
    width = 4 * options.rows
    return [slice(start, start + width) for start in range(0, options.bands * width, width)]
