"""What exactly-once rests on in Faust: its private hooks in the right order, committed reads.

Faust is pinned for these; when a new version changes them, these tests say so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faust
import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from kafka import KafkaAdminClient
from kafka import TopicPartition as KafkaPlace
from msgspec.structs import replace
from support.streams import Pipeline

from pipeline.article import Arrival, Origin, Prepared, encode
from pipeline.cluster import KafkaOptions
from pipeline.flow import Stages, prepare
from pipeline.routing import Role
from pipeline.runners.kafka.engine.app import FETCH_BYTES, StreamApp
from pipeline.runners.kafka.engine.membership import Membership
from pipeline.runners.kafka.engine.messages import Received

_NOW = "2026-11-01T00:00:00Z"
NOBODY = Membership(Path("/nowhere"), "test")  # notes nothing and finds nobody
_LARGE = 8  # records of which two are fetched at a time


class Calls:
    """Stands in for an `Assignment` and notes what is asked of it."""

    def __init__(self) -> None:
        self.made: list[Any] = []
        self.members: set[str] = set()

    async def claim(self, assigned: list[TopicPartition], generation: int, member: str) -> None:
        await asyncio.sleep(0.01)  # a fence takes its time: Faust must wait for it
        self.members.add(member)
        self.made.append(("fenced", [tp.partition for tp in assigned], generation))

    async def release(self) -> None:
        await asyncio.sleep(0.01)
        self.made.append("released")

    def reach(self, tp: TopicPartition, position: int, generation: int | None) -> None:
        """Commits no position."""


def test_faust_and_its_kafka_client_are_the_versions_whose_hooks_were_read():
    assert (version("faust-streaming"), version("aiokafka")) == ("0.15.3", "0.14.0")


@pytest.mark.parametrize("hook", ["_on_partitions_assigned", "_on_partitions_revoked"])
def test_partitions_are_fenced_before_offsets_are_read_and_finished_before_they_go(
    hook: str, monkeypatch: pytest.MonkeyPatch
):
    calls = Calls()

    async def faust_goes_on(_app: faust.App, _partitions: set[TP], *_rest: int) -> None:
        calls.made.append("faust")

    async def rebalance() -> None:
        app = StreamApp(KafkaOptions(), Role.DESK, calls, NOBODY)
        partitions = {TP("articles.raw", 1), TP("articles.raw", 0)}
        if hook == "_on_partitions_assigned":
            await app._on_partitions_assigned(partitions, 7)
        else:
            await app._on_partitions_revoked(partitions)

    monkeypatch.setattr(faust.App, hook, faust_goes_on)
    asyncio.run(rebalance())
    ours = ("fenced", [0, 1], 7) if hook == "_on_partitions_assigned" else "released"
    assert calls.made == [ours, "faust"]


class Slow(Calls):
    """An `Assignment` that takes its time to fence, commits nothing and notes what it is given."""

    def __init__(self, while_fencing: Callable[[], object]) -> None:
        super().__init__()
        self.given: dict[int, list[int]] = {}  # offsets by partition, since the last claim
        self.is_fencing = False
        self._while_fencing = while_fencing

    async def claim(self, assigned: list[TopicPartition], generation: int, member: str) -> None:
        self.given = {tp.partition: [] for tp in assigned}
        self.is_fencing = True
        await asyncio.to_thread(self._while_fencing)
        await asyncio.sleep(1.5)  # longer than a fetch waits
        self.is_fencing = False
        await super().claim(assigned, generation, member)

    async def deliver(
        self, tp: TopicPartition, records: list[Received], generation: int | None
    ) -> None:
        assert not self.is_fencing, "a record before its partition was fenced"
        assert generation == self.made[-1][-1]
        self.given[tp.partition] += [record.offset for record in records]

    async def has_all(self, partitions: int, offsets: list[int]) -> bool:
        """Whether each of so many partitions is given all of them, in the end."""
        all_of_them = [offsets] * partitions
        return await _becomes(lambda: not self.is_fencing and [*self.given.values()] == all_of_them)


async def _becomes(true: Callable[[], bool]) -> bool:
    """Whether something is true in the end."""
    for _ in range(300):
        if true():
            return True
        await asyncio.sleep(0.1)
    return False


def test_what_comes_while_a_new_topic_is_fenced_is_not_skipped(kafka: KafkaOptions, tmp_path: Path):
    """A fetch goes on beneath the fence, and a group that never committed has nowhere to return."""

    def feed() -> None:
        for partition in range(4):
            pipeline.feed([b"{}"] * 50, partition=partition)

    async def join() -> None:
        first, second = Slow(lambda: None), Slow(feed)
        apps = [StreamApp(pipeline.options, Role.DESK, one, NOBODY) for one in (first, second)]
        try:
            await apps[0].maybe_start()
            assert await first.has_all(4, [])
            await apps[1].maybe_start()
            for one in (first, second):
                assert await one.has_all(2, [*range(50)]), one.given
        finally:
            for app in apps:
                await app.stop()

    with Pipeline(kafka, tmp_path, raw_partitions=4) as pipeline:
        asyncio.run(join())


def test_a_claim_that_takes_longer_than_the_session_is_made_once(
    kafka: KafkaOptions, tmp_path: Path
):
    async def join() -> None:
        slow = Slow(lambda: time.sleep(3))
        app = StreamApp(replace(pipeline.options, session_timeout=1.0), Role.DESK, slow, NOBODY)
        try:
            await app.maybe_start()
            assert await slow.has_all(1, [0, 1, 2])
            await asyncio.sleep(1)  # a group that had given the partition away would say so now
            assert [one[0] for one in slow.made[-1:]] == ["fenced"], slow.made
            assert not slow.is_fencing
        finally:
            await app.stop()

    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed([b"{}"] * 3)
        asyncio.run(join())


class HeldEntry(Calls):
    """An `Assignment` that takes nothing more in until it may, as one with too much to do."""

    def __init__(self) -> None:
        super().__init__()
        self.offsets: list[int] = []
        self.may_go_on = asyncio.Event()

    async def deliver(self, _tp: TopicPartition, records: list[Received], _generation: int) -> None:
        self.offsets += [record.offset for record in records]
        await self.may_go_on.wait()

    def start_over(self, tp: TopicPartition, offset: int, earliest: int) -> None:
        self.made.append((tp.partition, offset, earliest))


def test_what_is_deleted_before_a_running_worker_read_it_is_told(
    kafka: KafkaOptions, tmp_path: Path
):
    async def fall_behind() -> None:
        held = HeldEntry()
        app = StreamApp(pipeline.options, Role.DESK, held, NOBODY)
        try:
            await app.maybe_start()
            assert await _becomes(lambda: bool(held.offsets))
            await asyncio.to_thread(delete)
            held.may_go_on.set()
            assert await _becomes(lambda: held.offsets[-1] == _LARGE), held.offsets
        finally:
            await app.stop()
        missed = next(i for i, offset in enumerate(held.offsets) if i != offset)
        assert held.offsets == [*range(missed), _LARGE]
        assert held.made.count((0, missed, _LARGE)) == 1

    def delete() -> None:
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        admin.delete_records({KafkaPlace(pipeline.raw, 0): _LARGE})
        admin.close()
        pipeline.feed([b"{}"])

    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed([bytes(FETCH_BYTES // 2 - 1000)] * _LARGE)
        asyncio.run(fall_behind())


@pytest.mark.parametrize("overtaken_by", ["seek", "stop"])
def test_a_fetch_that_is_overtaken_is_read_again(
    overtaken_by: str, monkeypatch: pytest.MonkeyPatch
):
    """Its place has moved on all the same: so nothing is handed out before a seek."""
    done: list[str] = []
    meanwhile: list[Callable[[], Awaitable[None]]] = []

    async def seek(_consumer: driver.Consumer) -> None:
        done.append("seek")

    async def fetch(_consumer: driver.Consumer, *_: object) -> dict[TP, list[str]]:
        done.append("fetch")
        if meanwhile:
            await meanwhile.pop()()
        return {TP("articles.raw", 0): ["record"]}

    async def fetches() -> None:
        consumer: Any = StreamApp(KafkaOptions(), Role.DESK, Calls(), NOBODY).consumer

        async def stop() -> None:
            consumer.stop_flow()

        async def get() -> bool:
            return bool(await consumer._getmany({TP("articles.raw", 0)}, 1.0))

        assert await get()
        meanwhile.append({"seek": consumer.perform_seek, "stop": stop}[overtaken_by])
        assert not await get()
        if overtaken_by == "stop":
            assert not await get()
            consumer.resume_flow()
        assert await get()
        assert done[-2:] == ["seek", "fetch"]
        assert await get()
        assert done[-2:] == ["fetch", "fetch"]

    monkeypatch.setattr(driver.Consumer, "perform_seek", seek)
    monkeypatch.setattr(driver.Consumer, "_getmany", fetch)
    asyncio.run(fetches())


class Taking(Calls):
    """An `Assignment` that notes what it is given, and of which generation."""

    async def deliver(
        self, tp: TopicPartition, records: list[Received], generation: int | None
    ) -> None:
        self.made.append((generation, tp.partition, [record.offset for record in records]))


def test_a_fetch_that_waited_for_a_rebalance_is_delivered(monkeypatch: pytest.MonkeyPatch):
    """Its place has moved on: what it brought, and no worker gets, would be lost."""
    at = TP("articles.raw", 0)

    async def seek(_consumer: driver.Consumer) -> None: ...

    async def fetch(_consumer: driver.Consumer, *_: object, **__: object) -> dict[TP, list[Any]]:
        return {at: [Received(at.topic, 0, 7, 0, None, b"{}", [])]}

    async def rebalance() -> None:
        taking = Taking()
        app = StreamApp(KafkaOptions(), Role.DESK, taking, NOBODY)
        consumer: Any = app.consumer
        app.consumer_generation_id = 1
        consumer.stop_flow()
        fetching = asyncio.create_task(anext(consumer.getmany(1.0), None))
        await asyncio.sleep(0.05)
        app.consumer_generation_id = 2
        await consumer.perform_seek()
        consumer.resume_flow()
        await asyncio.wait_for(fetching, 10)
        assert taking.made == [(2, 0, [7])]

    monkeypatch.setattr(driver.Consumer, "perform_seek", seek)
    monkeypatch.setattr(driver.Consumer, "_getmany", fetch)
    monkeypatch.setattr(driver.Consumer, "_get_active_partitions", lambda _: {at})
    asyncio.run(rebalance())


def test_dedup_never_sees_records_of_aborted_transactions(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path) as pipeline:
        asyncio.run(_write_prepared(pipeline.options))
        pipeline.start(Role.DEDUP)
        pipeline.read.outcomes(3)
        headlines = sorted(one["headline"] for one in pipeline.read.values("clean"))
        assert headlines == ["Kept 0", "Kept 1", "Kept 2"]


async def _write_prepared(options: KafkaOptions) -> None:
    """Prepared articles in transactions of which every second is aborted."""
    producer = AIOKafkaProducer(
        bootstrap_servers=options.bootstrap_servers, transactional_id=f"{options.prefix}test"
    )
    await producer.start()
    for number in range(6):
        await producer.begin_transaction()
        name = f"{'Kept' if number % 2 else 'Aborted'} {number // 2}"
        await producer.send_and_wait(options.source_of(Role.DEDUP), _prepared(name, number))
        await (producer.commit_transaction() if number % 2 else producer.abort_transaction())
    await producer.stop()


def _prepared(headline: str, number: int) -> bytes:
    body = "\n\n".join(
        f"The council of Norden met for the {number}{n}th time and spoke of bridge {n * number}."
        for n in range(12)
    )
    arrival = Arrival(Origin(topic="articles.raw", partition=0, offset=number), _NOW)
    value = msgspec.json.encode({"headline": headline, "articleBody": body})
    prepared = prepare(value, arrival, Stages())
    assert isinstance(prepared, Prepared)
    return encode(prepared)
