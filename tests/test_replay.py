"""What a role restores from a topic: all that is committed, whoever else writes there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from support.streams import Pipeline

from pipeline.cluster import KafkaOptions
from pipeline.routing import Topic
from pipeline.runners.kafka.engine.replay import replay


def test_what_was_committed_behind_an_open_transaction_is_restored(
    kafka: KafkaOptions, tmp_path: Path
):
    """A worker that was killed leaves one; until it ends, readers see nothing behind it."""
    with Pipeline(kafka, tmp_path) as pipeline:
        assert asyncio.run(restored(pipeline.options)) == [b"before", b"behind"]


async def restored(options: KafkaOptions) -> list[bytes | None]:
    at = TopicPartition(options.topic(Topic.SOURCES), 0)
    found: list[ConsumerRecord] = []
    async with _producer(options, "killed") as killed, _producer(options, "other") as other:
        async with other.transaction():
            await other.send_and_wait(at.topic, b"before", key=b"k", partition=0)
        await killed.begin_transaction()
        await killed.send_and_wait(at.topic, b"never", key=b"k", partition=0)
        async with other.transaction():
            await other.send_and_wait(at.topic, b"behind", key=b"k", partition=0)
        restoring = asyncio.create_task(replay(options, at, 0, found.append))
        await asyncio.sleep(2)
        assert not restoring.done(), "it did not wait for the open transaction"
        await killed.abort_transaction()
        await asyncio.wait_for(restoring, 30)
    return [record.value for record in found]


def _producer(options: KafkaOptions, name: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=options.bootstrap_servers, transactional_id=f"{options.prefix}{name}"
    )
