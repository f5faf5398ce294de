"""One source partition: its records in order, a batch at a time, each batch one transaction.

Articles are worked on in a thread beside the event loop's, one batch of a process at a time: a
transaction takes the loop some hundred turns, which must not wait for articles.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from pipeline.article import DeadLetter, Outcome
from pipeline.cluster import KafkaOptions
from pipeline.metrics import Done, Metrics
from pipeline.runners.kafka.engine.messages import Message, Received
from pipeline.runners.kafka.engine.transaction import Placed, Transactions


class Handled(NamedTuple):
    """What one record becomes; `outcome` is None where the next role decides."""

    messages: list[Message]
    outcome: Outcome | DeadLetter | None
    arrived: int  # ms since 1970, when the raw record reached Kafka


class Batch(NamedTuple):
    """What a batch becomes, in one transaction."""

    messages: list[Message]
    done: list[Done]


class Handler(Protocol):
    """The work of one role on one partition."""

    pause: float | None  # seconds without a record after which `rest` is called; None: never

    async def restore(self) -> None:
        """Bring its memory up to what was committed; called after fencing, before the first."""
        ...

    def handle(self, received: Received) -> Handled:
        """What becomes of a record. Errors of data are dead letters, anything raised is a bug."""
        ...

    def rest(self, *, is_idle: bool) -> list[Message]:
        """What is to be said besides, at the end of a batch or, `is_idle`, after a pause."""
        ...

    def committed(self, placed: Placed) -> None:
        """All that was handled is committed, its messages went there."""
        ...


class Shared(NamedTuple):
    """What all partitions of a process have in common."""

    options: KafkaOptions
    metrics: Metrics
    turn: asyncio.Lock  # one works at a time while the others receive and send


class Partition:
    """Owns a partition from claim to release."""

    def __init__(
        self,
        generation: int,
        handler: Handler,
        transactions: Transactions,
        shared: Shared,
    ) -> None:
        self.generation = generation
        self.is_ready = False
        self.next_offset: int | None = None  # committed; None before the first commit
        self._handler = handler
        self._transactions = transactions
        self._options = shared.options
        self._metrics = shared.metrics
        self._turn = shared.turn
        self._waiting: deque[Received] = deque()
        self._waiting_bytes = 0
        self._expected = 0  # offsets below were delivered before
        self._changed = asyncio.Event()  # something came, or we are to close
        self._room = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None

    async def claim(self) -> None:
        """Fence the earlier owner."""
        await self._transactions.open()

    def start(self, fail: Callable[[BaseException], None]) -> None:
        """Begin to work on what is put; `fail` is told of the error that must end the process."""
        self._task = asyncio.create_task(self._work(fail))

    async def put(self, records: Sequence[Received]) -> None:
        """Take records in; waits while two batches wait, which holds the consumer back."""
        for received in records:
            while not self._is_closing and self._is_full(2):
                self._room.clear()
                await self._room.wait()
            if self._is_closing:
                return  # the next owner reads them
            if received.offset >= self._expected:  # else it was delivered twice
                self._expected = received.offset + 1
                self._waiting.append(received)
                self._waiting_bytes += len(received.value or b"")
                self._changed.set()

    def start_over(self) -> None:
        """Offsets count anew: those of the next records are lower."""
        self._expected = 0

    async def release(self) -> None:
        """Finish the open transaction, leave the rest to the next owner, close."""
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
        """Whether nothing waits."""
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
        """Returns once a batch is full or waited enough; False when we are to close."""
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
        while not self._waiting and not self._is_closing:
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
        async with self._turn:  # what comes while others work makes the batch larger
            if self._is_closing:
                return
            records = self._take()
            batch = await asyncio.to_thread(self._handle, records)
        next_offset = records[-1].offset + 1 if records else None
        if not batch.messages and next_offset is None:
            return
        with self._metrics.transaction():
            placed = await self._transactions.commit(batch.messages, next_offset)
        self.next_offset = next_offset or self.next_offset
        self._handler.committed(placed)
        self._metrics.record(batch.done)

    def _handle(self, records: list[Received]) -> Batch:
        messages, done = list[Message](), list[Done]()
        begun = time.perf_counter()
        for received in records:
            handled = self._handler.handle(received)
            messages += handled.messages
            ended = time.perf_counter()
            done.append(Done(handled.outcome, handled.arrived, ended - begun))
            begun = ended
        messages += self._handler.rest(is_idle=not records)
        return Batch(messages, done)
