"""One partition of `dedup.index`: the entries of an index by number, the latest state of each.

Key: the entry's number in decimal digits. Value: a `Held` as JSON, or null for one that went.
Compaction drops states in between, so replay orders by number, not by offset.
"""

from __future__ import annotations

import asyncio
import time

import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from pipeline.article import encode
from pipeline.cluster import KafkaOptions
from pipeline.dedup import Held, Index
from pipeline.errors import WorkFailedError
from pipeline.runners.kafka.messages import Message
from pipeline.runners.kafka.replay import TURN, replay
from pipeline.runners.kafka.transaction import Placed

_read_held = msgspec.json.Decoder(Held).decode


class Changelog:
    """Writes an index's changes down, and brings an index up to what is written."""

    def __init__(self, options: KafkaOptions, partition: int) -> None:
        self._options = options
        self._at = TopicPartition(options.topic(options.topics.index), partition)
        self._position = 0  # offsets below are in the index already

    def entry(self, held: Held) -> Message:
        """The record that holds an entry from now on."""
        return self._message(held.number, encode(held))

    def tombstone(self, number: int) -> Message:
        """The record that ends an entry's life."""
        return self._message(number, None)

    def wrote(self, placed: Placed) -> None:
        """Records of ours were committed: the index holds them."""
        self._position = max(self._position, placed.get((self._at.topic, self._at.partition), 0))

    async def replay(self, index: Index) -> None:
        """Bring the index up to the end of what is committed. Raises `WorkFailedError`."""
        changes: dict[int, Held | None] = {}  # the latest state of each entry that changed

        def note(record: ConsumerRecord) -> None:
            number, held = self._parse(record.key, record.value, record.offset)
            changes[number] = held

        self._position = await replay(self._options, self._at, self._position, note)
        await _apply(changes, index)

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


async def _apply(changes: dict[int, Held | None], index: Index) -> None:
    turn = time.monotonic() + TURN
    for number in sorted(changes):
        held = changes[number]
        if held:
            index.restore(held)
        else:
            index.forget(number)
        if time.monotonic() > turn:
            await asyncio.sleep(0)
            turn = time.monotonic() + TURN
