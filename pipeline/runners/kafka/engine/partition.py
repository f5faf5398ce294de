"""One source partition: its records in order, a batch at a time, each batch one transaction.

A thread beside the event loop processes the articles, one batch of the process at a time. A
transaction needs some hundred turns of the loop, which must not wait for articles.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from aiokafka import TopicPartition

from pipeline.article import DeadLetter, Outcome
from pipeline.cluster import KafkaOptions
from pipeline.metrics import Done, Metrics
from pipeline.runners.kafka.engine.in_hand import InHand
from pipeline.runners.kafka.engine.messages import DEADLY, Message, Received
from pipeline.runners.kafka.engine.transaction import Placed, Transactions

_IDLE = 1.0  # seconds without a record until the consumer's position is committed by itself


class Handled(NamedTuple):
    """The result for one article; `outcome` is None if the next role decides."""

    messages: list[Message]
    outcome: Outcome | DeadLetter | None
    arrived: int  # ms since 1970, when the raw record reached Kafka


class Batch(NamedTuple):
    """The result of a batch, to be committed in one transaction."""

    messages: list[Message]
    done: list[Done]


class Handler(Protocol):
    """The work of one role on one partition."""

    pause: float | None  # seconds without a record until `rest` is called; None: never
    at_once: int  # records that `handle` takes

    async def restore(self) -> None:
        """Restores the committed state. Called after fencing, before the first record."""
        ...

    def handle(self, records: Sequence[Received]) -> list[Handled]:
        """Processes records in order, one result each.

        Bad data gives a dead letter; whatever is raised is a bug.
        """
        ...

    def give_up(self, received: Received, reason: str, message: str) -> Handled:
        """Makes a dead letter of a record that cannot be handled; see `messages.REASONS`."""
        ...

    def rest(self, *, is_idle: bool) -> list[Message]:
        """Further messages at the end of a batch or, if `is_idle`, after a pause."""
        ...

    def committed(self, placed: Placed) -> None:
        """Called when everything handled is committed; `placed` says where messages went."""
        ...


class Shared(NamedTuple):
    """What all partitions of a process share."""

    options: KafkaOptions
    metrics: Metrics
    turn: asyncio.Lock  # one partition processes while the others receive and send
    in_hand: InHand


class Partition:
    """Owns a partition from claim to release."""

    def __init__(
        self,
        source: TopicPartition,
        generation: int,
        handler: Handler,
        transactions: Transactions,
        shared: Shared,
    ) -> None:
        self.generation = generation
        self._source = source
        self.is_ready = False
        self.next_offset: int | None = None  # committed; None before the first commit
        self._handler = handler
        self._transactions = transactions
        self._options = shared.options
        self._metrics = shared.metrics
        self._turn = shared.turn
        self._in_hand = shared.in_hand
        self._waiting: deque[Received] = deque()
        self._waiting_bytes = 0
        self._expected = 0  # the next offset; lower ones were delivered before
        self._reached = 0  # the consumer's position: each record before it was put
        self._reached_at = 0.0  # when it got there
        self._is_behind = False  # nothing waits, but the committed offset is not at the position
        self._changed = asyncio.Event()  # a record arrived, or the partition closes
        self._room = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None

    async def claim(self) -> None:
        """Fences the earlier owner."""
        await self._transactions.open()

    def start(self, fail: Callable[[BaseException], None]) -> None:
        """Starts processing; calls `fail` with an error that must end the process."""
        self._task = asyncio.create_task(self._work(fail))

    async def put(self, records: Sequence[Received]) -> None:
        """Buffers records. Waits while two batches are buffered: backpressure on the consumer."""
        for received in records:
            while not self._is_closing and self._is_full(2):
                self._room.clear()
                await self._room.wait()
            if self._is_closing:
                return  # the next owner reads them
            if received.offset >= self._expected:  # else it is a redelivery
                self._expected = received.offset + 1
                self._waiting.append(received)
                self._waiting_bytes += len(received.value or b"")
                self._changed.set()

    def reach(self, position: int) -> None:
        """Notes that each record before `position` was put.

        Transaction markers and aborted records have offsets too. A batch commits the position
        behind them; where no batch follows, a transaction of its own does, so that the group's lag
        ends at 0.
        """
        if position != self._reached:
            self._reached, self._reached_at = position, time.monotonic()
        elif (
            self.is_idle
            and position > (self.next_offset or 0)
            and time.monotonic() - self._reached_at > _IDLE
        ):
            self._is_behind = True
            self._changed.set()

    def start_over(self) -> None:
        """Accepts lower offsets again: the partition is read from its beginning."""
        self._expected = self._reached = 0
        self.next_offset = None

    async def release(self) -> None:
        """Finishes the open transaction, leaves other records to the next owner, and closes."""
        self._is_closing = True
        self._changed.set()
        self._room.set()
        if self._task:
            if not self.is_ready:
                self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._transactions.close()

    @property
    def is_idle(self) -> bool:
        """Whether no record is buffered."""
        return not self._waiting

    async def _work(self, fail: Callable[[BaseException], None]) -> None:
        try:
            await self._handler.restore()
            self.is_ready = True
            while await self._has_enough():
                await self._process()
        except Exception as error:  # noqa: BLE001 - whatever it is, memory and topic may differ
            fail(error)

    async def _has_enough(self) -> bool:
        """Waits until a batch is full or old enough. Returns False if the partition closes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._handler.pause):
                await self._something()
        if not self._waiting:
            return not self._is_closing
        deadline = time.monotonic() + self._options.batch_wait
        while not self._is_closing and not self._is_full(1):
            self._changed.clear()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._changed.wait()
            except TimeoutError:
                break
        return not self._is_closing

    async def _something(self) -> None:
        while not self._waiting and not self._is_closing and not self._is_behind:
            self._changed.clear()
            await self._changed.wait()

    def _take(self) -> list[Received]:
        batch: list[Received] = []
        size = 0
        while (
            self._waiting
            and len(batch) < self._options.batch_articles
            and (size < self._options.batch_bytes)
        ):
            batch.append(self._waiting.popleft())
            size += len(batch[-1].value or b"")
        self._waiting_bytes -= size
        self._room.set()
        return batch

    def _is_full(self, batches: int) -> bool:
        return (
            len(self._waiting) >= batches * self._options.batch_articles
            or self._waiting_bytes >= batches * self._options.batch_bytes
        )

    async def _process(self) -> None:
        async with self._turn:  # records that arrive while others process enlarge the batch
            if self._is_closing:
                return
            is_idle = not self._waiting and not self._is_behind
            records = self._take()
            next_offset = self._next_offset(records)
            batch = await asyncio.to_thread(self._handle, records, is_idle=is_idle)
        if not batch.messages and next_offset is None:
            return
        with self._metrics.transaction():
            offsets = {} if next_offset is None else {self._source: next_offset}
            placed = await self._transactions.commit(batch.messages, offsets)
        self.next_offset = next_offset or self.next_offset
        self._handler.committed(placed)
        self._metrics.record(batch.done)

    def _next_offset(self, records: list[Received]) -> int | None:
        """Returns what to commit with records that were just taken, None if it is no news."""
        self._is_behind = False
        after = records[-1].offset + 1 if records else 0
        if self.is_idle:
            after = max(after, self._reached)
        return after if records or after > (self.next_offset or 0) else None

    def _handle(self, records: list[Received], *, is_idle: bool) -> Batch:
        messages, done = list[Message](), list[Done]()
        for portion in self._in_hand.portions(records):
            if self._in_hand.is_condemned(portion):
                results = [(self._handler.give_up(portion[0], "deadly", DEADLY), 0.0)]
            else:
                with self._in_hand.holding(portion):
                    results = [*self._results(portion)]
            for handled, seconds in results:
                messages += handled.messages
                done.append(Done(handled.outcome, handled.arrived, seconds))
        messages += self._handler.rest(is_idle=is_idle)
        return Batch(messages, done)

    def _results(self, records: Sequence[Received]) -> Iterator[tuple[Handled, float]]:
        """Yields the results, each with its part of the seconds that it took."""
        for first in range(0, len(records), self._handler.at_once):
            taken = records[first : first + self._handler.at_once]
            begun = time.perf_counter()
            results = self._handler.handle(taken)
            each = (time.perf_counter() - begun) / len(taken)
            yield from ((handled, each) for handled in results)
