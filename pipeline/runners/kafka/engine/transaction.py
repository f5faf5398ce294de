"""Transactions: outputs and the offsets of what they came from together, or neither.

Opening fences: an earlier owner of a name can no longer commit. Any error here must end the
process, because its state in memory may be ahead of what was committed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from pipeline.cluster import KafkaOptions
from pipeline.runners.kafka.connection.security import for_aiokafka
from pipeline.runners.kafka.engine.generations import Member, MemberSender
from pipeline.runners.kafka.engine.messages import Message

# Bytes of one record batch. A partition gets its batches one after the other, so there should be
# few of them in a transaction. A larger message is a batch of its own.
_BATCH_BYTES = 1 << 20
_POSITIVE = 0x7FFFFFFF

Placed = dict[tuple[str, int], int]  # (topic, partition): the offset after the last record sent


class Transactions:
    """A transactional producer under a name, which one process owns; offsets are its group's."""

    def __init__(self, options: KafkaOptions, group: str, name: str, client_id: str) -> None:
        self._group = group
        self._producer = AIOKafkaProducer(
            client_id=client_id,
            transactional_id=name,
            transaction_timeout_ms=round(options.transaction_timeout * 1000),
            compression_type=None if options.compression == "none" else options.compression,
            max_batch_size=min(_BATCH_BYTES, options.max_message_bytes),
            max_request_size=options.max_message_bytes,
            **for_aiokafka(options),
        )

    async def open(self) -> None:
        """Fences the earlier owner. When this returns, its open transaction is aborted."""
        await self._producer.start()

    async def commit(
        self, messages: Iterable[Message], offsets: Mapping[TopicPartition, int]
    ) -> Placed:
        """Commits messages, and the next offsets of sources; returns where messages went.

        One request follows another: a broker that is asked for two things of a transaction at once
        refuses one of them, and the client tries that again after 0.1 s.
        """
        await self._producer.begin_transaction()
        batches = await self._batches(messages)
        sends = (self._send(target, builders) for target, builders in batches.items())
        sent = await asyncio.gather(*sends)
        if offsets:
            await self._producer.send_offsets_to_transaction(dict(offsets), self._group)
        await self._producer.commit_transaction()
        return dict(sent)

    async def close(self) -> None:
        """Closes the connections. The next owner aborts a transaction that is still open."""
        await self._producer.stop()

    async def _batches(
        self, messages: Iterable[Message]
    ) -> dict[tuple[str, int], list[BatchBuilder]]:
        """Groups messages into record batches by topic and partition, in order."""
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


class MemberTransactions(Transactions):
    """One producer for all partitions that a member of the group has in one generation.

    Each partition has a name. The producer works under that of the first one, and fences those of
    the others.
    """

    def __init__(
        self, options: KafkaOptions, member: Member, sources: Sequence[TopicPartition]
    ) -> None:
        self._names = [f"{member.group}-{at.topic}-{at.partition}" for at in sources]
        self._sources = sources
        super().__init__(options, member.group, self._names[0], member.group)
        self._sender = MemberSender(self._producer._sender, member)  # noqa: SLF001
        self._producer._sender = self._sender  # noqa: SLF001

    async def open(self) -> None:
        """Fences earlier owners. When this returns, none has anything open, nor can commit.

        Those of the generation before are refused by the group; what they had open under the name
        of a partition that another member has now is ended by that member, or by themselves.
        """
        await super().open()
        await asyncio.gather(*map(self._sender.fence, self._names[1:]))
        await self._sender.settled(self._sources)


def _append(builder: BatchBuilder, message: Message) -> bool:
    """Whether the message fitted into the batch; the first one always does."""
    return bool(
        builder.append(
            timestamp=message.timestamp,
            key=message.key,
            value=message.value,
            headers=message.headers,
        )
    )
