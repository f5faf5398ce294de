"""What exactly-once rests on in Faust: its private hooks in the right order, committed reads.

Faust is pinned for these; when a new version changes them, these tests say so.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faust
import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from faust.types import TP
from streams import Pipeline

from pipeline.article import Arrival, Origin, Prepared, encode
from pipeline.cluster import KafkaOptions, Role
from pipeline.flow import Desk, prepare
from pipeline.runners.kafka.app import StreamApp

_NOW = "2026-11-01T00:00:00Z"


class Calls:
    """Stands in for an `Assignment` and notes what is asked of it."""

    def __init__(self) -> None:
        self.made: list[Any] = []

    async def claim(self, assigned: list[TopicPartition], generation: int) -> None:
        await asyncio.sleep(0.01)  # a fence takes its time: Faust must wait for it
        self.made.append(("fenced", [tp.partition for tp in assigned], generation))

    async def release(self) -> None:
        await asyncio.sleep(0.01)
        self.made.append("released")


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
        app = StreamApp(KafkaOptions(), Role.DESK, calls)
        partitions = {TP("articles.raw", 1), TP("articles.raw", 0)}
        if hook == "_on_partitions_assigned":
            await app._on_partitions_assigned(partitions, 7)
        else:
            await app._on_partitions_revoked(partitions)

    monkeypatch.setattr(faust.App, hook, faust_goes_on)
    asyncio.run(rebalance())
    ours = ("fenced", [0, 1], 7) if hook == "_on_partitions_assigned" else "released"
    assert calls.made == [ours, "faust"]


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
    body = " ".join(f"Word{number} of{number} story{n} stands here." for n in range(40))
    arrival = Arrival(Origin(topic="articles.raw", partition=0, offset=number), _NOW)
    value = msgspec.json.encode({"headline": headline, "articleBody": body})
    prepared = prepare(value, arrival, Desk())
    assert isinstance(prepared, Prepared)
    return encode(prepared)
