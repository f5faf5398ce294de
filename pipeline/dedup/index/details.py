"""Full entries: written once, and read when they are candidates."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

import msgspec

from pipeline.dedup.index.entry import Entry, as_kept, to_keep

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode

_CACHED = 256  # entries, a megabyte: copies of one article often arrive together


class Details(Protocol):
    """A store of full entries, which are written once and rarely read."""

    def put(self, data: bytes) -> int:
        """Stores an entry; returns its place (0..2**64 - 1)."""
        ...

    def get(self, place: int) -> bytes:
        """Returns the entry at a place."""
        ...

    def drop(self, place: int) -> None:
        """Releases the entry at a place."""
        ...


class MemoryDetails:
    """`Details` in memory, for tests and small sets."""

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}
        self._next = 0

    def put(self, data: bytes) -> int:
        self._held[self._next] = data
        self._next += 1
        return self._next - 1

    def get(self, place: int) -> bytes:
        return self._held[place]

    def drop(self, place: int) -> None:
        del self._held[place]

    def __len__(self) -> int:
        return len(self._held)


class Entries:
    """Decoded entries over `Details`, with a cache of those used last."""

    def __init__(self, details: Details) -> None:
        self._details = details
        self._cache: OrderedDict[int, Entry] = OrderedDict()

    def put(self, entry: Entry) -> int:
        """Stores an entry; returns its place."""
        place = self._details.put(_encode(to_keep(entry)))
        self._keep(place, entry)
        return place

    def get(self, place: int) -> Entry:
        """Returns the entry at a place and caches it."""
        entry = self._cache.get(place)
        if entry is None:
            entry = self.read(place)
            self._keep(place, entry)
        return entry

    def read(self, place: int) -> Entry:
        """Returns the entry at a place without caching it."""
        return self._cache.get(place) or as_kept(_decode(self._details.get(place)))

    def drop(self, place: int) -> None:
        """Releases the entry at a place."""
        self._details.drop(place)

    def move(self, place: int) -> int:
        """Moves an entry; returns its new place."""
        moved = self._details.put(self._details.get(place))
        self._details.drop(place)
        return moved

    def clear(self) -> None:
        """Empties the cache, since places may be reused."""
        self._cache.clear()

    def _keep(self, place: int, entry: Entry) -> None:
        self._cache[place] = entry
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
