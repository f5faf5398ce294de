"""Reads topics as their users should: committed records only, without a consumer group."""

from __future__ import annotations

import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError
from msgspec import Raw, Struct

from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.routing import TOPICS, Topic
from pipeline.runners.kafka.connection.diagnosis import explain, probe
from pipeline.runners.kafka.connection.security import for_kafka_python
from pipeline.runners.kafka.engine.messages import Received

_POLL_MS = 500
# That a poll gives: all that was fetched. kafka-python (3.0.12) never gives the rest of an answer
# whose partition was paused amid it.
_ALL = 1_000_000

_Held = dict[TopicPartition, deque[Received]]


class Tailed(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A record for display. `value` is JSON or text; other bytes are in `valueBase64`."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms since 1970
    key: str | None = None
    headers: dict[str, str] = {}
    value: Raw | str | None = None
    value_base64: str | None = None


class Reader:
    """Reads all partitions of topics; `ends` are the offsets where they ended at the start."""

    def __init__(
        self,
        consumer: KafkaConsumer,
        options: KafkaOptions,
        names: Sequence[str],
        *,
        from_start: bool = True,
        since: float | None = None,
    ) -> None:
        self._consumer = consumer
        self._patience = options.delivery_timeout
        self._partitions = _partitions(consumer, options, names)
        consumer.assign(self._partitions)
        self.ends: dict[TopicPartition, int] = consumer.end_offsets(self._partitions)
        if since is not None:
            times = dict.fromkeys(self._partitions, int(since))
            for partition, found in consumer.offsets_for_times(times).items():
                consumer.seek(partition, found.offset if found else self.ends[partition])
        elif from_start:
            consumer.seek_to_beginning(*self._partitions)
        else:
            for partition, end in self.ends.items():
                consumer.seek(partition, end)

    @property
    def is_at_end(self) -> bool:
        """Whether all was read up to `ends`."""
        return not any(map(self._goes_on, self.ends))

    def to_end(self) -> Iterator[Received]:
        """Yields records up to `ends`, the oldest first; those of a partition keep their order.

        Holds the records of one answer for each partition, whatever the topics hold. Raises
        `KafkaTimeoutError` if the cluster sends none for `kafka.delivery_timeout`.
        """
        held: _Held = {partition: deque() for partition in self.ends}
        self._fill(held)
        while waiting := [records for records in held.values() if records]:
            oldest = min(waiting, key=lambda records: records[0].timestamp)
            yield oldest.popleft()
            if not oldest:
                self._fill(held)

    def for_ever(self) -> Iterator[Received]:
        """Yields records as they are committed."""
        while True:
            yield from self._poll()

    def at(self, partition: TopicPartition, offset: int) -> Received | None:
        """Returns the record at an offset; None if there is none (any more).

        Afterwards the reader is only good for further calls of this.
        """
        if partition not in self._partitions:
            return None
        [first] = self._consumer.beginning_offsets([partition]).values()
        [end] = self._consumer.end_offsets([partition]).values()
        if not first <= offset < end:
            return None
        self.ends = {partition: offset + 1}
        self._consumer.assign([partition])
        self._consumer.seek(partition, offset)
        found = next(self.to_end(), None)
        return found if found and found.offset == offset else None

    def _fill(self, held: _Held) -> None:
        """Polls until each partition has a record or was read; those that have some wait."""
        deadline = time.monotonic() + self._patience
        while empty := [one for one, records in held.items() if not records and self._goes_on(one)]:
            self._consumer.pause(*held.keys() - empty)
            self._consumer.resume(*empty)
            for received in self._poll(_ALL):
                partition = TopicPartition(received.topic, received.partition)
                if received.offset < self.ends[partition]:
                    held[partition].append(received)
                deadline = time.monotonic() + self._patience
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"no record for {self._patience:g} s")

    def _goes_on(self, partition: TopicPartition) -> bool:
        return bool(self._consumer.position(partition) < self.ends[partition])

    def _poll(self, most: int | None = None) -> Iterator[Received]:
        for records in self._consumer.poll(_POLL_MS, max_records=most).values():
            yield from map(Received.of, records)


@contextmanager
def reading(
    options: KafkaOptions,
    names: Sequence[str],
    *,
    from_start: bool = True,
    since: float | None = None,
) -> Iterator[Reader]:
    """A reader of topics: full names, or names under `kafka.topics`.

    `since`: begins with the first record of each partition that is not older (ms since 1970).

    Raises `WrongUseError` for a missing topic, and `WorkFailedError`.
    """
    problem = probe(options)
    if problem:
        raise WorkFailedError(problem)
    try:
        consumer = KafkaConsumer(
            client_id="copydesk-tail",
            isolation_level="read_committed",
            enable_auto_commit=False,
            group_id=None,
            bootstrap_timeout_ms=round(options.connect_timeout * 1000),
            **for_kafka_python(options),
        )
        try:
            yield Reader(consumer, options, names, from_start=from_start, since=since)
        finally:
            consumer.close()
    except KafkaError as error:
        raise explain(error, options) from error


def tail(
    options: KafkaOptions, names: Sequence[str], *, from_start: bool, until_end: bool
) -> Iterator[Tailed]:
    """Yields records of topics for display; with `until_end` it stops where they end now."""
    with reading(options, names, from_start=from_start) as reader:
        yield from map(shown, reader.to_end() if until_end else reader.for_ever())


def _partitions(
    consumer: KafkaConsumer, options: KafkaOptions, names: Sequence[str]
) -> list[TopicPartition]:
    there = consumer.topics()
    partitions = []
    for name in names:
        topic = _full_name(options, name)
        if topic not in there:
            user = options.sasl_username
            raise WrongUseError(
                f"there is no topic {topic} on {options.bootstrap_servers}"
                + (f", or none that the user {user} may see (it needs Describe)" if user else "")
                + ": `copydesk topics` shows those of this pipeline"
            )
        partitions += [
            TopicPartition(topic, one) for one in sorted(consumer.partitions_for_topic(topic))
        ]
    return partitions


def _full_name(options: KafkaOptions, name: str) -> str:
    known = name.replace("-", "_")
    if known in TOPICS:
        return options.topic(Topic(known))
    return name


def shown(record: Received) -> Tailed:
    """Returns a record for display."""
    value, encoded = _value(record.value)
    return Tailed(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=None if record.key is None else record.key.decode(errors="replace"),
        headers={name: (text or b"").decode(errors="replace") for name, text in record.headers},
        value=value,
        value_base64=encoded,
    )


def _value(value: bytes | None) -> tuple[Raw | str | None, str | None]:
    if value is None:
        return None, None
    try:
        msgspec.json.decode(value)
        return Raw(msgspec.json.format(value, indent=-1)), None  # on one line
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(value).decode("ascii")
