"""One partition of `dedup.index`: the entries of an index by number, the latest state of each.

Key: the entry's number in decimal digits. Value: a `HeldEntry` as JSON, or null (a tombstone) for
an evicted entry. Compaction drops older states; that does no harm, as the index orders by number.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec
from aiokafka import ConsumerRecord, TopicPartition
from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import encode
from pipeline.cluster import KafkaOptions
from pipeline.dedup import HeldEntry
from pipeline.dedup.fingerprint import SCHEME, OtherSchemeError, of_today
from pipeline.dedup.index import OtherArticleError
from pipeline.dedup.index.entry import EntryFacts, as_kept, to_keep
from pipeline.errors import WorkFailedError
from pipeline.routing import Topic
from pipeline.runners.kafka.engine.messages import Headers, Message, cloud_event
from pipeline.runners.kafka.engine.replay import replay
from pipeline.runners.kafka.engine.transaction import Placed

if TYPE_CHECKING:
    from pipeline.runners.journal import Journal

log = logging.getLogger(__name__)

_SOURCE = b"/copydesk/dedup"


class _OldFingerprint(Struct, frozen=True):
    scheme: str


class OldEntry(EntryFacts, frozen=True, kw_only=True):
    """An entry whose fingerprint cannot be compared with those of today."""

    fingerprint: _OldFingerprint


class OldHeldEntry(Struct, frozen=True):
    """Such an entry with its state in the index."""

    number: int
    seen_at: str
    entry: OldEntry


_read_held = msgspec.json.Decoder(HeldEntry).decode
_read_old = msgspec.json.Decoder(OldHeldEntry).decode


class Changelog:
    """Turns changes of an index into records, and replays such records into an index."""

    def __init__(self, options: KafkaOptions, partition: int) -> None:
        self._options = options
        self._at = TopicPartition(options.topic(Topic.INDEX), partition)
        self._position = 0  # the index contains every record below this offset

    def entry(self, held: HeldEntry, moment: str) -> Message:
        """The record that stores an entry; `moment` is the time now, as `messages.now` gives it."""
        value = encode(replace(held, entry=to_keep(held.entry)))
        headers = cloud_event("index", f"{self._at.partition}/{held.number}", _SOURCE, moment)
        return self._message(held.number, value, headers)

    def tombstone(self, number: int) -> Message:
        """The record that deletes an entry."""
        return self._message(number, None, [])

    @property
    def position(self) -> int:
        """The offset up to which the index reflects the topic."""
        return self._position

    def begin(self, position: int) -> None:
        """Sets the position: the index already contains the records before it."""
        self._position = position

    def wrote(self, placed: Placed) -> None:
        """Advances the position past our own committed records, which the index contains."""
        self._position = max(self._position, placed.get((self._at.topic, self._at.partition), 0))

    async def replay(self, journal: Journal) -> None:
        """Brings the index up to the end of the committed records. Raises `WorkFailedError`.

        If the topic is not the one the index was read from, reads it from the start.
        """
        try:
            end = await self._replay(journal)
        except OtherArticleError as error:
            await self._start_anew(journal, str(error))
        else:
            if end < self._position:
                await self._start_anew(journal, f"the topic ends at {end}, it was emptied")

    async def _start_anew(self, journal: Journal, reason: str) -> None:
        log.warning("%s[%d] is read from its start: %s", *self._at, reason)
        journal.discard()
        self._position = 0
        await self._replay(journal)

    async def _replay(self, journal: Journal) -> int:
        """Returns the end of the topic. An end before the position means another topic."""
        unreadable: dict[int, int] = {}  # the offset by the entry's number

        def note(record: ConsumerRecord) -> None:
            number, held = self.parse(record.key, record.value, record.offset)
            if isinstance(held, OldHeldEntry):
                unreadable[number] = record.offset  # a later record may replace it
                return
            unreadable.pop(number, None)
            if held is None:
                journal.index.forget(number)
            else:
                journal.index.restore(held)
            if not unreadable:
                journal.committed(record.offset + 1)

        end = await replay(self._options, self._at, self._position, note)
        if unreadable:
            raise self._error(
                min(unreadable.values()),
                f"{len(unreadable):,} entries of the index are of another version, whose "
                "fingerprints this one cannot compare. Stop the workers and run `copydesk "
                "reindex`, which makes them anew from the published articles",
            )
        if end >= self._position:
            self._position = end
            journal.committed(end, at_once=True)
        return end

    def parse(
        self, key: bytes, value: bytes | None, offset: int
    ) -> tuple[int, HeldEntry | OldHeldEntry | None]:
        """Returns an entry's number and state; None for a tombstone. Raises `WorkFailedError`."""
        try:
            return int(key), None if value is None else _parsed(value)
        except (TypeError, ValueError, msgspec.DecodeError) as error:
            raise self._error(
                offset,
                f"not an entry of the index ({error}). The topic was written by another program: "
                "give this pipeline its own with kafka.prefix, or empty the topic to start without "
                "memory",
            ) from error

    def _error(self, offset: int, problem: str) -> WorkFailedError:
        return WorkFailedError(f"{self._at.topic}[{self._at.partition}]@{offset}: {problem}.")

    def _message(self, number: int, value: bytes | None, headers: Headers) -> Message:
        return Message(self._at.topic, str(number).encode(), value, headers, self._at.partition)


def _parsed(value: bytes) -> HeldEntry | OldHeldEntry:
    """Returns the state of an entry. Raises `msgspec.DecodeError` or ValueError."""
    try:
        held = _read_held(value)
        entry = replace(held.entry, fingerprint=of_today(held.entry.fingerprint))
    except (OtherSchemeError, msgspec.DecodeError):
        old = _read_old(value)
        if old.entry.fingerprint.scheme == SCHEME:
            raise
        return old
    return replace(held, entry=as_kept(entry))
