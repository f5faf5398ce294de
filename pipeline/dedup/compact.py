"""An `Index` of some 440 bytes an article in memory; what it knows in full lies elsewhere.

Each article held has an *exact* row: number, hash of its words, hash of its address, when it was
last seen, where its entry lies. While it is in the near-copy window it has a *near* row besides:
a signature of 128 times 8 bits, a place in a table for each band, and in the postings of its
sampled shingles. What the tables propose is read in full from `Details`.

What the index answers follows from what it holds and from the time it was told last, not from
the order in which it came to hold it: chains are ordered by number. Only where more articles than
`dedup.postings` share a sampled shingle, those that were left out stay out.
"""

from __future__ import annotations

import numpy as np
from xxhash import xxh3_64_intdigest

from pipeline.article import Fingerprint, Origin, Prepared
from pipeline.dedup.changes import NUMBER, RENEWED, Delta, Touched
from pipeline.dedup.details import Details, Entries, HeldDetails
from pipeline.dedup.fingerprint import SCHEME, check_scheme, fingerprint
from pipeline.dedup.index import Entry, Held, moment, same_message, seconds
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.proposals import known, look_up
from pipeline.dedup.recency import NONE
from pipeline.dedup.rows import STALE, Rows, Sample

# Articles that one call of `evict` lets go, at 15 us each: what comes due at once, after a pause
# of the stream, goes with the next calls. No look-up finds it meanwhile.
_SLICE = 512
_DAY = 86_400
_NO_SAMPLE = np.empty(0, np.uint32)


class OtherArticleError(ValueError):
    """An article is to be restored under the number of another one: two indexes were mixed."""


