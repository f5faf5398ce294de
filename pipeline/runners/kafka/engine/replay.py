"""Reads the committed records of one partition up to its end: how roles restore state."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from pipeline.cluster import KafkaOptions
from pipeline.runners.kafka.connection.security import for_aiokafka

TURN = 0.02  # seconds until the event loop gets a turn
_FETCH_BYTES = 8 << 20


async def replay(
    options: KafkaOptions,
    at: TopicPartition,
    position: int,
    note: Callable[[ConsumerRecord], None],
) -> int:
    """Passes each committed record from `position` on to `note`; returns the end offset.

    Waits for transactions of others that are open there: what was committed after they began is
    visible only when they end.
    """
    end = await _end(options, at)
    consumer = AIOKafkaConsumer(
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=_FETCH_BYTES,
        **for_aiokafka(options),
    )
    await consumer.start()
    try:
        consumer.assign([at])
        await _read(consumer, at, position, end, note)
    finally:
        await consumer.stop()
    return end


async def _end(options: KafkaOptions, at: TopicPartition) -> int:
    """Returns the offset behind the last record, whether it is committed or not.

    A reader of committed records would be given that of the first open transaction.
    """
    consumer = AIOKafkaConsumer(isolation_level="read_uncommitted", **for_aiokafka(options))
    await consumer.start()
    try:
        return int((await consumer.end_offsets([at]))[at])
    finally:
        await consumer.stop()


async def _read(
    consumer: AIOKafkaConsumer,
    at: TopicPartition,
    position: int,
    end: int,
    note: Callable[[ConsumerRecord], None],
) -> None:
    first = (await consumer.beginning_offsets([at]))[at]
    consumer.seek(at, max(first, position))
    turn = time.monotonic() + TURN
    while await consumer.position(at) < end:
        batches = await consumer.getmany(at, timeout_ms=1000)
        for record in batches.get(at, ()):
            note(record)
            if time.monotonic() > turn:
                await asyncio.sleep(0)
                turn = time.monotonic() + TURN
