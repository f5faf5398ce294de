"""The newest outcomes, in bounded memory, to be listed, shown and found.

An outcome consists of two records on two topics, which may arrive in any order: it is listed when
both are there. The records stay as bytes until a page shows them.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import count

from msgspec import Struct

from pipeline.article import Origin
from pipeline.live.wire import Leaf, ListedRecord
from pipeline.report.labels import KINDS, RELATIONS, plain, summary
from pipeline.report.labels import count as count_of
from pipeline.routing import Door
from pipeline.sources import name_of

# A page shows some 50. At a few outcomes a second, a link from a page still works after an hour.
# At 4 kB for an article and as much for its quality record, they take 16 MB.
MOST = 2_000
MOST_BYTES = 64 << 20
# A larger one would evict hundreds of others; it is read from its topic instead.
_LARGE = 1 << 20
_OVERHEAD = 1_000  # bytes of a kept outcome besides its records
_HEADLINE = 300  # characters kept for the list
_WHY = 3  # rules named in the list


class Kept(Struct, gc=False):
    """One outcome. `number` counts in the order of completion; 0: not complete yet."""

    origin: str
    at: int  # ms since 1970, when it was written
    offset: int = 0  # of the raw record: orders outcomes written at the same time
    number: int = 0
    id: str = ""
    door: Door = Door.CLEAN
    source: str | None = None
    seen_at: str = ""
    why: str = ""  # in a few words
    headline: str = ""
    canonical_url: str | None = None
    has_account: bool = False
    has_article: bool = False
    quality: bytes | None = None  # the records, unless they are too large
    article: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return _OVERHEAD + len(self.quality or b"") + len(self.article or b"")


class Recent:
    """Outcomes by origin, id and address; the oldest are evicted when there are too many."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: dict[str, Kept] = {}
        self._ages: list[tuple[int, str]] = []  # a heap, the oldest first
        self._by_name: dict[str, list[str]] = {}  # ids and canonical addresses
        self._numbers = count(1)
        self.newest_number = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes that all outcomes take."""
        return self._bytes

    def add_account(self, account: ListedRecord, value: bytes, at: int) -> None:
        """Adds a quality record that was written at `at` (ms since 1970)."""
        kept = self._of(account.origin, at)
        if kept is None:
            return
        kept.id = account.id
        kept.door = account.door
        kept.source = name_of(account.source)
        kept.seen_at = account.seen_at
        kept.why = _why(account)
        kept.has_account = True
        if account.door is Door.DEAD_LETTER:
            kept.has_article = True  # a dead letter has none
        self._name(account.id, kept.origin)
        self._put(kept, "quality", value)

    def add_article(self, leaf: Leaf, value: bytes, at: int) -> None:
        """Adds an article record."""
        kept = self._of(leaf.quality.origin, at)
        if kept is None:
            return
        kept.id = leaf.id
        kept.headline = (leaf.headline or "")[:_HEADLINE]
        kept.canonical_url = leaf.canonical_url
        kept.has_article = True
        self._name(leaf.id, kept.origin)
        if leaf.canonical_url:
            self._name(leaf.canonical_url, kept.origin)
        self._put(kept, "article", value)

    def newest(self, most: int, *, source: str | None = None, every: bool = True) -> list[Kept]:
        """Complete outcomes, the newest first; of one source unless `every` is set."""
        ready = (one for one in self._kept.values() if one.number)
        wanted = ready if every else (one for one in ready if one.source == source)
        return heapq.nlargest(most, wanted, key=_age)

    def since(self, number: int, most: int) -> list[Kept]:
        """Outcomes completed after a number, the newest first."""
        newer = (one for one in self._kept.values() if one.number > number)
        return heapq.nlargest(most, newer, key=_age)

    def by_name(self, name: str) -> list[Kept]:
        """Outcomes with this id or canonical address, the newest first."""
        found = [self._kept[origin] for origin in self._by_name.get(name, ())]
        return sorted(found, key=_age, reverse=True)

    def by_origin(self, origin: str) -> Kept | None:
        """The outcome of one input."""
        return self._kept.get(origin)

    def _of(self, place: Origin, at: int) -> Kept | None:
        """The outcome of an input; creates it unless it is too old to be kept."""
        origin = str(place)
        kept = self._kept.get(origin)
        if kept is None:
            if len(self._kept) >= self._most and at < self._ages[0][0]:
                return None
            kept = self._kept[origin] = Kept(origin, at, place.offset or 0)
            heapq.heappush(self._ages, (at, origin))
            self._bytes += kept.size
        return kept

    def _put(self, kept: Kept, field: str, value: bytes) -> None:
        self._bytes -= kept.size
        setattr(kept, field, value if len(value) <= _LARGE else None)
        self._bytes += kept.size
        if kept.has_account and kept.has_article and not kept.number:
            kept.number = self.newest_number = next(self._numbers)
        while len(self._kept) > self._most or self._bytes > self._most_bytes:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, origin = heapq.heappop(self._ages)
        kept = self._kept.pop(origin)
        self._bytes -= kept.size
        for name in filter(None, (kept.id, kept.canonical_url)):
            others = [one for one in self._by_name.get(name, ()) if one != origin]
            if others:
                self._by_name[name] = others
            else:
                self._by_name.pop(name, None)

    def _name(self, name: str, origin: str) -> None:
        origins = self._by_name.setdefault(name, [])
        if origin not in origins:
            origins.append(origin)


def _age(kept: Kept) -> tuple[int, int]:
    return kept.at, kept.offset


def _why(account: ListedRecord) -> str:
    """The reason of an outcome in plain words."""
    if account.match:
        return f"{KINDS[account.match.kind][0]}, {RELATIONS[account.match.relation]}"
    if account.door is Door.DEAD_LETTER:
        return summary(account.reasons[0]) if account.reasons else ""
    if account.reasons:
        return _list([plain(reason) for reason in account.reasons])
    rules = list(dict.fromkeys(repair.rule for repair in account.repairs))
    return (
        f"{count_of(len(rules), 'repair')}: {_list([plain(one) for one in rules])}" if rules else ""
    )


def _list(words: Sequence[str]) -> str:
    left = len(words) - _WHY
    return ", ".join(words[:_WHY]) + (f" and {left} more" if left > 0 else "")
