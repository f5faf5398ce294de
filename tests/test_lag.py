"""A group's lag, as Kafka's own tools count it: 0 when all is done, whatever ends a topic."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaProducer
from support.lags import lag_ends_at, lags
from support.streams import Pipeline, story

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role

ALL = tuple(Role)


def test_the_committed_positions_pass_transaction_markers(kafka: KafkaOptions, tmp_path: Path):
    """Also those of raw records that were aborted, but never those that are not decided yet."""
    with Pipeline(kafka, tmp_path, raw_partitions=2) as pipeline:
        pipeline.start(*ALL)
        pipeline.feed([story(number) for number in range(20)])
        pipeline.read.outcomes(20)
        assert lag_ends_at(pipeline.options, 0)
        asyncio.run(send_in_transactions(pipeline))
        pipeline.read.outcomes(21)
        assert lag_ends_at(pipeline.options, 0)
        assert pipeline.stop() == [0, 0, 0]
        assert len(pipeline.read["quality"]) == 21


async def send_in_transactions(pipeline: Pipeline) -> None:
    """To one partition: an aborted record, and one that is committed after a while."""
    producer = AIOKafkaProducer(
        bootstrap_servers=pipeline.options.bootstrap_servers, transactional_id="scraper"
    )
    async with producer:
        await producer.begin_transaction()
        await producer.send_and_wait(pipeline.raw, story(100), partition=0)
        await producer.abort_transaction()
        assert await asyncio.to_thread(lag_ends_at, pipeline.options, 0)
        await producer.begin_transaction()
        await producer.send_and_wait(pipeline.raw, story(101), partition=0)
        await asyncio.sleep(3)
        assert sum(lags(pipeline.options).values()) == 1, "the position passed an open transaction"
        await producer.commit_transaction()
