"""The sources role: quality records in, the state of each source out.

The state of a source is part of its record on `quality.sources`, which is written in the same
transaction that commits the counted records. So no record is counted twice, even after a crash.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from msgspec import Raw
from msgspec.structs import replace

from pipeline.article import DeadLetter
from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.connection.security import for_aiokafka
from pipeline.runners.kafka.engine.messages import (
    Message,
    Received,
    Writer,
    arrival_of,
    now,
)
from pipeline.runners.kafka.engine.partition import Handled
from pipeline.runners.kafka.engine.replay import replay
from pipeline.runners.kafka.engine.transaction import Placed
from pipeline.sources import (
    SourceRecord,
    SourcesOptions,
    Watch,
    Watermark,
    as_seconds,
    read_counted,
    read_state,
)

_PAUSE = 15.0  # seconds without a record until the wall clock advances the time

_read_source = msgspec.json.Decoder(SourceRecord).decode


class SourcesTopic:
    """The content of `quality.sources`, read once for all partitions of a process."""

    def __init__(self, options: KafkaOptions) -> None:
        self.options = options
        self._reading: asyncio.Task[list[SourceRecord]] | None = None

    async def read(self) -> list[SourceRecord]:
        """Returns the latest record of each source. Concurrent calls share one read.

        All partitions of a process are fenced before the first call and released together, so
        a read in progress never belongs to an earlier assignment.
        """
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        reading = self._reading
        try:
            return await reading
        finally:
            if self._reading is reading:
                self._reading = None

    async def _read(self) -> list[SourceRecord]:
        topic = self.options.topic(Topic.SOURCES)
        latest: dict[bytes, ConsumerRecord] = {}

        def note(record: ConsumerRecord) -> None:
            latest[record.key] = record

        for partition in await _partitions(self.options, topic):
            await replay(self.options, TopicPartition(topic, partition), 0, note)
        return [record for record in map(parse_source, latest.values()) if record]


class SourcesHandler:
    """Counts the quality records of one partition of `quality.articles`."""

    pause: float | None = _PAUSE
    at_once = 1
    may_run_ahead = False

    def __init__(
        self, topic: SourcesTopic, sources: SourcesOptions, ruleset: str, partition: int
    ) -> None:
        self._topic = topic
        self._options = sources
        self._partition = partition
        self._writer = Writer(topic.options, Role.SOURCES, ruleset)
        self._watch = Watch(sources, partition)
        self._watermark = Watermark()
        self._changed: list[SourceRecord] = []  # in the open transaction
        self._gone: list[str | None] = []
        self._records: dict[str | None, SourceRecord] = {}  # committed

    def records(self) -> list[SourceRecord]:
        """The last committed record of every source."""
        return [*self._records.values()]

    async def restore(self) -> None:
        """Reads the sources of this partition from their topic, whoever wrote them."""
        self._watch, self._records = Watch(self._options, self._partition), {}
        for record in await self._topic.read():
            if record.partition == self._partition:
                self._watch.restore(record)
                self._records[record.source] = _shown(record)

    def handle(self, records: Sequence[Received]) -> list[Handled]:
        """Counts quality records; anything else gives a dead letter."""
        return [self._count(received) for received in records]

    def give_up(self, received: Received, reason: str, message: str) -> Handled:
        """Sends a record to the dead letters uncounted."""
        return self._dead(received, reason, message)

    def _count(self, received: Received) -> Handled:
        try:
            account = read_counted(received.value or b"")
            self._watch.add(account)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            return self._dead(received, "not-an-account", f"it cannot be counted: {error}")
        self._watermark.note(account.origin.partition, as_seconds(account.seen_at), time.time())
        return Handled([], None, received.timestamp)

    def rest(self, *, is_idle: bool) -> list[Message]:
        """Returns records of the sources that changed or have fallen silent."""
        clock = time.time()
        reached = clock if is_idle else self._watermark.at(clock)
        if reached is not None:
            self._watch.advance(min(reached, clock))  # a time in the future would evict all sources
        moment = now()
        self._changed, self._gone = self._watch.changed_records(), self._watch.forgotten()
        return [
            *(self._writer.source(record, moment) for record in self._changed),
            *(self._writer.forgotten(name, self._partition) for name in self._gone),
        ]

    def committed(self, placed: Placed, *, is_all: bool) -> None:  # noqa: ARG002
        """Notes the committed records."""
        self._records |= {record.source: _shown(record) for record in self._changed}
        for name in self._gone:
            self._records.pop(name, None)

    def _dead(self, received: Received, reason: str, message: str) -> Handled:
        moment = now()
        arrival = arrival_of(received, moment)
        letter = DeadLetter.of(received.value or b"", arrival, Role.SOURCES, reason, message)
        return Handled(self._writer.dead(letter, received, moment), letter, received.timestamp)


def _shown(record: SourceRecord) -> SourceRecord:
    """The record without the state that only its worker needs."""
    return replace(record, state=Raw(b"null"))


def parse_source(record: ConsumerRecord) -> SourceRecord | None:
    try:
        source = None if record.value is None else _read_source(record.value)
        if source is not None:
            read_state(source.state)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WorkFailedError(
            f"{record.topic}[{record.partition}]@{record.offset}: not the record of a source "
            f"({error}). The topic was written by another program or another version: give this "
            "pipeline its own with kafka.prefix, or empty the topic to start without memory."
        ) from error
    return source


async def _partitions(options: KafkaOptions, topic: str) -> list[int]:
    consumer = AIOKafkaConsumer(
        topic, **for_aiokafka(options)
    )  # the client knows only topics that it names
    await consumer.start()
    try:
        found = consumer.partitions_for_topic(topic)
    finally:
        await consumer.stop()
    if not found:
        raise WorkFailedError(f"{topic} is gone: run `copydesk topics --apply`")
    return sorted(found)
