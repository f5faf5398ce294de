"""One partition of `dedup.index`: the entries of an index by number, the latest state of each.

Key: the entry's number in decimal digits. Value: a `Held` as JSON, or null for one that went.
Compaction drops states in between; the index orders what it holds by number, so it doesn't matter.
"""

from __future__ import annotations

import logging

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from pipeline.article import encode
from pipeline.cluster import KafkaOptions
from pipeline.dedup import Held
from pipeline.dedup.index import OtherArticleError
from pipeline.errors import WorkFailedError
from pipeline.routing import Topic
from pipeline.runners.journal import Journal
from pipeline.runners.kafka.engine.messages import Message
from pipeline.runners.kafka.engine.replay import replay
from pipeline.runners.kafka.engine.transaction import Placed

log = logging.getLogger(__name__)

_read_held = msgspec.json.Decoder(Held).decode


class Changelog:
    """Writes an index's changes down, and brings an index up to what is written."""

    def __init__(self, options: KafkaOptions, partition: int) -> None:
        self._options = options
        self._at = TopicPartition(options.topic(Topic.INDEX), partition)
        self._position = 0  # offsets below are in the index already

    def entry(self, held: Held) -> Message:
        """The record that holds an entry from now on."""
        return self._message(held.number, encode(held))

    def tombstone(self, number: int) -> Message:
        """The record that ends an entry's life."""
        return self._message(number, None)

    @property
    def position(self) -> int:
        """The offset up to which the index is what the topic says."""
        return self._position

    def begin(self, position: int) -> None:
        """The index holds already what stands before an offset."""
        self._position = position

    def wrote(self, placed: Placed) -> None:
        """Records of ours were committed: the index holds them."""
        self._position = max(self._position, placed.get((self._at.topic, self._at.partition), 0))

    async def replay(self, journal: Journal) -> None:
        """Bring the index up to the end of what is committed. Raises `WorkFailedError`.

        Where the topic is not the one that the index was read from, it is read from the start.
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
        """The end of the topic; one that lies before the position says that it is another topic."""

        def note(record: ConsumerRecord) -> None:
            number, held = self._parse(record.key, record.value, record.offset)
            if held is None:
                journal.index.forget(number)
            else:
                journal.index.restore(held)
            journal.committed(record.offset + 1)

        end = await replay(self._options, self._at, self._position, note)
        if end >= self._position:
            self._position = end
            journal.committed(end, at_once=True)
        return end

    def _parse(self, key: bytes, value: bytes | None, offset: int) -> tuple[int, Held | None]:
        try:
            return int(key), None if value is None else _read_held(value)
        except (TypeError, ValueError, msgspec.DecodeError) as error:
            raise WorkFailedError(
                f"{self._at.topic}[{self._at.partition}]@{offset}: not an entry of the index "
                f"({error}). The topic was written by another program or another version: give "
                "this pipeline its own with kafka.prefix, or empty the topic to start without "
                "memory."
            ) from error

    def _message(self, number: int, value: bytes | None) -> Message:
        return Message(self._at.topic, str(number).encode(), value, [], self._at.partition)
