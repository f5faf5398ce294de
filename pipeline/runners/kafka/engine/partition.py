"""One source partition: its records in order, and how far they are committed."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from aiokafka import TopicPartition

from pipeline.article import DeadLetter, Outcome
from pipeline.cluster import KafkaOptions
from pipeline.metrics import Done, Metrics
from pipeline.runners.kafka.engine.in_hand import InHand
from pipeline.runners.kafka.engine.messages import Message, Received
from pipeline.runners.kafka.engine.transaction import Placed

_BUFFERED = 2  # batches in the buffer of a partition
_IDLE = 1.0  # seconds without a record until the consumer's position is committed by itself


class Handled(NamedTuple):
    """The result for one article; `outcome` is None if the next role decides."""

    messages: list[Message]
    outcome: Outcome | DeadLetter | None
    arrived: int  # ms since 1970, when the raw record reached Kafka


class Batch(NamedTuple):
    """The result of a batch, to be committed in the transaction of its round."""

    messages: list[Message]
    done: list[Done]


class Handler(Protocol):
    """The work of one role on one partition."""

    pause: float | None  # seconds without a record until `rest` is called; None: never
    at_once: int  # records that `handle` takes

    @property
    def may_run_ahead(self) -> bool:
        """Whether a batch may be handled while the one before is committed."""
        ...

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

    def committed(self, placed: Placed, *, is_all: bool) -> None:
        """Called when a batch is committed; `placed` says where its messages went.

        `is_all`: nothing that was handled is uncommitted, and nothing is being handled.
        """
        ...


class Taken(NamedTuple):
    """A batch that is to be handled."""

    partition: Partition
    records: list[Received]
    next_offset: int  # to commit with it
    is_news: bool  # whether that is further than what is committed
    is_idle: bool  # nothing came for as long as the handler's `pause`


class Shared(NamedTuple):
    """What all partitions of a process share."""

    options: KafkaOptions
    metrics: Metrics
    in_hand: InHand
    changed: asyncio.Event  # that a round may be due


class Partition:
    """Owns a partition from claim to release: its buffer, and its place.

    A record is buffered, taken with others as a batch, and done when the batch is committed.
    """

    def __init__(
        self, source: TopicPartition, generation: int, handler: Handler, shared: Shared
    ) -> None:
        self.source = source
        self.generation = generation
        self.handler = handler
        self.is_ready = False
        self.next_offset: int | None = None  # committed; None before the first commit
        self.waiting_bytes = 0  # of the values of buffered records
        self.since = time.monotonic()  # the oldest waiting record came, or the last one was taken
        self._options = shared.options
        self._changed = shared.changed
        self._waiting: deque[Received] = deque()
        self._expected = 0  # the next offset; lower ones were delivered before
        self._reached = 0  # the consumer's position: each record before it was put
        self._reached_at = 0.0  # when it got there
        self._is_behind = False  # nothing waits, but the committed offset is not at the position
        self._room = asyncio.Event()
        self._is_closing = False

    async def restore(self) -> None:
        """Restores the handler's state. Then the partition is ready."""
        await self.handler.restore()
        self.is_ready = True
        self._changed.set()

    async def put(self, records: Sequence[Received]) -> None:
        """Buffers records. Waits while two batches are buffered: backpressure on the consumer."""
        for received in records:
            while not self._is_closing and self._is_full():
                self._room.clear()
                await self._room.wait()
            if self._is_closing:
                return  # the next owner reads them
            if received.offset >= self._expected:  # else it is a redelivery
                self._expected = received.offset + 1
                if not self._waiting:
                    self.since = time.monotonic()
                self._waiting.append(received)
                self.waiting_bytes += len(received.value or b"")
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

    def close(self) -> None:
        """Accepts no more records; leaves those that wait to the next owner."""
        self._is_closing = True
        self._room.set()

    @property
    def is_idle(self) -> bool:
        """Whether no record is buffered."""
        return not self._waiting

    @property
    def waiting(self) -> int:
        """The number of buffered records."""
        return len(self._waiting)

    @property
    def has_work(self) -> bool:
        """Whether a record waits, or a position is to be committed."""
        return bool(self._waiting) or self._is_behind

    def take(self, articles: int, size: int) -> Taken:
        """Takes a batch: at most so many articles, and one that makes it `size` bytes or more."""
        is_idle = not self.has_work
        batch: list[Received] = []
        before = self.waiting_bytes
        while self._waiting and len(batch) < articles and before - self.waiting_bytes < size:
            batch.append(self._waiting.popleft())
            self.waiting_bytes -= len(batch[-1].value or b"")
        self.since = time.monotonic()
        self._is_behind = False
        self._room.set()
        committed = self.next_offset or 0
        after = batch[-1].offset + 1 if batch else self._reached or committed
        if self.is_idle:
            after = max(after, self._reached)
        return Taken(self, batch, after, bool(batch) or after > committed, is_idle)

    def committed(self, taken: Taken, placed: Placed, *, is_all: bool) -> None:
        """Notes that a batch is committed; see `Handler.committed`."""
        self.next_offset = taken.next_offset
        self.handler.committed(placed, is_all=is_all)

    def _is_full(self) -> bool:
        return (
            len(self._waiting) >= _BUFFERED * self._options.batch_articles
            or self.waiting_bytes >= _BUFFERED * self._options.batch_bytes
        )
