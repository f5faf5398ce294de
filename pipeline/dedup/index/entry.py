"""What an index holds of an article, and what it promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from pipeline.article import Fingerprint, Match, Origin, Prepared
from pipeline.dedup.options import DedupOptions


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """What is kept of an article that was decided on."""

    id: str
    url: str | None
    canonical_url: str | None
    source: str | None
    headline: str | None
    origin: Origin
    seen_at: str  # of its first delivery with this text
    cluster: str
    fingerprint: Fingerprint


class Held(Struct, frozen=True, gc=False):
    """An entry as an index holds it: `restore` it elsewhere and that index decides the same."""

    number: int  # in order of first arrival, unique in its index
    seen_at: str  # when it was last delivered
    entry: Entry


def entry_of(prepared: Prepared, match: Match | None) -> Entry:
    """Returns what the index keeps of an article; its cluster is its match's, else its own."""
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
        fingerprint=prepared.fingerprint,
    )


def same_message(one: Origin, other: Origin) -> bool:
    """Returns whether one message was delivered twice. A file read twice was sent twice."""
    return one.topic is not None and one == other


@lru_cache(maxsize=4)  # many articles arrive in one second
def window_start(seen_at: str, options: DedupOptions) -> str:
    """Returns what to `evict` before when an article arrives: `seen_at` less the window.

    Both are UTC in ISO 8601 (2026-11-22T19:03:00Z), to the second. Raises ValueError for
    anything that is no time.
    """
    start = datetime.fromisoformat(seen_at) - timedelta(days=options.window_days)
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4)
def seconds(time: str) -> int:
    """Returns the seconds since 1970 of a time in ISO 8601, the nearest that 32 bits can hold."""
    return min(max(int(datetime.fromisoformat(time).timestamp()), 0), (1 << 32) - 1)


def moment(time: int) -> str:
    """Returns the time in ISO 8601 of seconds since 1970."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Index(Protocol):
    """The memory of the desk: it has one writer, and takes articles in order of arrival."""

    def neighbours(self, prepared: Prepared) -> list[Entry]:
        """Returns the entries that the article may be a copy of, the earliest first."""
        ...

    def add(self, entry: Entry) -> Held | None:
        """Remembers an article; one with the address and words of another only renews that.

        Returns what is held now, None for an article without words. An entry that arrives after
        newer ones counts as seen with them: a backfill with old times is not forgotten at once.
        """
        ...

    def evict(self, before: str) -> list[int]:
        """Ends the near-copy window at a time (UTC, ISO 8601); the numbers of entries forgotten.

        Entries last seen before it are found by their address and words only, and forgotten at
        the end of the exact window, `exact_window_days`. Many are let go in several calls.
        """
        ...

    def restore(self, held: Held) -> None:
        """Holds again what an index held; call in order of `number`, newer states over older."""
        ...

    def forget(self, number: int) -> None:
        """Lets an entry go, if it is held."""
        ...

    def __len__(self) -> int:
        """Returns how many entries are held."""
        ...

    @property
    def size(self) -> int:
        """Returns the bytes of memory it takes, estimated."""
        ...

    @property
    def oldest(self) -> str | None:
        """Returns when the entry that leaves next was last seen; None where there is none."""
        ...

    @property
    def cuts(self) -> int:
        """Returns how often more articles than are remembered shared a sampled shingle or band."""
        ...
