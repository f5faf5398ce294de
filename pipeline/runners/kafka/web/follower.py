"""Follows the topics for the live page: beside the workers, in no group, committed records only.

It reads while somebody looks and a while longer; unwatched, it costs the worker nothing. Whatever
goes wrong is told on the page and tried again: the role next door never hears of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from pipeline.cluster import KafkaOptions
from pipeline.errors import CopydeskError
from pipeline.live import Letter, Memory, State, Status
from pipeline.live.wire import letter_of
from pipeline.routing import ARTICLE_DOORS, Door, Topic
from pipeline.runners.kafka.connection.diagnosis import explain
from pipeline.runners.kafka.web.reader import partitions_of, reader

log = logging.getLogger(__name__)

_HOUR = 3_600.0
_UNWATCHED = 900.0  # seconds without a look after which all is let go
_TAKE = 500  # records a turn: some 5 ms, then the role has the loop
_POLL_MS = 500
_FETCH_BYTES = 1 << 20  # of one partition at a time
_CHECK = 3.0  # seconds between two questions whether the broker is still there
_ANSWER = 8.0  # seconds it has to answer
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # seconds before it is tried again
# Accounts of the hour that are counted at the start: some 10 s. Of more, the newest are.
_MOST_ACCOUNTS = 500_000
_ARTICLES_BACK = 250  # of each partition at the start: more than are kept in all
_CONNECT = "__connect.errors."

Put = Callable[[ConsumerRecord], None]


class Follower:
    """Keeps a `Memory` up to date with the topics while it is asked for."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._puts = self._readers()
        self._task: asyncio.Task[None] | None = None
        self._looked = 0.0  # monotonic
        self._has_news = asyncio.Event()  # all was read, or it is known why not
        self._forget()

    def _forget(self) -> None:
        self.memory = Memory()
        self.life = uuid.uuid4().hex[:8]  # numbers of outcomes mean nothing in another
        self._positions: dict[TopicPartition, int] = {}
        self._goal: Mapping[TopicPartition, int] = {}  # where the topics ended at the start
        self._ends: Mapping[TopicPartition, int] = {}  # where they ended lately
        self._is_reading = True
        self._since = 0.0  # all that arrived from then on is counted
        self._short: set[TopicPartition] = set()  # not read from the whole hour on
        self._heard = 0.0  # the broker answered then
        self._lost = ""  # since when it does not, UTC
        self._problem = ""
        self._has_news.clear()

    def touch(self) -> None:
        """Somebody looks: follow from now on."""
        self._looked = time.monotonic()
        if self._task is None or self._task.done():
            if not self._positions:
                self._since = self._heard = time.time()
            self._task = asyncio.create_task(self._follow())

    async def look(self, patience: float) -> None:
        """Somebody looks for the first time: wait a moment until all was read."""
        self.touch()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._has_news.wait()

    @property
    def status(self) -> Status:
        """What is known, and how far."""
        now = time.time()
        state = State.READING if self._is_reading else State.FOLLOWING
        if self._lost:
            state = State.LOST
        behind = sum(max(end - self._positions[at], 0) for at, end in self._ends.items())
        return Status(
            state=state,
            now=now,
            known=(self._since, self._heard if self._lost else now),
            lost_since=self._lost,
            problem=self._problem,
            behind=behind,
            foreign=self.memory.foreign,
        )

    async def close(self) -> None:
        """Follow no more."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        pause = _FIRST_PAUSE
        while self._is_watched():
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - whatever it is, the role goes on
                if not self._lost:
                    pause = _FIRST_PAUSE
                await self._lose(error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        self._forget()

    def _is_watched(self) -> bool:
        return time.monotonic() - self._looked < _UNWATCHED

    async def _session(self) -> None:
        """Read until nobody looks any more. Raises whatever ends it otherwise."""
        async with reader(self._options, _FETCH_BYTES) as consumer:
            async with asyncio.timeout(self._options.connect_timeout):
                await self._place(consumer)
            check = 0.0
            while self._is_watched():
                if time.monotonic() > check:
                    await self._check(consumer)
                    check = time.monotonic() + _CHECK
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_TAKE)
                for records in fetched.values():
                    self._take(records)
                if self._is_reading:
                    await self._look_ahead(consumer)
                await asyncio.sleep(0)

    async def _place(self, consumer: AIOKafkaConsumer) -> None:
        """Assign every partition, each where it was left, else where it begins to matter."""
        partitions = await partitions_of(consumer, self._puts)
        wanted = [at for topic in self._puts for at in partitions[topic]]
        consumer.assign(wanted)
        first = await consumer.beginning_offsets(wanted)
        ends = await consumer.end_offsets(wanted)
        if not self._positions:
            self._since = time.time() - _HOUR
            moment = round(self._since * 1000)
            found = await consumer.offsets_for_times(dict.fromkeys(wanted, moment))
            hour = {at: one.offset if one else ends[at] for at, one in found.items()}
            self._positions = {at: self._start(at, first[at], hour[at], ends[at]) for at in wanted}
            self._shorten(ends)
        for at in wanted:
            position = self._positions.get(at, first[at])
            self._positions[at] = min(max(position, first[at]), ends[at])
            consumer.seek(at, self._positions[at])
        self._goal = self._ends = ends
        self._is_reading = True

    def _start(self, at: TopicPartition, first: int, hour: int, end: int) -> int:
        if at.topic == self._options.topic(Topic.SOURCES):
            return first
        if at.topic == self._options.topic(Topic.QUALITY):
            return hour
        return max(hour, end - _ARTICLES_BACK)

    def _shorten(self, ends: Mapping[TopicPartition, int]) -> None:
        """Where the hour holds more than can be read in a moment, begin later."""
        quality = self._options.topic(Topic.QUALITY)
        counted = [at for at in self._positions if at.topic == quality]
        if sum(ends[at] - self._positions[at] for at in counted) > _MOST_ACCOUNTS:
            share = _MOST_ACCOUNTS // len(counted)
            for at in counted:
                if ends[at] - self._positions[at] > share:
                    self._positions[at] = ends[at] - share
                    self._short.add(at)

    async def _check(self, consumer: AIOKafkaConsumer) -> None:
        """Ask where the topics end: says how far behind we are, and whether anyone answers."""
        async with asyncio.timeout(_ANSWER):
            self._ends = await consumer.end_offsets(list(self._positions))
            await self._look_ahead(consumer)
        self._heard = time.time()
        if self._lost:
            log.info("live page: the broker is there again")
            self._lost = self._problem = ""

    async def _look_ahead(self, consumer: AIOKafkaConsumer) -> None:
        """Step over what no reader is given, such as the ends of transactions."""
        for at in self._positions:
            self._positions[at] = max(self._positions[at], await consumer.position(at))
        if all(self._positions[at] >= end for at, end in self._goal.items()):
            self._is_reading = False
            self._has_news.set()

    def _take(self, records: list[ConsumerRecord]) -> None:
        for record in records:
            at = TopicPartition(record.topic, record.partition)
            if at in self._short:  # what arrived in its minute and before is counted in part
                self._short.discard(at)
                self._since = max(self._since, record.timestamp / 1000 + 60)
            self._positions[at] = record.offset + 1
            self._puts[record.topic](record)

    def _readers(self) -> dict[str, Put]:
        """What is done with a record, by its topic."""
        return {
            self._options.topic(Topic.QUALITY): lambda record: self.memory.add_account(
                record.value, record.timestamp, time.time()
            ),
            **dict.fromkeys(
                map(self._options.door, ARTICLE_DOORS),
                lambda record: self.memory.add_article(record.value, record.timestamp),
            ),
            self._options.door(Door.DEAD_LETTER): lambda record: self.memory.add_letter(
                letter_in(record)
            ),
            self._options.topic(Topic.SOURCES): lambda record: self.memory.add_source(
                record.key, record.value
            ),
        }

    async def _lose(self, error: Exception) -> None:
        """Say once that the topics cannot be followed; what is known stays."""
        if not isinstance(error, CopydeskError):  # it may look at the servers, and wait for them
            error = await asyncio.to_thread(explain, error, self._options)
        self._problem = f"{error}."
        self._has_news.set()
        if not self._lost:
            self._lost = datetime.fromtimestamp(self._heard, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            log.warning("live page: cannot follow the topics, and tries again: %s", self._problem)


def letter_in(record: ConsumerRecord) -> Letter:
    """The dead letter of a record."""
    told = {
        name.removeprefix(_CONNECT): (value or b"").decode(errors="replace")
        for name, value in record.headers
    }
    return letter_of(record.value, told, record.timestamp)
