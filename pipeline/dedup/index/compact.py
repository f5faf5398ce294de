"""An `Index` in some 440 bytes of memory an article; its full entries are elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xxhash import xxh3_64_intdigest

from pipeline import native
from pipeline.article import Fingerprint, Prepared
from pipeline.dedup.fingerprint import PERMUTATIONS, SCHEME, check_scheme
from pipeline.dedup.index.details import Details, Entries, MemoryDetails
from pipeline.dedup.index.entry import Entry, HeldEntry, moment, same_message, seconds
from pipeline.dedup.options import DedupOptions

if TYPE_CHECKING:
    from pipeline.dedup.index.changes import Delta

# Articles that one call of `evict` removes at most, at 15 us each. After a pause of the stream the
# next calls remove the rest, which no look-up finds meanwhile.
_SLICE = 512
_DAY = 86_400
_BY_LIKENESS, _BEHIND = 0, 2  # states of a row, as `native.Index.get` returns them


class OtherArticleError(ValueError):
    """An article has the number of another one: the states of two indexes were mixed."""


class CompactIndex:
    """An `Index` with rows in memory and full entries in `details` (by default also in memory).

    Texts below `min_words` are found by address and by words only; empty ones are not kept.
    `is_tracked`: collect changes for `changes`.
    """

    def __init__(
        self,
        options: DedupOptions | None = None,
        details: Details | None = None,
        *,
        is_tracked: bool = False,
    ) -> None:
        self._options = options or DedupOptions()
        self._entries = Entries(MemoryDetails() if details is None else details)
        self._rows = _empty(self._options)
        self._next = 0  # the next number; ids of articles are not unique
        self._newest = ""  # the latest time seen
        self._mark = 0  # when the near-copy window starts, seconds since 1970
        longer = self._options.exact_window_days - self._options.window_days
        self._margin = int(max(0.0, longer) * _DAY)
        self._cuts = 0
        self._is_tracked = is_tracked
        self._touched = _Touched()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @property
    def sizes(self) -> tuple[int, int]:
        """The parts of `size`: without the sampled shingles, and the sampled shingles."""
        return self._rows.size, self._rows.sample_size

    @property
    def sampled(self) -> int:
        """The number of sampled shingles, by which excerpts are found."""
        return self._rows.sampled

    @property
    def oldest(self) -> str | None:
        row = self._oldest_row()
        return None if row is None else moment(self._rows.get(row)[3])

    @property
    def cuts(self) -> int:
        return self._cuts

    def neighbours(self, prepared: Prepared) -> list[Entry]:
        return self.alike(prepared.fingerprint, prepared.article.canonical_url)

    def alike(self, fingerprint: Fingerprint, canonical_url: str | None) -> list[Entry]:
        """Returns the `neighbours` of an article with this fingerprint and address."""
        check_scheme(fingerprint.scheme, SCHEME)
        if not fingerprint.words:
            return []
        places, cuts = self._rows.look_up(
            _text_key(fingerprint.text_hash),
            _url_key(canonical_url),
            self._exact_mark,
            self._mark,
            fingerprint.signature,
            fingerprint.shingles,
            fingerprint.words,
        )
        self._cuts += cuts
        return [*map(self._entries.get, places)]

    def add(self, entry: Entry) -> HeldEntry | None:
        known = entry.fingerprint
        check_scheme(known.scheme, SCHEME)
        if not known.words:
            return None
        keys = _keys(entry)
        row = self._same_delivery(entry, keys)
        seen_at = max(entry.seen_at, self._newest)
        if row is None:
            held = HeldEntry(number=self._next, seen_at=seen_at, entry=entry)
            self._hold(held, keys)
        else:
            number, _, place, *_ = self._rows.get(row)
            held = HeldEntry(number=number, seen_at=seen_at, entry=self._entries.get(place))
            self._renew(row, self._seconds(seen_at))
        return held

    def restore(self, held: HeldEntry) -> None:
        row, keys = self._rows.find(held.number), _keys(held.entry)
        if row is None:
            self._hold(held, keys)
        elif self._rows.get(row)[1] != keys[0]:
            raise OtherArticleError(f"number {held.number} is of another article")
        else:
            self._renew(row, self._seconds(held.seen_at))

    def evict(self, before: str) -> list[int]:
        rows, gone = self._rows, list[int]()
        self._mark = max(self._mark, seconds(before))
        for _ in range(_SLICE):
            row = rows.oldest_in_window()
            if row is None or rows.get(row)[3] >= self._mark:
                break
            self._leave_window(row)
        while len(gone) < _SLICE:
            row = rows.oldest_behind_window()
            if row is None or rows.get(row)[3] >= self._exact_mark:
                break
            gone.append(self._let_go(row))
        return gone

    def forget(self, number: int) -> None:
        row = self._rows.find(number)
        if row is not None:
            self._let_go(row)

    @property
    def changed(self) -> int:
        """The approximate number of changes that `changes` would return."""
        return len(self._touched)

    def changes(self) -> Delta:
        """Returns what was added, renewed and removed since the last call, for `load`."""
        from pipeline.dedup.index.changes import delta_of  # noqa: PLC0415 - numpy, for a journal

        touched, self._touched = self._touched, _Touched()
        find, get = self._rows.find, self._rows.get
        found = {number: row for number in touched.held if (row := find(number)) is not None}
        renewed = [
            (number, get(row)[3]) for number in touched.renewed if (row := find(number)) is not None
        ]
        return delta_of(
            self._rows.export([*found.values()]),
            [touched.held[number] for number in found],
            renewed,
            touched.gone,
            self._mark,
            seconds(self._newest) if self._newest else 0,
        )

    def load(self, delta: Delta, mark: int) -> None:
        """Applies the changes of another index; `mark`: the start of the window after them.

        The full entries must be in the details already. Raises ValueError beyond the capacity.
        """
        self._mark, rows = mark, self._rows
        for number in delta.gone.tolist():
            self.forget(number)
        left = rows.load(*delta.packed, mark, self._next)
        for place in memoryview(left).cast("Q"):
            self._entries.drop(place)
        self._next = max(self._next, delta.next_number)
        if delta.newest:
            self._newest = max(self._newest, moment(delta.newest))
        for number, seen in delta.renewed.tolist():
            row = rows.find(number)
            if row is not None:
                self._renew(row, seen)
        self._touched = _Touched()

    def clear(self, articles: int = 0, sampled: int = 0) -> None:
        """Removes all articles, and makes room for a number of articles and sampled shingles."""
        self._rows.clear(articles, sampled)
        self._next, self._newest, self._mark, self._touched = 0, "", 0, _Touched()
        self._entries.clear()

    def move(self, before: int, limit: int) -> None:
        """Moves at most `limit` of the entries before a place to new places."""
        options = self._options
        for row in self._rows.rows_before(before, limit):
            number, _, place, *_ = self._rows.get(row)
            known = self._entries.read(place).fingerprint
            self._rows.move(row, self._entries.move(place))
            self._touched.held[number] = (
                native.sample(known.shingles, options.sample_rate, options.sample_size)
                if known.words >= options.min_words
                else b""
            )

    @property
    def _exact_mark(self) -> int:
        """The start of the exact window, seconds since 1970."""
        return max(0, self._mark - self._margin)

    def _same_delivery(self, entry: Entry, keys: tuple[int, int]) -> int | None:
        """Returns the row with the same words and address, or from the same message, or None."""
        found, at_url = self._rows.known(*keys, self._exact_mark)
        for row, place in found[:at_url]:
            if self._entries.get(place).fingerprint.text_hash == entry.fingerprint.text_hash:
                return row
        if entry.origin.topic is not None:
            for row, place in found[at_url:]:
                if same_message(self._entries.get(place).origin, entry.origin):
                    return row
        return None

    def _hold(self, held: HeldEntry, keys: tuple[int, int]) -> None:
        if len(self._rows) == self._options.capacity:
            oldest = self._oldest_row()
            if oldest is not None:
                self._let_go(oldest)
        place = self._entries.put(held.entry)
        row = self._rows.insert(held.number, *keys, place, self._seconds(held.seen_at))
        sample = self._enter_window(row, held.entry.fingerprint)
        self._next = max(self._next, held.number + 1)
        if self._is_tracked:
            self._touched.held[held.number] = sample

    def _renew(self, row: int, seen: int) -> None:
        """Updates the time an article was last seen, and returns it to the window if it left it."""
        rows = self._rows
        number, _, place, _, state = rows.get(row)
        if state == _BEHIND and seen >= self._mark:
            rows.return_to_window(row, seen)
            self._enter_window(row, self._entries.get(place).fingerprint)
        else:
            rows.renew(row, seen)
        if self._is_tracked:
            self._touched.renewed.add(number)

    def _enter_window(self, row: int, known: Fingerprint) -> bytes:
        """Makes an article findable by likeness; returns its sampled shingles."""
        if known.words < self._options.min_words:
            return b""
        cuts, sample = self._rows.enter_window(row, known.signature, known.shingles)
        self._cuts += cuts
        return sample

    def _leave_window(self, row: int) -> None:
        _, _, place, _, state = self._rows.get(row)
        is_near = state == _BY_LIKENESS
        shingles = self._entries.read(place).fingerprint.shingles if is_near else b""
        self._rows.leave_window(row, shingles)

    def _let_go(self, row: int) -> int:
        """Removes an article; returns its number."""
        number, _, place, _, state = self._rows.get(row)
        if state != _BEHIND:
            self._leave_window(row)
        self._rows.remove(row)
        self._entries.drop(place)
        if self._is_tracked:
            self._touched.gone.append(number)
        return number

    def _oldest_row(self) -> int | None:
        """Returns the row that is evicted next, or None."""
        behind = self._rows.oldest_behind_window()
        return self._rows.oldest_in_window() if behind is None else behind

    def _seconds(self, seen_at: str) -> int:
        self._newest = max(self._newest, seen_at)
        return seconds(seen_at)


class _Touched:
    """The numbers that changed since the last call of `changes`; their state is in the index."""

    def __init__(self) -> None:
        self.held: dict[int, bytes] = {}  # with their sampled shingles
        self.renewed: set[int] = set()
        self.gone: list[int] = []

    def __len__(self) -> int:
        return len(self.held) + len(self.renewed) + len(self.gone)


def _empty(options: DedupOptions) -> native.Index:
    """Returns an empty native index. Raises ValueError if the bands do not fit a signature."""
    if options.bands * options.rows > PERMUTATIONS:
        raise ValueError(
            f"dedup.bands x dedup.rows is {options.bands} x {options.rows}:"
            f" a signature has {PERMUTATIONS} values"
        )
    return native.Index(
        capacity=options.capacity,
        bands=options.bands,
        band_rows=options.rows,
        rate=options.sample_rate,
        sample_size=options.sample_size,
        postings=options.postings,
        candidates=options.candidates,
        short_words=options.short_words,
        min_words=options.min_words,
    )


def _keys(entry: Entry) -> tuple[int, int]:
    """Returns the keys of an entry: that of its words and that of its address."""
    url = entry.canonical_url
    return int(entry.fingerprint.text_hash[:16], 16), _url_key(url) if url else 0


def _text_key(text_hash: str) -> int:
    """Returns 64 bits of the hash of the words."""
    return int(text_hash[:16], 16)


def _url_key(url: str | None) -> int:
    """Returns 64 bits for an address, 0 for none."""
    return (xxh3_64_intdigest(url.encode("utf-8", "surrogatepass")) or 1) if url else 0