class CompactIndex:
    """An `Index` over rows in memory and details elsewhere, in memory too where none are given.

    Texts under `min_words` are found by address and by words only; empty ones are not kept.
    `is_tracked`: `changes` says what became different since it was last asked.
    """

    def __init__(
        self,
        options: DedupOptions | None = None,
        details: Details | None = None,
        *,
        is_tracked: bool = False,
    ) -> None:
        self._options = options or DedupOptions()
        self._entries = Entries(HeldDetails() if details is None else details)
        self._rows = Rows(self._options)
        self._next = 0  # numbers of our own: article ids may come twice
        self._newest = ""  # the latest time seen
        self._mark = 0  # when the near-copy window starts, seconds since 1970
        longer = self._options.exact_window_days - self._options.window_days
        self._margin = int(max(0.0, longer) * _DAY)
        self._cuts = 0
        self._is_tracked = is_tracked
        self._touched = Touched()

    def __len__(self) -> int:
        return self._rows.held

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @property
    def sizes(self) -> tuple[int, int]:
        """`size` in its parts: without the sampled shingles, and these."""
        return self._rows.size, self._rows.sample_size

    @property
    def sampled(self) -> int:
        """Sampled shingles it finds excerpts by."""
        return self._rows.sampled

    @property
    def oldest(self) -> str | None:
        for queue in (self._rows.stale, self._rows.fresh):
            queue.sort()
            if queue.first != NONE:
                return moment(int(self._rows.seen[queue.first]))
        return None

    @property
    def cuts(self) -> int:
        return self._cuts

    def neighbours(self, prepared: Prepared) -> list[Entry]:
        return self.alike(prepared.fingerprint, prepared.article.canonical_url)

    def alike(self, fingerprint: Fingerprint, canonical_url: str | None) -> list[Entry]:
        """`neighbours` of an article with these."""
        options = self._options
        check_scheme(fingerprint.scheme, SCHEME)
        if not fingerprint.words:
            return []
        rows, cuts = look_up(
            self._rows.memory,
            _text_key(fingerprint.text_hash),
            _url_key(canonical_url),
            self._mark - self._margin,
            self._mark,
            options.candidates,
            fingerprint.signature,
            fingerprint.shingles,
            fingerprint.words,
            options.short_words,
            options.min_words,
        )
        self._cuts += cuts
        return [self._entry_of(row) for row in rows.tolist()]

    def add(self, entry: Entry) -> Held | None:
        check_scheme(entry.fingerprint.scheme, SCHEME)
        if not entry.fingerprint.words:
            return None
        keys = _keys(entry)
        row = self._same_delivery(entry, keys)
        seen_at = max(entry.seen_at, self._newest)
        if row is None:
            held = Held(number=self._next, seen_at=seen_at, entry=entry)
            self._hold(held, keys)
        else:
            number = int(self._rows.keys[row, 0])
            held = Held(number=number, seen_at=seen_at, entry=self._entry_of(row))
            self._renew(row, self._seconds(seen_at))
        return held

    def restore(self, held: Held) -> None:
        row, keys = self._rows.find(held.number), _keys(held.entry)
        if row is None:
            self._hold(held, keys)
        elif self._rows.keys[row, 1] != keys[0]:
            raise OtherArticleError(f"number {held.number} is of another article")
        else:
            self._renew(row, self._seconds(held.seen_at))

    def evict(self, before: str) -> list[int]:
        rows, gone = self._rows, list[int]()
        self._mark = max(self._mark, seconds(before))
        rows.fresh.sort()
        for _ in range(_SLICE):
            row = rows.fresh.first
            if row == NONE or rows.seen[row] >= self._mark:
                break
            self._leave_window(row)
        while len(gone) < _SLICE:
            row = rows.stale.first
            if row == NONE or rows.seen[row] >= self._mark - self._margin:
                break
            gone.append(self._let_go(row))
        return gone

    def forget(self, number: int) -> None:
        row = self._rows.find(number)
        if row is not None:
            self._let_go(row)

    @property
    def changed(self) -> int:
        """Changes that `changes` would tell, about."""
        return len(self._touched)

    def changes(self) -> Delta:
        """What was held, renewed and let go since this was last asked: for `load`."""
        touched, self._touched = self._touched, Touched()
        rows = self._rows
        found = {number: row for number in touched.held if (row := rows.find(number)) is not None}
        held = rows.told([*found.values()])
        samples = [
            touched.held[number] if near else _NO_SAMPLE
            for number, near in zip(found, held["shingles"].tolist(), strict=True)
        ]
        held["sampled"] = [*map(len, samples)]
        renewed = [
            (number, rows.seen[row])
            for number in touched.renewed
            if (row := rows.find(number)) is not None
        ]
        return Delta(
            held,
            np.concatenate([*samples, _NO_SAMPLE]),
            np.array(renewed, RENEWED),
            np.array(touched.gone, NUMBER),
            self._mark,
            seconds(self._newest) if self._newest else 0,
        )

    def load(self, delta: Delta, mark: int) -> None:
        """Take over what another index told; `mark`: where the window starts after all of it.

        The entries lie in the details already. Raises ValueError where it is too much.
        """
        self._mark, rows = mark, self._rows
        for number in delta.gone.tolist():
            self.forget(number)
        for place in rows.load(delta.held, delta.sample, mark, self._next).tolist():
            self._entries.drop(place)
        used = np.concatenate((delta.held["keys"][:, 0], delta.gone))
        if len(used):
            self._next = max(self._next, int(used.max()) + 1)
        if delta.newest:
            self._newest = max(self._newest, moment(delta.newest))
        for number, seen in delta.renewed.tolist():
            row = rows.find(number)
            if row is not None:
                self._renew(row, seen)
        self._touched = Touched()

    def clear(self, articles: int = 0, sampled: int = 0) -> None:
        """Hold nothing, with room for so many articles and sampled shingles without growing."""
        self._rows.clear(articles, sampled)
        self._next, self._newest, self._mark, self._touched = 0, "", 0, Touched()
        self._entries.clear()

    def move(self, before: int, limit: int) -> None:
        """Put so many of the entries that lie before a place to a new one."""
        rows = self._rows
        held = np.concatenate([rows.stale.rows(), rows.fresh.rows()])
        for row in held[rows.places[held] < before][:limit].tolist():
            place = int(rows.places[row])
            fingerprint = self._entries.read(place).fingerprint
            rows.places[row] = self._entries.move(place)
            is_short = fingerprint.words < self._options.min_words
            number = int(rows.keys[row, 0])
            self._touched.held[number] = _NO_SAMPLE if is_short else rows.sample_of(fingerprint)

    def _same_delivery(self, entry: Entry, keys: tuple[np.uint64, np.uint64]) -> int | None:
        """The row of the entry with the same words at the same address, or of one message."""
        mark, limit = self._mark - self._margin, self._options.candidates
        found, at_url = known(self._rows.memory, *keys, mark, limit)
        rows: list[int] = found.tolist()
        for row in rows[:at_url]:
            if self._entry_of(row).fingerprint.text_hash == entry.fingerprint.text_hash:
                return row
        if entry.origin.topic is not None:
            for row in rows[at_url:]:
                if same_message(self._entry_of(row).origin, entry.origin):
                    return row
        return None

    def _hold(self, held: Held, keys: tuple[np.uint64, np.uint64]) -> None:
        rows, entry = self._rows, held.entry
        if rows.is_full:
            self._let_go_oldest()
        place = self._entries.put(entry)
        row = rows.insert((np.uint64(held.number), *keys), place, self._seconds(held.seen_at))
        sample = self._enter_window(row, entry.fingerprint)
        self._next = max(self._next, held.number + 1)
        if self._is_tracked:
            self._touched.held[held.number] = sample

    def _renew(self, row: int, seen: int) -> None:
        """It was delivered again; one behind the window comes back into it."""
        rows = self._rows
        if rows.near[row] == STALE and seen >= self._mark:
            rows.return_to_window(row, seen)
            self._enter_window(row, self._entry_of(row).fingerprint)
        else:
            rows.renew(row, seen)
        if self._is_tracked:
            self._touched.renewed.add(int(rows.keys[row, 0]))

    def _enter_window(self, row: int, fingerprint: Fingerprint) -> Sample:
        if fingerprint.words < self._options.min_words:
            return _NO_SAMPLE
        cuts, sample = self._rows.insert_near(row, fingerprint)
        self._cuts += cuts
        return sample

    def _leave_window(self, row: int) -> None:
        if self._rows.near[row] < STALE:
            entry = self._entries.read(int(self._rows.places[row]))
            self._rows.remove_near(row, entry.fingerprint)
        self._rows.leave_window(row)

    def _let_go(self, row: int) -> int:
        """Forget an article; its number."""
        rows = self._rows
        number, place = int(rows.keys[row, 0]), int(rows.places[row])
        if rows.near[row] != STALE:
            self._leave_window(row)
        rows.remove(row)
        self._entries.drop(place)
        if self._is_tracked:
            self._touched.gone.append(number)
        return number

    def _let_go_oldest(self) -> int:
        """Make room for one article."""
        for queue in (self._rows.stale, self._rows.fresh):
            queue.sort()
            if queue.first != NONE:
                return self._let_go(queue.first)
        raise AssertionError("an index without room holds something")

    def _seconds(self, seen_at: str) -> int:
        self._newest = max(self._newest, seen_at)
        return seconds(seen_at)

    def _entry_of(self, row: int) -> Entry:
        return self._entries.get(int(self._rows.places[row]))


def load_kernels() -> None:
    """Have the compiled code loaded that the first articles of a process would wait for.

    Half a second of CPU where numba did nothing before; compiling, where no cache may be kept.
    """
    index = CompactIndex(DedupOptions(window_days=1, exact_window_days=1))
    known = fingerprint(" ".join(map(str, range(100))))
    entry = Entry(
        id="",
        url=None,
        canonical_url=None,
        source=None,
        headline=None,
        origin=Origin(),
        seen_at=moment(0),
        cluster="",
        fingerprint=known,
    )
    index.add(entry)
    index.alike(known, None)
    index.evict(moment(2 * _DAY))


def _keys(entry: Entry) -> tuple[np.uint64, np.uint64]:
    """What an entry is found by: its words, its address."""
    return _text_key(entry.fingerprint.text_hash), _url_key(entry.canonical_url)


def _text_key(text_hash: str) -> np.uint64:
    """64 bits of the hash of the words."""
    return np.uint64(int(text_hash[:16], 16))


def _url_key(url: str | None) -> np.uint64:
    """64 bits for an address, 0 for none."""
    return np.uint64((xxh3_64_intdigest(url.encode("utf-8", "surrogatepass")) or 1) if url else 0)
