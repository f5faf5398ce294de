"""Searches the topics for articles that are no longer in the page's memory.

The key of an article is its id, so only one partition of each door's topic can hold it. The search
reads that partition backwards, chunk by chunk, and compares keys. The quality record was written in
the same transaction, so its timestamp leads to it. A search ends after some seconds and says how
far back it reached.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.partitioner import murmur2
from msgspec import Struct

from pipeline.article import Match
from pipeline.cluster import KafkaOptions
from pipeline.live import Letter
from pipeline.live.wire import leaf_of, listed_record
from pipeline.routing import ARTICLE_DOORS, Door, Topic
from pipeline.runners.kafka.web.follower import letter_in
from pipeline.runners.kafka.web.reader import partitions_of, reader
from pipeline.sources.counts import as_seconds

_PATIENCE = 10.0  # seconds that a search may take
_MARGIN = 3.0  # seconds to connect
_ORIGINAL = 3.0  # seconds to find a matched article, whose time is known
_AT_ONCE = 2  # concurrent searches: each reads as fast as it can
_CHUNK, _LARGEST_CHUNK = 500, 8_000  # records of a partition; each chunk doubles the last
_FETCH_BYTES = 4 << 20
_POLL_MS = 200
_TAKE = 1_000  # records in one turn of the loop
_SAME_TIME = 10_000  # ms between records of one transaction, with a margin
_POSITIVE = 0x7FFFFFFF

Wanted = Callable[[ConsumerRecord], bool]


class BusyError(Exception):
    """Too many searches run at the moment."""


class Hit(Struct, frozen=True, kw_only=True):
    """An article record, or a dead letter, that was found."""

    id: str
    origin: str
    at: int  # ms since 1970, when it was written
    door: Door
    source: str | None
    article: bytes | None = None
    letter: Letter | None = None


class Search(Struct, frozen=True, kw_only=True):
    """The result of a search: hits, the newest first, and how far back it is complete."""

    hits: tuple[Hit, ...]
    back_to: str | None  # UTC; None: to the beginning of the topics


class Lookup:
    """Runs searches, a few at a time."""

    def __init__(self, options: KafkaOptions, patience: float = _PATIENCE) -> None:
        self._options = options
        self._patience = patience
        self._doors = {options.door(door): door for door in Door}
        self._running = 0

    async def by_id(self, id_: str) -> Search:
        """Finds articles by id, or a dead letter. Raises `BusyError` and Kafka's errors."""
        key = id_.encode(errors="replace")
        async with self._consumer() as consumer:
            there = await partitions_of(consumer, self._doors)
            places = [_place(there[self._options.door(door)], key) for door in ARTICLE_DOORS]
            if id_.startswith("dead-"):
                places += there[self._options.door(Door.DEAD_LETTER)]

            def is_it(record: ConsumerRecord) -> bool:
                if self._doors[record.topic] is Door.DEAD_LETTER:
                    return letter_in(record).id == id_
                return bool(record.key == key)

            return await self._backwards(consumer, places, is_it)

    async def by_address(self, address: str) -> Search:
        """Finds the newest articles with a canonical address, whatever their id."""
        part = msgspec.json.encode(address)  # compared before anything is decoded

        def is_it(record: ConsumerRecord) -> bool:
            leaf = leaf_of(record.value) if part in (record.value or b"") else None
            return leaf is not None and leaf.canonical_url == address

        async with self._consumer() as consumer:
            there = await partitions_of(consumer, map(self._options.door, ARTICLE_DOORS))
            places = [at for partitions in there.values() for at in partitions]
            return await self._backwards(consumer, places, is_it)

    async def account(self, hit: Hit) -> bytes | None:
        """Finds the quality record of a hit."""
        topic = self._options.topic(Topic.QUALITY)

        def is_it(record: ConsumerRecord) -> bool:
            account = listed_record(record.value) if record.value else None
            return account is not None and str(account.origin) == hit.origin

        async with self._consumer() as consumer:
            there = await partitions_of(consumer, [topic])
            at = _place(there[topic], (hit.source or "").encode(errors="replace"))
            span = hit.at - _SAME_TIME, hit.at + _SAME_TIME
            return await _between(consumer, at, span, is_it, _ORIGINAL)

    async def original(self, match: Match, own: str, at: int) -> bytes | None:
        """Finds the article that another one matches.

        `own`, `at`: the origin of the other one, which may have the same id, and its time (ms).
        """
        topic = self._options.door(Door.CLEAN)
        key = match.of.encode(errors="replace")
        try:
            start = round(as_seconds(match.of_seen_at) * 1000)
        except ValueError:
            return None

        def is_it(record: ConsumerRecord) -> bool:
            leaf = leaf_of(record.value) if record.key == key else None
            return leaf is not None and str(leaf.quality.origin) != own

        async with self._consumer() as consumer:
            there = await partitions_of(consumer, [topic])
            return await _between(
                consumer, _place(there[topic], key), (start, at), is_it, _ORIGINAL
            )

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        if self._running >= _AT_ONCE:
            raise BusyError
        self._running += 1
        try:
            async with (
                asyncio.timeout(self._patience + _MARGIN),
                reader(self._options, _FETCH_BYTES) as consumer,
            ):
                yield consumer
        finally:
            self._running -= 1

    async def _backwards(
        self, consumer: AIOKafkaConsumer, places: Sequence[TopicPartition], is_it: Wanted
    ) -> Search:
        """Reads backwards, all partitions in step, until a chunk contains wanted records."""
        deadline = time.monotonic() + self._patience
        consumer.assign(list(places))
        first = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        # The time of the oldest record read.
        reached = dict.fromkeys(places, round(time.time() * 1000))
        found: list[ConsumerRecord] = []
        size = _CHUNK
        while ends and not found and time.monotonic() < deadline:
            stretches = {at: (max(first[at], end - size), end) for at, end in ends.items()}
            found, oldest = await _read(consumer, stretches, is_it, deadline)
            reached |= {at: when for at, when in oldest.items() if when is not None}
            read = {at: stretches[at][0] for at in oldest}  # the others were not read whole
            ends = {at: end for at, end in (ends | read).items() if end > first[at]}
            size = min(2 * size, _LARGEST_CHUNK)
        hits = sorted(filter(None, map(self._hit, found)), key=lambda hit: hit.at, reverse=True)
        back_to = max((reached[at] for at in ends), default=None)
        return Search(hits=tuple(hits), back_to=None if back_to is None else _words(back_to))

    def _hit(self, record: ConsumerRecord) -> Hit | None:
        """Returns the hit of a record; None for a record that is not ours."""
        door = self._doors[record.topic]
        if door is Door.DEAD_LETTER:
            letter = letter_in(record)
            return Hit(
                id=letter.id,
                origin=letter.origin,
                at=record.timestamp,
                door=door,
                source=None,
                letter=letter,
            )
        leaf = leaf_of(record.value)
        if leaf is None:
            return None
        return Hit(
            id=leaf.id,
            origin=str(leaf.quality.origin),
            at=record.timestamp,
            door=door,
            source=leaf.source,
            article=record.value,
        )


