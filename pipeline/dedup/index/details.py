"""Entries in full: they are written once, and read where they are candidates."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

import msgspec

from pipeline.dedup.index.entry import Entry

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode

_AT_HAND = 256  # entries, a megabyte: copies of one article often come together


class Details(Protocol):
    """A place for entries in full, which are written once and read seldom."""

    def put(self, data: bytes) -> int:
        """Keeps an entry; returns where it lies (0..2**64 - 1)."""
        ...

    def get(self, place: int) -> bytes:
        """Returns what was put there."""
        ...

    def drop(self, place: int) -> None:
        """Lets go of what was put there."""
        ...


class HeldDetails:
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
    """Entries in `Details`, of which those put or asked for last are at hand."""

    def __init__(self, details: Details) -> None:
        self._details = details
        self._at_hand: OrderedDict[int, Entry] = OrderedDict()

    def put(self, entry: Entry) -> int:
        """Keeps an entry; returns where it lies."""
        place = self._details.put(_encode(entry))
        self._keep(place, entry)
        return place

    def get(self, place: int) -> Entry:
        """Returns the entry there, which may be asked for again soon."""
        entry = self.read(place)
        self._keep(place, entry)
        return entry

    def read(self, place: int) -> Entry:
        """Returns the entry there, which is asked for once."""
        return self._at_hand.get(place) or _decode(self._details.get(place))

    def drop(self, place: int) -> None:
        """Lets go of what was put there."""
        self._details.drop(place)

    def move(self, place: int) -> int:
        """Puts an entry to a new place; returns it."""
        moved = self._details.put(self._details.get(place))
        self._details.drop(place)
        return moved

    def clear(self) -> None:
        """Has no entry at hand: places may be given anew."""
        self._at_hand.clear()

    def _keep(self, place: int, entry: Entry) -> None:
        self._at_hand[place] = entry
        if len(self._at_hand) > _AT_HAND:
            self._at_hand.popitem(last=False)
