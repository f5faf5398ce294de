"""Who may commit offsets of a group, and which of them a new owner reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ProducerFenced
from support.streams import Pipeline

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.engine.generations import Member
from pipeline.runners.kafka.engine.messages import Message
from pipeline.runners.kafka.engine.transaction import MemberTransactions


def test_a_member_of_an_earlier_generation_commits_nothing_though_nobody_took_its_name(
    kafka: KafkaOptions, tmp_path: Path
):
    with Pipeline(kafka, tmp_path) as pipeline:
        asyncio.run(refused(pipeline.options))


async def refused(options: KafkaOptions) -> None:
    raw = TopicPartition(options.source_of(Role.DESK), 0)
    messages = [Message(options.topic(Topic.PREPARED), None, b"never", [])]
    async with _joined(options) as first:
        coordinator = first._coordinator
        member = Member(options.group_of(Role.DESK), coordinator.generation, coordinator.member_id)
        transactions = MemberTransactions(options, member, [raw])
        await transactions.open()
        await transactions.commit([], {raw: 1})
        async with _joined(options):
            while coordinator.generation == member.generation:
                await first.getmany(timeout_ms=100)
            with pytest.raises(ProducerFenced):
                await transactions.commit(messages, {raw: 2})
        assert await transactions._sender.settled([raw]) == {raw: 1}
        await transactions.close()


def test_a_new_owner_waits_for_a_transaction_that_may_still_commit_its_offsets(
    kafka: KafkaOptions, tmp_path: Path
):
    """It is open under the name of another partition, which the new owner does not fence."""
    with Pipeline(kafka, tmp_path, raw_partitions=2) as pipeline:
        assert asyncio.run(settled(pipeline.options)) == 7


async def settled(options: KafkaOptions) -> int:
    first, second = (TopicPartition(options.source_of(Role.DESK), one) for one in range(2))
    member = Member(options.group_of(Role.DESK), -1, "")
    earlier = MemberTransactions(options, member, [first, second])
    later = MemberTransactions(options, member, [second])
    await earlier.open()
    await earlier._producer.begin_transaction()
    await earlier._producer.send_offsets_to_transaction({second: 7}, member.group)
    opening = asyncio.create_task(later.open())
    await asyncio.sleep(2)
    assert not opening.done(), "it did not wait"
    await earlier._producer.commit_transaction()
    await asyncio.wait_for(opening, 30)
    offsets = await later._sender.settled([second])
    await asyncio.gather(earlier.close(), later.close())
    return offsets[second]


def test_an_owner_of_several_partitions_ends_what_is_open_under_each_of_their_names(
    kafka: KafkaOptions, tmp_path: Path
):
    with Pipeline(kafka, tmp_path, raw_partitions=2) as pipeline:
        asyncio.run(ended(pipeline.options))


async def ended(options: KafkaOptions) -> None:
    first, second = (TopicPartition(options.source_of(Role.DESK), one) for one in range(2))
    member = Member(options.group_of(Role.DESK), -1, "")
    earlier = MemberTransactions(options, member, [second])
    later = MemberTransactions(options, member, [first, second])
    await earlier.open()
    await earlier._producer.begin_transaction()
    await earlier._producer.send_offsets_to_transaction({second: 7}, member.group)
    await asyncio.wait_for(later.open(), 30)
    with pytest.raises(ProducerFenced):
        await earlier._producer.commit_transaction()
    await asyncio.gather(earlier.close(), later.close(), return_exceptions=True)


@asynccontextmanager
async def _joined(options: KafkaOptions) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of the group of desks."""
    async with AIOKafkaConsumer(
        bootstrap_servers=options.bootstrap_servers,
        group_id=options.group_of(Role.DESK),
        enable_auto_commit=False,
        heartbeat_interval_ms=300,
    ) as consumer:
        consumer.subscribe([options.source_of(Role.DESK)])
        while not consumer.assignment() and consumer._coordinator.generation < 0:
            await consumer.getmany(timeout_ms=100)
        yield consumer
