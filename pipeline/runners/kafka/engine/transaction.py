"""The transactions of one source partition: outputs and offset together, or neither.

Opening fences: whoever wrote for this partition before can commit no more. Every error here means
that the process must end, for what it holds in memory may be ahead of what was committed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from pipeline.runners.kafka.connection.security import for_aiokafka
from pipeline.runners.kafka.engine.messages import Message

# Bytes of one record batch, which a partition gets one after the other: few for one transaction.
# A larger message travels alone.
_BATCH_BYTES = 1 << 20
_POSITIVE = 0x7FFFFFFF

Placed = dict[tuple[str, int], int]  # (topic, partition): the offset after the last record sent


class Transactions:
    """A transactional producer named after the partition it answers for."""

    def __init__(self, options: KafkaOptions, role: Role, source: TopicPartition) -> None:
        self._group = options.group_of(role)
        self._source = source
        self._producer = AIOKafkaProducer(
            client_id=f"copydesk-{role}",
            transactional_id=f"{self._group}-{source.topic}-{source.partition}",
            transaction_timeout_ms=round(options.transaction_timeout * 1000),
            compression_type=None if options.compression == "none" else options.compression,
            max_batch_size=min(_BATCH_BYTES, options.max_message_bytes),
            max_request_size=options.max_message_bytes,
            **for_aiokafka(options),
        )

    async def open(self) -> None:
        """Fence the partition's earlier owner; what it left open is aborted when this returns."""
        await self._producer.start()

    async def commit(self, messages: Iterable[Message], next_offset: int | None) -> Placed:
        """Send all messages and the source's next offset as one; where the messages went.

        Without an offset the source stays where it is.
        """
        await self._producer.begin_transaction()
        batches = await self._batches(messages)
        sends = (self._send(target, builders) for target, builders in batches.items())
        sent, _ = await asyncio.gather(asyncio.gather(*sends), self._move_on(next_offset))
        await self._producer.commit_transaction()
        return dict(sent)

    async def close(self) -> None:
        """Let go of the connections; what is open is aborted by whoever comes next."""
        await self._producer.stop()

    async def _move_on(self, next_offset: int | None) -> None:
        if next_offset is not None:
            offsets = {self._source: next_offset}
            await self._producer.send_offsets_to_transaction(offsets, self._group)

    async def _batches(
        self, messages: Iterable[Message]
    ) -> dict[tuple[str, int], list[BatchBuilder]]:
        """The messages as record batches by topic and partition, in their order."""
        batches: dict[tuple[str, int], list[BatchBuilder]] = {}
        counts: dict[str, int] = {}
        keyless = random.randrange(1 << 16)  # noqa: S311 - one partition a transaction: fuller batches
        for message in messages:
            topic = message.topic
            if topic not in counts:
                counts[topic] = len(await self._producer.partitions_for(topic))
            partition = message.partition
            if partition is None:
                place = keyless if message.key is None else murmur2(message.key) & _POSITIVE
                partition = place % counts[topic]
            builders = batches.setdefault((topic, partition), [])
            if not builders or not _append(builders[-1], message):
                builders.append(self._producer.create_batch())
                _append(builders[-1], message)
        return batches

    async def _send(
        self, target: tuple[str, int], builders: list[BatchBuilder]
    ) -> tuple[tuple[str, int], int]:
        topic, partition = target
        after = 0
        for builder in builders:
            builder.close()
            done: asyncio.Future[RecordMetadata] = await self._producer.send_batch(
                builder, topic, partition=partition
            )
            after = (await done).offset + builder.record_count()
        return target, after


def _append(builder: BatchBuilder, message: Message) -> bool:
    """Whether the message found room; the first of a batch always does."""
    return bool(
        builder.append(
            timestamp=message.timestamp,
            key=message.key,
            value=message.value,
            headers=message.headers,
        )
    )
