"""A consumer of committed records without a group: it leaves no trace on the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.runners.kafka.connection.security import for_aiokafka

_GOODBYE = 2.0  # seconds to close the connections


@asynccontextmanager
async def reader(options: KafkaOptions, fetch_bytes: int) -> AsyncIterator[AIOKafkaConsumer]:
    """A started consumer without partitions; it fetches `fetch_bytes` of a partition at a time."""
    consumer = AIOKafkaConsumer(
        client_id="copydesk-page",
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=fetch_bytes,
        **for_aiokafka(options),
    )
    try:
        async with asyncio.timeout(options.connect_timeout):
            await consumer.start()
        yield consumer
    finally:
        # In a task of its own: stopping may cancel parts of itself.
        await asyncio.wait([asyncio.create_task(consumer.stop())], timeout=_GOODBYE)


async def partitions_of(
    consumer: AIOKafkaConsumer, topics: Iterable[str]
) -> dict[str, list[TopicPartition]]:
    """Returns the partitions of each topic. Raises `WorkFailedError` for a missing topic.

    The client knows only the partitions of topics of which it was assigned at least one.
    """
    wanted = list(topics)
    missing = set(wanted) - await consumer.topics()
    if missing:
        raise WorkFailedError(f"there is no topic {min(missing)}: see `copydesk topics`")
    firsts = [TopicPartition(topic, 0) for topic in wanted]
    consumer.assign(firsts)
    await consumer.beginning_offsets(firsts)
    return {
        topic: [
            TopicPartition(topic, one) for one in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        for topic in wanted
    }
