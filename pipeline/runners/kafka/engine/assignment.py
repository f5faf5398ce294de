"""The partitions that this process owns, from one rebalance to the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from aiokafka import TopicPartition

from pipeline.cluster import KafkaOptions
from pipeline.metrics import Metrics
from pipeline.routing import Role
from pipeline.runners.kafka.engine.messages import Received
from pipeline.runners.kafka.engine.partition import Handler, Partition, Shared
from pipeline.runners.kafka.engine.transaction import Transactions

log = logging.getLogger(__name__)


class Assignment:
    """Claims, feeds and releases partitions. What a partition remembers outlives a rebalance.

    `failed` is set to the error after which the process must end: what it remembers may be ahead
    of what was committed.
    """

    def __init__(
        self,
        options: KafkaOptions,
        role: Role,
        make_handler: Callable[[int], Handler],
        metrics: Metrics,
    ) -> None:
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._handlers: dict[int, Handler] = {}
        self._options = options
        self._role = role
        self._make_handler = make_handler
        self._shared = Shared(options, metrics, asyncio.Lock())
        self._partitions: dict[TopicPartition, Partition] = {}
        self._is_settled = False  # the group has spoken, and no rebalance is going on
        self._is_closed = False

    @property
    def is_ready(self) -> bool:
        """Fenced, replayed and not rebalancing; so is a worker that the group gave nothing."""
        return self._is_settled and all(one.is_ready for one in self._partitions.values())

    @property
    def handlers(self) -> list[Handler]:
        """Those that work on the partitions of this process."""
        return [*self._handlers.values()]

    async def claim(self, assigned: Sequence[TopicPartition], generation: int) -> None:
        """Take over partitions: when this returns, whoever had them can commit no more."""
        await self.release()
        if self._is_closed:
            return
        self._handlers = {
            tp.partition: self._handlers.get(tp.partition) or self._make_handler(tp.partition)
            for tp in assigned
        }
        self._partitions = {tp: self._partition(tp, generation) for tp in assigned}
        try:
            await asyncio.gather(*(one.claim() for one in self._partitions.values()))
        except Exception as error:  # noqa: BLE001 - reported by whoever watches `failed`
            self.fail(error)
            return
        for partition in self._partitions.values():
            partition.start(self.fail)
        self._is_settled = True
        owned = ", ".join(str(tp.partition) for tp in assigned) or "none"
        log.info("%s: partitions of %s: %s", self._role, self._options.source_of(self._role), owned)

    async def release(self) -> None:
        """Finish what is in a transaction, leave the rest to whoever comes next."""
        self._is_settled = False
        leaving, self._partitions = self._partitions, {}
        await asyncio.gather(*(one.release() for one in leaving.values()), return_exceptions=True)

    async def close(self) -> None:
        """The same, for good."""
        self._is_closed = True
        await self.release()

    async def deliver(
        self, tp: TopicPartition, records: Sequence[Received], generation: int | None
    ) -> None:
        """Hand records to their partition; those of another generation are its next owner's."""
        partition = self._partitions.get(tp)
        if partition and partition.generation == generation:
            await partition.put(records)

    def start_over(self, tp: TopicPartition, offset: int, earliest: int) -> None:
        """Tell that the record to go on with is gone, and take those from the earliest on."""
        if offset < earliest:
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

    def fail(self, error: BaseException) -> None:
        """Note the first error that must end the process."""
        if not self.failed.done():
            self.failed.set_result(error)

    def lags(self, ends: Mapping[TopicPartition, tuple[int, int]]) -> dict[tuple[str, int], int]:
        """Records not committed yet, by topic and partition.

        `ends`: the next offset to fetch, and the one after the last. Markers of transactions have
        offsets too, so a partition that fetched everything and holds nothing has no lag.
        """
        lags = {}
        for tp, (position, end) in ends.items():
            partition = self._partitions.get(tp)
            if partition:
                done = position if partition.is_idle else partition.next_offset
                lags[tp.topic, tp.partition] = max(0, end - (done or 0))
        return lags

    def _partition(self, tp: TopicPartition, generation: int) -> Partition:
        return Partition(
            generation,
            self._handlers[tp.partition],
            Transactions(self._options, self._role, tp),
            self._shared,
        )
