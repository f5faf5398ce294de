"""The entry that an index keeps of an article, and the interface of an index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import Fingerprint, Match, Origin, Prepared
from pipeline.dedup.fingerprint import fingerprint
from pipeline.dedup.options import DedupOptions

FOR = " > "  # between a fact and the one that came for it, in `Match.difference`


class EntryFacts(Struct, frozen=True, kw_only=True, gc=False):
    """The data that an index keeps of an article besides its text."""

    id: str
    url: str | None
    canonical_url: str | None
    source: str | None
    headline: str | None
    origin: Origin
    seen_at: str  # of its first delivery with this text
    cluster: str
    story: str | None = None  # its own id where it puts other facts into the form of its cluster


class Entry(EntryFacts, frozen=True, kw_only=True, gc=False):
    """The data that an index keeps of an article."""

    fingerprint: Fingerprint


class HeldEntry(Struct, frozen=True, gc=False):
    """An entry with its state in the index, from which another index can `restore` it."""

    number: int  # in order of first arrival, unique in its index
    seen_at: str  # when it was last delivered
    entry: Entry


def entry_of(prepared: Prepared, match: Match | None) -> Entry:
    """Returns the entry of an article; its cluster is that of its match, else its own id."""
    article = prepared.article
    return Entry(
        id=article.id,
        url=article.url,
        canonical_url=article.canonical_url,
        source=article.source,
        headline=article.headline,
        origin=prepared.quality.origin,
        seen_at=prepared.quality.seen_at,
        cluster=match.cluster if match else article.id,
        story=article.id if match and has_other_facts(match) else None,
        fingerprint=prepared.fingerprint,
    )


def to_keep(entry: Entry) -> Entry:
    """Returns an entry as it is written: of a short text without what follows from the text."""
    known = entry.fingerprint
    if known.text is None:
        return entry
    short = replace(known, signature=b"", shingles=b"", numbers=b"", names=b"")
    return replace(entry, fingerprint=short)


def as_kept(entry: Entry) -> Entry:
    """Returns an entry with all of its fingerprint, from what `to_keep` left of it."""
    known = entry.fingerprint
    if known.text is None or known.signature:
        return entry
    return replace(entry, fingerprint=fingerprint(known.text))


def has_other_facts(match: Match) -> bool:
    """Returns whether an article has a fact in the place of one of the earlier text."""
    return match.difference is not None and FOR in match.difference


def same_message(one: Origin, other: Origin) -> bool:
    """Returns whether two origins are one Kafka record, delivered twice.

    A file that is read twice counts as two deliveries.
    """
    return one.topic is not None and one == other


@lru_cache(maxsize=4)  # many articles arrive in one second
def window_start(seen_at: str, options: DedupOptions) -> str:
    """Returns the start of the near-copy window at the arrival of an article, for `evict`.

    Both are UTC in ISO 8601 (2026-11-22T19:03:00Z), to the second. Raises ValueError for
    any other text.

    >>> window_start("2026-11-22T19:03:00Z", DedupOptions(window_days=30))
    '2026-10-23T19:03:00Z'
    """
    start = datetime.fromisoformat(seen_at) - timedelta(days=options.window_days)
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4)
def seconds(time: str) -> int:
    """Returns the seconds since 1970 of a time in ISO 8601, limited to 32 bits."""
    return min(max(int(datetime.fromisoformat(time).timestamp()), 0), (1 << 32) - 1)


def moment(time: int) -> str:
    """Returns the time in ISO 8601 of seconds since 1970."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Index(Protocol):
    """The memory of dedup: it has one writer, and takes articles in order of arrival."""

    def neighbours(self, prepared: Prepared) -> list[Entry]:
        """Returns the entries that the article may be a copy of, the earliest first."""
        ...

    def add(self, entry: Entry) -> HeldEntry | None:
        """Adds an article; one with the address and words of a known entry only renews that entry.

        Returns the entry with its state, or None for an article without words. An entry that is
        older than earlier arrivals counts as seen with them, so that a backfill is not evicted at
        once.
        """
        ...

    def evict(self, before: str) -> list[int]:
        """Moves the start of the near-copy window to a time (UTC, ISO 8601).

        Entries last seen before it are found by their address and words only, and are removed at
        the end of the exact window, `exact_window_days`. Returns the numbers of removed entries; if
        there are many, further calls remove the rest.
        """
        ...

    def restore(self, held: HeldEntry) -> None:
        """Adds an entry of another index; call in order of `number`, older states before newer."""
        ...

    def forget(self, number: int) -> None:
        """Removes an entry if it is there."""
        ...

    def __len__(self) -> int:
        """Returns the number of entries."""
        ...

    @property
    def size(self) -> int:
        """The estimated memory of the index, in bytes."""
        ...

    @property
    def oldest(self) -> str | None:
        """When the entry that is evicted next was last seen; None without entries."""
        ...

    @property
    def cuts(self) -> int:
        """How often a sampled shingle or band had more articles than `postings`."""
        ...
