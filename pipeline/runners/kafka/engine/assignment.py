"""The partitions that this process owns between two rebalances."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from aiokafka import TopicPartition

from pipeline.cluster import KafkaOptions
from pipeline.metrics import Metrics
from pipeline.routing import Role
from pipeline.runners.kafka.engine.generations import Member
from pipeline.runners.kafka.engine.in_hand import InHand
from pipeline.runners.kafka.engine.messages import Received
from pipeline.runners.kafka.engine.partition import Handler, Partition, Shared
from pipeline.runners.kafka.engine.rounds import Rounds
from pipeline.runners.kafka.engine.transaction import MemberTransactions

log = logging.getLogger(__name__)


class Assignment:
    """Claims, feeds and releases partitions. A handler keeps its state across a rebalance.

    `failed` is set to the error that must end the process: its state in memory may be ahead of
    what was committed.
    """

    def __init__(
        self,
        options: KafkaOptions,
        role: Role,
        make_handler: Callable[[int], Handler],
        metrics: Metrics,
        in_hand: InHand,
    ) -> None:
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._handlers: dict[int, Handler] = {}
        self._options = options
        self._role = role
        self._group = options.group_of(role)
        self._make_handler = make_handler
        self._shared = Shared(options, metrics, in_hand, asyncio.Event())
        self._partitions: dict[TopicPartition, Partition] = {}
        self._rounds: Rounds | None = None
        self._is_settled = False  # assigned, and no rebalance in progress
        self._seen: int | None = None  # partitions of the source; 0: it is gone
        self._is_missed = False  # the source was not there at the last look
        self._is_closed = False

    @property
    def is_ready(self) -> bool:
        """Whether every partition is fenced and replayed, no rebalance runs, the source is there.

        A worker without any partition is ready too.
        """
        is_settled = self._is_settled and self._seen != 0
        return is_settled and all(one.is_ready for one in self._partitions.values())

    @property
    def handlers(self) -> list[Handler]:
        """The handlers of the partitions that this process owns."""
        return [*self._handlers.values()]

    async def claim(self, assigned: Sequence[TopicPartition], generation: int, member: str) -> None:
        """Takes over partitions. When this returns, earlier owners can no longer commit.

        `generation`: of the consumer group; `member`: this process's id in it.
        """
        await self.release()
        if self._is_closed or self.failed.done():
            return
        self._handlers = {
            tp.partition: self._handlers.get(tp.partition) or self._make_handler(tp.partition)
            for tp in assigned
        }
        self._partitions = {
            tp: Partition(tp, generation, self._handlers[tp.partition], self._shared)
            for tp in assigned
        }
        try:
            if assigned:
                await self._start(Member(self._group, generation, member))
        except Exception as error:  # noqa: BLE001 - reported by whoever watches `failed`
            self.fail(error)
            return
        self._is_settled = True
        owned = ", ".join(str(tp.partition) for tp in assigned) or "none"
        log.info("%s: partitions of %s: %s", self._role, self._options.source_of(self._role), owned)

    async def release(self) -> None:
        """Finishes open transactions and leaves all other records to the next owner."""
        self._is_settled = False
        self._partitions, rounds, self._rounds = {}, self._rounds, None
        if rounds:
            await rounds.release()

    async def close(self) -> None:
        """Releases all partitions and claims no others."""
        self._is_closed = True
        await self.release()

    async def deliver(
        self, tp: TopicPartition, records: Sequence[Received], generation: int | None
    ) -> None:
        """Delivers records to their partition; drops those of another generation.

        The next owner of the partition reads the dropped ones.
        """
        partition = self._partitions.get(tp)
        if partition and partition.generation == generation:
            await partition.put(records)

    def reach(self, tp: TopicPartition, position: int, generation: int | None) -> None:
        """Notes that each record of a partition before `position` was delivered."""
        partition = self._partitions.get(tp)
        if partition and partition.generation == generation:
            partition.reach(position)

    def start_over(self, tp: TopicPartition, offset: int, earliest: int) -> None:
        """Logs that the record at `offset` is gone, and continues at the earliest one."""
        if offset < earliest:
            self._shared.metrics.lose(earliest - offset)
            log.error(
                "%s, partition %d: the records from offset %d to %d were deleted before they were "
                "worked off, so they are lost here: have the topic keep records for longer than "
                "your longest outage (its retention.ms and retention.bytes)",
                *(tp.topic, tp.partition, offset, earliest - 1),
            )
            return
        log.error(
            "%s, partition %d ends before offset %d, from which on the group was to read: the topic"
            " was made anew, or brokers lost its last records. It is read from its beginning, "
            "offset %d, so what was worked off before comes out again",
            *(tp.topic, tp.partition, offset, earliest),
        )
        if partition := self._partitions.get(tp):
            partition.start_over()

    def saw(self, partitions: int | None) -> None:
        """Logs when the source is gone, is there again, or has other partitions; None: unknown.

        It is gone if two looks in turn miss it: the client may not have asked for it yet.
        """
        was_missed, self._is_missed = self._is_missed, partitions == 0
        if partitions in {None, self._seen} or (partitions == 0 and not was_missed):
            return
        topic = self._options.source_of(self._role)
        if not partitions:
            log.error(
                "%s: the topic %s is gone: nothing is read until it is there again"
                " (`copydesk topics --apply`)",
                *(self._role, topic),
            )
        elif self._seen is not None:
            before = f"{self._seen} before" if self._seen else "after it was gone"
            log.warning(
                "%s: the topic %s has %d partitions now, %s: they are assigned anew",
                *(self._role, topic, partitions, before),
            )
        self._seen = partitions

    def fail(self, error: BaseException) -> None:
        """Sets `failed` to the first error that must end the process."""
        if not self.failed.done():
            self.failed.set_result(error)

    def lags(self, ends: Mapping[TopicPartition, tuple[int, int]]) -> dict[tuple[str, int], int]:
        """Returns the number of records not committed yet, by topic and partition.

        `ends`: the next offset to fetch and the high watermark. Transaction markers have offsets
        too, so a partition that fetched everything and buffers nothing has no lag.
        """
        lags = {}
        for tp, (position, end) in ends.items():
            partition = self._partitions.get(tp)
            if partition:
                done = position if partition.is_idle else partition.next_offset
                lags[tp.topic, tp.partition] = max(0, end - (done or 0))
        return lags

    async def _start(self, member: Member) -> None:
        transactions = MemberTransactions(self._options, member, [*self._partitions])
        partitions = [*self._partitions.values()]
        self._rounds = Rounds(partitions, transactions, self._shared, self.fail)
        await self._rounds.claim()
