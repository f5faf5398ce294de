"""The work of an assignment in rounds: small ones when little comes in, full ones under load.

A round takes one batch of records, of all partitions that have some, handles it in a thread beside
the event loop, and commits what came of it in one transaction. That needs some fifty turns of the
loop, which must not wait for articles.

The next round begins `batch_wait` after this one began, or when this one is committed if that is
later; or at once if a whole batch waits, part of which may then be handled while the one before it
is committed. An article that comes when there is nothing to do waits for nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from operator import attrgetter

from pipeline.metrics import Done
from pipeline.runners.kafka.engine.messages import DEADLY, Message, Received
from pipeline.runners.kafka.engine.partition import (
    Batch,
    Handled,
    Handler,
    Partition,
    Shared,
    Taken,
)
from pipeline.runners.kafka.engine.transaction import Placed, Transactions

_EVER = float("inf")


class Rounds:
    """Processes the partitions of one assignment until it is released."""

    def __init__(
        self,
        partitions: Sequence[Partition],
        transactions: Transactions,
        shared: Shared,
        fail: Callable[[BaseException], None],
    ) -> None:
        """`fail` is called with an error that must end the process."""
        self._partitions = partitions
        self._transactions = transactions
        self._options = shared.options
        self._metrics = shared.metrics
        self._in_hand = shared.in_hand
        self._changed = shared.changed
        self._fail = fail
        self._begun = -_EVER  # when the last round began
        self._is_closing = False
        self._taken = 0  # rounds that began and are not committed
        self._last: asyncio.Task[None] | None = None  # the last commit
        self._restores: list[asyncio.Task[None]] = []
        self._work: asyncio.Task[None] | None = None

    async def claim(self) -> None:
        """Fences earlier owners, and starts. When this returns, they can no longer commit."""
        await self._transactions.open()
        self._restores = [self._task(one.restore()) for one in self._partitions]
        self._work = self._task(self._run())

    async def release(self) -> None:
        """Finishes the rounds that began; leaves other records to the next owner."""
        self._is_closing = True
        self._changed.set()
        for partition in self._partitions:
            partition.close()
        for task in self._restores:
            task.cancel()
        if self._work:
            await asyncio.wait([self._work, *self._restores])
        if self._last:
            await asyncio.gather(self._last, return_exceptions=True)
        with suppress(Exception):  # it failed before, or its connections are gone
            await self._transactions.close()

    def _task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - whatever it is, memory and topic may differ
                self._fail(error)

        return asyncio.create_task(guarded())

    async def _run(self) -> None:
        while await self._is_due():
            self._begun = time.monotonic()
            taken = self._take()
            self._taken += 1
            batches = await asyncio.to_thread(self._handle, taken)
            self._last = asyncio.create_task(self._commit(taken, batches, self._last))

    async def _commit(
        self, taken: Sequence[Taken], batches: Sequence[Batch], before: asyncio.Task[None] | None
    ) -> None:
        """Commits what came of a round, after the round before."""
        try:
            if before:
                await before  # if it failed, this one must not be committed
            placed = await self._placed(taken, batches)
        except Exception as error:
            self._fail(error)  # memory and topic may differ
            raise
        self._taken -= 1
        if placed is not None:
            for one, batch in zip(taken, batches, strict=True):
                one.partition.committed(one, placed, is_all=not self._taken)
                self._metrics.record(batch.done)
        self._changed.set()

    async def _placed(self, taken: Sequence[Taken], batches: Sequence[Batch]) -> Placed | None:
        """Returns where messages went, or None if there is nothing to commit.

        No message goes without an offset: that is what the group refuses from an earlier owner.
        """
        messages = [message for batch in batches for message in batch.messages]
        offsets = {
            one.partition.source: one.next_offset
            for one, batch in zip(taken, batches, strict=True)
            if batch.messages or one.is_news
        }
        if not offsets:
            return None
        with self._metrics.transaction():
            return await self._transactions.commit(messages, offsets)

    async def _is_due(self) -> bool:
        """Waits until a round should begin. Returns False if the partitions are released."""
        while not self._is_closing and (seconds := self._seconds()) > 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if seconds == _EVER else seconds):
                    await self._changed.wait()
        return not self._is_closing

    def _seconds(self) -> float:
        """Returns how long to wait for the next round if nothing changes meanwhile."""
        if self._is_full():
            return 0
        if self._taken:
            return _EVER
        ready = [one for one in self._partitions if one.is_ready]
        due = [one.since + pause for one in ready if (pause := one.handler.pause)]
        if any(one.has_work for one in ready):
            due.append(self._begun + self._options.batch_wait)
        return min(due, default=_EVER) - time.monotonic()

    def _is_full(self) -> bool:
        """Whether a whole batch waits that may be handled now."""
        able = [*filter(self._is_able, self._partitions)]
        return (
            sum(one.waiting for one in able) >= self._options.batch_articles
            or sum(one.waiting_bytes for one in able) >= self._options.batch_bytes
        )

    def _is_able(self, partition: Partition) -> bool:
        """Whether a batch of the partition may be handled now, one ahead of the commit at most."""
        may_begin = not self._taken or (self._taken == 1 and partition.handler.may_run_ahead)
        return partition.is_ready and may_begin

    def _take(self) -> list[Taken]:
        """Takes one batch in all, of those first that wait longest; an empty one after a pause."""
        articles, size = self._options.batch_articles, self._options.batch_bytes
        taken: list[Taken] = []
        for one in sorted(self._partitions, key=attrgetter("since")):
            pause = one.handler.pause
            is_paused = pause is not None and time.monotonic() >= one.since + pause
            is_due = self._is_able(one) and (one.has_work or is_paused)
            if is_due and articles > 0 and size > 0:
                batch = one.take(articles, size)
                articles -= len(batch.records)
                size -= sum(len(received.value or b"") for received in batch.records)
                taken.append(batch)
        return taken

    def _handle(self, taken: Sequence[Taken]) -> list[Batch]:
        return [self._batch(one) for one in taken]

    def _batch(self, taken: Taken) -> Batch:
        handler = taken.partition.handler
        messages, done = list[Message](), list[Done]()
        for portion in self._in_hand.portions(taken.records):
            if self._in_hand.is_condemned(portion):
                results = [(handler.give_up(portion[0], "deadly", DEADLY), 0.0)]
            else:
                with self._in_hand.holding(portion):
                    results = [*_results(handler, portion)]
            for handled, seconds in results:
                messages += handled.messages
                done.append(Done(handled.outcome, handled.arrived, seconds))
        messages += handler.rest(is_idle=taken.is_idle)
        return Batch(messages, done)


def _results(handler: Handler, records: Sequence[Received]) -> Iterator[tuple[Handled, float]]:
    """Yields the results, each with its part of the seconds that it took."""
    for first in range(0, len(records), handler.at_once):
        taken = records[first : first + handler.at_once]
        begun = time.perf_counter()
        results = handler.handle(taken)
        each = (time.perf_counter() - begun) / len(taken)
        yield from ((handled, each) for handled in results)
