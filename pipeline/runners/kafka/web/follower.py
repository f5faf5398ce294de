"""Follows the topics for the live page: outside any group, committed records only.

It reads while somebody watches the page and a while longer; unwatched, it costs the worker nothing.
Errors are shown on the page and retried; they never reach the role in the same process.
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
from pipeline.live import Letter, Memory, PageState, Status
from pipeline.live.wire import letter_of
from pipeline.routing import ARTICLE_DOORS, Door, Topic
from pipeline.runners.kafka.connection.diagnosis import explain
from pipeline.runners.kafka.web.reader import partitions_of, reader

log = logging.getLogger(__name__)

_HOUR = 3_600.0
_UNWATCHED = 900.0  # seconds without a visitor after which all memory is released
_TAKE = 500  # records in one turn of the loop: some 5 ms, then the role runs
_POLL_MS = 500
_FETCH_BYTES = 1 << 20  # of one partition at a time
_CHECK = 3.0  # seconds between two checks that the broker answers
_ANSWER = 8.0  # seconds that the broker has to answer
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # seconds before a retry
# Quality records of the hour counted at the start, the newest first: takes some 10 s.
_MOST_ACCOUNTS = 500_000
_ARTICLES_BACK = 250  # of each partition at the start: more than are kept in total
_CONNECT = "__connect.errors."

Put = Callable[[ConsumerRecord], None]


class Follower:
    """Keeps a `Memory` up to date with the topics while the page is watched."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._puts = self._readers()
        self._task: asyncio.Task[None] | None = None
        self._visited = 0.0  # monotonic
        self._has_news = asyncio.Event()  # everything was read, or the reason why not is known
        self._forget()

    def _forget(self) -> None:
        self.memory = Memory()
        self.life = uuid.uuid4().hex[:8]  # numbers of outcomes are valid within one life
        self._positions: dict[TopicPartition, int] = {}
        self._goal: Mapping[TopicPartition, int] = {}  # where the topics ended at the start
        self._ends: Mapping[TopicPartition, int] = {}  # where they end now
        self._is_reading = True
        self._since = 0.0  # everything that arrived since then is counted
        self._short: set[TopicPartition] = set()  # not read over the whole hour
        self._heard = 0.0  # when the broker last answered
        self._lost = ""  # since when it does not answer, UTC
        self._problem = ""
        self._has_news.clear()

    def touch(self) -> None:
        """Notes a visitor, and starts to follow the topics if needed."""
        self._visited = time.monotonic()
        if self._task is None or self._task.done():
            if not self._positions:
                self._since = self._heard = time.time()
            self._task = asyncio.create_task(self._follow())

    async def visit(self, patience: float) -> None:
        """Notes a visitor, and waits up to `patience` seconds until everything was read."""
        self.touch()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._has_news.wait()

    @property
    def status(self) -> Status:
        """The state of following, as the page shows it."""
        now = time.time()
        state = PageState.READING if self._is_reading else PageState.FOLLOWING
        if self._lost:
            state = PageState.LOST
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
        """Stops following."""
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
        return time.monotonic() - self._visited < _UNWATCHED

    async def _session(self) -> None:
        """Reads until nobody watches. Raises whatever else ends it."""
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
        """Assigns every partition and seeks to where it was left, else to its starting point."""
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
        """Starts later if the hour holds more than can be read quickly."""
        quality = self._options.topic(Topic.QUALITY)
        counted = [at for at in self._positions if at.topic == quality]
        if sum(ends[at] - self._positions[at] for at in counted) > _MOST_ACCOUNTS:
            share = _MOST_ACCOUNTS // len(counted)
            for at in counted:
                if ends[at] - self._positions[at] > share:
                    self._positions[at] = ends[at] - share
                    self._short.add(at)

    async def _check(self, consumer: AIOKafkaConsumer) -> None:
        """Asks for the ends of the topics, which shows our lag and that the broker answers."""
        async with asyncio.timeout(_ANSWER):
            self._ends = await consumer.end_offsets(list(self._positions))
            await self._look_ahead(consumer)
        self._heard = time.time()
        if self._lost:
            log.info("live page: the broker is there again")
            self._lost = self._problem = ""

    async def _look_ahead(self, consumer: AIOKafkaConsumer) -> None:
        """Advances positions past offsets without records, such as transaction markers."""
        for at in self._positions:
            self._positions[at] = max(self._positions[at], await consumer.position(at))
        if all(self._positions[at] >= end for at, end in self._goal.items()):
            self._is_reading = False
            self._has_news.set()

    def _take(self, records: list[ConsumerRecord]) -> None:
        for record in records:
            at = TopicPartition(record.topic, record.partition)
            if at in self._short:  # its minute and those before are incomplete
                self._short.discard(at)
                self._since = max(self._since, record.timestamp / 1000 + 60)
            self._positions[at] = record.offset + 1
            self._puts[record.topic](record)

    def _readers(self) -> dict[str, Put]:
        """The function that takes in a record, by topic."""
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
        """Reports once that the topics cannot be followed; what was read stays."""
        if not isinstance(error, CopydeskError):  # explaining may probe the servers
            error = await asyncio.to_thread(explain, error, self._options)
        self._problem = f"{error}."
        self._has_news.set()
        if not self._lost:
            self._lost = datetime.fromtimestamp(self._heard, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            log.warning("live page: cannot follow the topics, and tries again: %s", self._problem)


def letter_in(record: ConsumerRecord) -> Letter:
    """Returns the dead letter in a record."""
    headers = {
        name.removeprefix(_CONNECT): (value or b"").decode(errors="replace")
        for name, value in record.headers
    }
    return letter_of(record.value, headers, record.timestamp)