async def _read(
    consumer: AIOKafkaConsumer,
    stretches: Mapping[TopicPartition, tuple[int, int]],
    is_it: Wanted,
    deadline: float,
) -> tuple[list[ConsumerRecord], dict[TopicPartition, int | None]]:
    """Returns wanted records of offset ranges, and the oldest time (ms) of complete ranges."""
    for at, (start, _) in stretches.items():
        consumer.seek(at, start)
    found: list[ConsumerRecord] = []
    oldest: dict[TopicPartition, int] = {}
    left = set(stretches)
    while left and time.monotonic() < deadline:
        fetched = await consumer.getmany(*left, timeout_ms=_POLL_MS, max_records=_TAKE)
        for at, records in fetched.items():
            inside = [record for record in records if record.offset < stretches[at][1]]
            found += [record for record in inside if is_it(record)]
            for record in inside[:1]:
                oldest.setdefault(at, record.timestamp)
        left -= {at for at in left if await consumer.position(at) >= stretches[at][1]}
        await asyncio.sleep(0)
    return found, {at: oldest.get(at) for at in stretches if at not in left}


async def _between(
    consumer: AIOKafkaConsumer,
    at: TopicPartition,
    span: tuple[int, int],
    is_it: Wanted,
    patience: float,
) -> bytes | None:
    """Returns the value of the first wanted record written between two times (ms)."""
    deadline = time.monotonic() + patience
    consumer.assign([at])
    start = (await consumer.offsets_for_times({at: max(span[0], 0)}))[at]
    if start is None:
        return None
    end = (await consumer.end_offsets([at]))[at]
    consumer.seek(at, start.offset)
    while time.monotonic() < deadline and await consumer.position(at) < end:
        fetched = await consumer.getmany(at, timeout_ms=_POLL_MS)
        for record in fetched.get(at, ()):
            if is_it(record):
                value: bytes | None = record.value
                return value
            if record.timestamp > span[1]:
                return None
        await asyncio.sleep(0)
    return None


def _place(partitions: Sequence[TopicPartition], key: bytes) -> TopicPartition:
    """Returns the partition that our producers choose for a key."""
    return partitions[(murmur2(key) & _POSITIVE) % len(partitions)]


def _words(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
