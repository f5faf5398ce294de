"""Reads topics as their users should: committed records only, without a consumer group."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from msgspec import Raw, Struct

from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.routing import TOPICS, Topic
from pipeline.runners.kafka.connection.diagnosis import explain, probe
from pipeline.runners.kafka.connection.security import for_kafka_python

_POLL_MS = 500


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


def tail(
    options: KafkaOptions, names: Sequence[str], *, from_start: bool, until_end: bool
) -> Iterator[Tailed]:
    """Yields records of topics as they are committed, in the order of each partition.

    `names` are full names, or names under `kafka.topics`. With `until_end` it stops at the ends
    that the topics have now. Raises `WrongUseError` for a missing topic, and `WorkFailedError`.
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
            max_partition_fetch_bytes=options.max_message_bytes,
            bootstrap_timeout_ms=round(options.connect_timeout * 1000),
            **for_kafka_python(options),
        )
        try:
            yield from _read(
                consumer,
                _assign(consumer, options, names, from_start=from_start),
                until_end=until_end,
            )
        finally:
            consumer.close()
    except KafkaError as error:
        raise explain(error, options) from error


def _assign(
    consumer: KafkaConsumer, options: KafkaOptions, names: Sequence[str], *, from_start: bool
) -> dict[TopicPartition, int]:
    """Assigns every partition and returns the end offset of each."""
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
        partitions += [TopicPartition(topic, one) for one in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    ends: dict[TopicPartition, int] = consumer.end_offsets(partitions)
    if from_start:
        consumer.seek_to_beginning(*partitions)
    else:
        for partition, end in ends.items():
            consumer.seek(partition, end)
    return ends


def _read(
    consumer: KafkaConsumer, ends: dict[TopicPartition, int], *, until_end: bool
) -> Iterator[Tailed]:
    while not until_end or any(consumer.position(tp) < end for tp, end in ends.items()):
        for records in consumer.poll(_POLL_MS).values():
            yield from map(_shown, records)


def _full_name(options: KafkaOptions, name: str) -> str:
    known = name.replace("-", "_")
    if known in TOPICS:
        return options.topic(Topic(known))
    return name


def _shown(record: Any) -> Tailed:
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
