"""The rounds of a worker: small when little comes in, full under load, and always in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition

from pipeline.cluster import KafkaOptions
from pipeline.metrics import Metrics
from pipeline.routing import Role
from pipeline.runners.kafka.engine.in_hand import InHand
from pipeline.runners.kafka.engine.messages import Message, Received
from pipeline.runners.kafka.engine.partition import Handled, Partition, Shared
from pipeline.runners.kafka.engine.rounds import Rounds
from pipeline.runners.kafka.engine.transaction import Placed

EVER = 3600.0  # seconds: what waits for it never comes in a test
BATCH = 10


class Broker:
    """Stands in for the transactions of a process: each commit waits until it may end."""

    def __init__(self, *, is_slow: bool = False) -> None:
        self.begun: list[dict[int, int]] = []  # the offsets of each transaction, by partition
        self.committed: list[dict[int, int]] = []
        self.may_end = asyncio.Event()
        self.error: Exception | None = None
        if not is_slow:
            self.may_end.set()

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def commit(self, _: Iterable[Message], offsets: Mapping[TopicPartition, int]) -> Placed:
        places = {at.partition: offset for at, offset in offsets.items()}
        self.begun.append(places)
        await self.may_end.wait()
        if self.error:
            raise self.error
        self.committed.append(places)
        return {}


class Work:
    """A handler that notes what it is given, and when all of it is committed."""

    pause: float | None = None
    at_once = BATCH

    def __init__(self, *, may_run_ahead: bool = True) -> None:
        self.may_run_ahead = may_run_ahead
        self.handled: list[list[int]] = []
        self.is_all: list[bool] = []

    async def restore(self) -> None: ...

    def handle(self, records: Sequence[Received]) -> list[Handled]:
        self.handled.append([one.offset for one in records])
        return [Handled([], None, 0) for _ in records]

    def give_up(self, _: Received, reason: str, message: str) -> Handled:  # noqa: ARG002
        raise AssertionError

    def rest(self, *, is_idle: bool) -> list[Message]:
        assert not is_idle
        return []

    def committed(self, _: Placed, *, is_all: bool) -> None:
        self.is_all.append(is_all)


class Quiet(Work):
    """A handler that has something to say after a pause."""

    pause = 0.05

    def rest(self, *, is_idle: bool) -> list[Message]:
        return [Message("sources", b"paper", None, [])] if is_idle else []


class Worker:
    """One process with some partitions, without a broker."""

    def __init__(self, folder: Path, works: Sequence[Work], broker: Any) -> None:
        options = KafkaOptions(batch_articles=BATCH, batch_wait=EVER)
        shared = Shared(options, Metrics(Role.DESK), InHand(folder, "desk", 60), asyncio.Event())
        self.failed: list[BaseException] = []
        self.partitions = [
            Partition(TopicPartition("raw", number), 1, work, shared)
            for number, work in enumerate(works)
        ]
        self.rounds = Rounds(self.partitions, broker, shared, self.failed.append)

    async def put(self, first: int, count: int, partition: int = 0) -> None:
        await self.partitions[partition].put(
            [Received("raw", partition, first + n, 0, None, b"", []) for n in range(count)]
        )


async def becomes(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what comes about elsewhere
            await asyncio.sleep(0.005)


async def settle() -> None:
    """Lets everything happen that does not wait for something."""
    await asyncio.sleep(0.1)


def test_after_a_pause_the_first_records_wait_for_nothing_and_the_next_for_their_time(
    tmp_path: Path,
):
    async def scene() -> None:
        work, broker = Work(), Broker()
        worker = Worker(tmp_path, [work], broker)
        await worker.rounds.claim()
        await worker.put(0, 2)
        await becomes(lambda: broker.committed == [{0: 2}])
        await worker.put(2, BATCH - 1)
        await settle()
        assert work.handled == [[0, 1]]
        await worker.put(BATCH + 1, 1)  # a whole batch
        await becomes(lambda: broker.committed == [{0: 2}, {0: BATCH + 2}])
        await worker.rounds.release()
        assert not worker.failed

    asyncio.run(scene())


def test_all_partitions_go_together_one_batch_in_all(tmp_path: Path):
    async def scene() -> None:
        works, broker = [Work(), Work(), Work()], Broker()
        worker = Worker(tmp_path, works, broker)
        await worker.rounds.claim()
        for partition in range(3):
            await worker.put(0, 4, partition)
        await becomes(lambda: broker.committed == [{0: 4, 1: 4, 2: 2}])
        assert [one.handled for one in works] == [[[0, 1, 2, 3]], [[0, 1, 2, 3]], [[0, 1]]]
        await worker.rounds.release()

    asyncio.run(scene())


def test_one_batch_is_handled_while_another_is_committed_and_they_are_committed_in_order(
    tmp_path: Path,
):
    async def scene() -> None:
        work, broker = Work(), Broker(is_slow=True)
        worker = Worker(tmp_path, [work], broker)
        await worker.rounds.claim()
        await worker.put(0, 2 * BATCH)
        putting = asyncio.create_task(worker.put(2 * BATCH, BATCH))
        await becomes(lambda: len(work.handled) == 2)
        await settle()
        assert len(work.handled) == 2, "no more than one ahead"
        assert broker.begun == [{0: BATCH}], (
            "the second transaction begins when the first has ended"
        )
        broker.may_end.set()
        await becomes(lambda: broker.committed == [{0: BATCH * (n + 1)} for n in range(3)])
        await putting
        assert work.is_all[0] is False
        assert work.is_all[-1] is True
        assert worker.partitions[0].next_offset == 3 * BATCH
        await worker.rounds.release()

    asyncio.run(scene())


def test_no_message_goes_without_an_offset_which_the_group_refuses_from_an_earlier_owner(
    tmp_path: Path,
):
    async def scene() -> None:
        broker = Broker()
        worker = Worker(tmp_path, [Quiet(), Work()], broker)
        await worker.rounds.claim()
        worker.partitions[0].reach(7)  # transaction markers, and no record
        await becomes(lambda: len(broker.committed) == 3)
        assert broker.committed == [{0: 7}] * 3
        await worker.rounds.release()
        assert not worker.failed

    asyncio.run(scene())


def test_a_handler_that_must_not_run_ahead_waits_for_the_commit(tmp_path: Path):
    async def scene() -> None:
        work, broker = Work(may_run_ahead=False), Broker(is_slow=True)
        worker = Worker(tmp_path, [work], broker)
        await worker.rounds.claim()
        await worker.put(0, 2 * BATCH)
        await becomes(lambda: broker.begun)
        await settle()
        assert len(work.handled) == 1
        broker.may_end.set()
        await becomes(lambda: broker.committed == [{0: BATCH}, {0: 2 * BATCH}])
        assert work.is_all == [True, True]
        await worker.rounds.release()

    asyncio.run(scene())


def test_after_a_commit_that_failed_nothing_is_committed_and_the_process_must_end(tmp_path: Path):
    async def scene() -> None:
        work, broker = Work(), Broker(is_slow=True)
        worker = Worker(tmp_path, [work], broker)
        await worker.rounds.claim()
        await worker.put(0, 2 * BATCH)
        await becomes(lambda: len(work.handled) == 2)
        broker.error = ConnectionError("the broker is gone")
        broker.may_end.set()
        await becomes(lambda: worker.failed)
        await worker.rounds.release()
        assert broker.begun == [{0: BATCH}]
        assert broker.committed == []
        assert work.is_all == []
        assert worker.failed[0] is broker.error

    asyncio.run(scene())


@pytest.mark.parametrize("handled", [1, 2])
def test_what_was_handled_is_committed_before_the_partition_goes(tmp_path: Path, handled: int):
    async def scene() -> None:
        work, broker = Work(), Broker(is_slow=True)
        worker = Worker(tmp_path, [work], broker)
        await worker.rounds.claim()
        await worker.put(0, handled * BATCH)
        await becomes(lambda: len(work.handled) == handled)
        release = asyncio.create_task(worker.rounds.release())
        await worker.put(handled * BATCH, 1)  # too late: the next owner reads it
        await settle()
        assert not release.done()
        broker.may_end.set()
        await release
        assert broker.committed == [{0: BATCH * (n + 1)} for n in range(handled)]
        assert len(work.handled) == handled

    asyncio.run(scene())
