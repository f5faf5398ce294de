"""How outcomes look on the wire: messages with topic, key, value and headers.

Headers are CloudEvents in binary mode; an incoming `traceparent` is passed on, and the history of a
record that was replayed. A dead letter keeps its original key, value, headers and timestamp, and
adds Kafka Connect's headers, which name the place and the reason of the failure.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline.article import Arrival, DeadLetter, Format, Origin, Outcome, Prepared, encode
from pipeline.cluster import KafkaOptions
from pipeline.publish import door, quality_record, record
from pipeline.routing import Topic
from pipeline.sources import OTHER, SourceRecord

Headers = list[tuple[str, bytes | None]]

TRACE = "traceparent"
REPLAYED = "copydesk-replayed"  # a header for each time that the record was sent again
ARRIVED = "copydesk-arrived"  # when the raw record reached Kafka: ms since 1970, in digits
# Reasons for dead letters of the stream, besides those of `parse`.
REASONS: dict[str, str] = {
    "too-large-to-send": "its records would be larger than kafka.max_message_bytes",
    "internal-error": "an error in Copydesk itself; the log has it in full",
    "deadly": "a worker died or hung at it twice, while it handled nothing else",
    "not-prepared": "on articles.prepared, but not written by a desk of this version",
    "not-an-account": "on quality.articles, but not a quality record of this version",
}
DEADLY = (
    "a worker died or hung at this record twice, while it handled nothing else: the logs before its"
    " restarts have the traces; please report the bug, then replay it with a version without it"
)
SIZE, SHA256 = "copydesk-size", "copydesk-sha256"  # of a dead letter's original value
_TIME = "%Y-%m-%dT%H:%M:%SZ"
CONTENT_TYPES = {
    b"application/json": Format.JSON,
    b"text/plain": Format.TEXT,
    b"text/markdown": Format.MARKDOWN,
}
CONNECT = "__connect.errors."
DEAD = "dead-letter"  # the kind of event
_JSON = b"application/json"
_OVERHEAD = 256  # bytes that the protocol adds to a record at most, with a margin
_MATCH = 16_384  # bytes that dedup adds to an article's records at most: its match


class Received(NamedTuple):
    """A consumed record; the value's bytes are whatever the sender put there."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms since 1970; negative where the record has none
    key: bytes | None
    value: bytes | None
    headers: Headers

    @classmethod
    def of(cls, record: Any) -> Received:
        """Returns a record of either client: aiokafka and kafka-python name its parts alike."""
        return cls(
            *(record.topic, record.partition, record.offset, record.timestamp),
            *(record.key, record.value, list(record.headers)),
        )


class Message(NamedTuple):
    """A record to send. The key chooses the partition unless `partition` is set."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None = None
    timestamp: int | None = None  # ms since 1970; None: now

    @property
    def size(self) -> int:
        """Estimated bytes on the wire, uncompressed; an upper bound."""
        headers = sum(len(name) * 4 + len(value or b"") + 10 for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers + _OVERHEAD


class Writer:
    """Turns the outcome of a received record into the messages of one role."""

    def __init__(self, options: KafkaOptions, role: str, ruleset: str) -> None:
        self._options = options
        self._ruleset = ruleset
        self._source = f"/copydesk/{role}".encode()
        self._quality = options.topic(Topic.QUALITY)
        self._prepared = options.topic(Topic.PREPARED)
        self._sources = options.topic(Topic.SOURCES)

    def prepared(self, prepared: Prepared, received: Received, now: str) -> Message:
        """The message to the dedup role."""
        headers = self._headers("article.prepared", str(prepared.quality.origin), received, now)
        headers.append((ARRIVED, str(received.timestamp).encode()))
        return Message(self._prepared, None, encode(prepared), headers)

    def settled(self, outcome: Outcome, received: Received, now: str) -> list[Message]:
        """The article for the topic of its door, and its quality record."""
        name = door(outcome)
        origin = str(outcome.quality.origin)
        headers = self._headers(f"article.{name}", origin, received, now)
        article = encode(record(outcome, now))
        return [
            Message(self._options.door(name), outcome.article.id.encode(), article, headers),
            self._account(outcome, received, now),
        ]

    def source(self, record: SourceRecord, now: str) -> Message:
        """The current record of a source, which replaces the previous one."""
        key = source_key(record.source, record.partition)
        headers = cloud_event("source", f"{key.decode()}@{record.at}", self._source, now)
        return Message(self._sources, key, encode(record), headers)

    def forgotten(self, source: str | None, partition: int) -> Message:
        """The tombstone of a source."""
        return Message(self._sources, source_key(source, partition), None, [])

    def dead(self, letter: DeadLetter, received: Received, now: str) -> list[Message]:
        """The original record with the reason; its hash and size instead if it is too large."""
        added = self._event_of(letter, received, now)
        headers = [*received.headers, *_connect_headers(letter, received), *added]
        # A broker refuses a timestamp ahead of its own clock, and the partition would be stuck.
        is_past = 0 <= received.timestamp <= time.time() * 1000
        timestamp = received.timestamp if is_past else None
        topic = self._options.door(door(letter))
        message = Message(topic, received.key, received.value, headers, timestamp=timestamp)
        if message.size > self._options.max_message_bytes:
            message = message._replace(value=None, headers=[*headers, *_measured(letter)])
        if message.size > self._options.max_message_bytes:  # the key or the headers are too large
            bare = received._replace(headers=[])
            added = self._event_of(letter, bare, now)
            headers = [*_connect_headers(letter, bare), *added, *_measured(letter)]
            message = message._replace(key=None, headers=headers)
        return [message, self._account(letter, received, now)]

    def _event_of(self, letter: DeadLetter, received: Received, now: str) -> Headers:
        """CloudEvents attributes of a dead letter; a record that is an event remains the same one.

        The content type is that of the record, if it has one.
        """
        if header(received.headers, "ce_specversion") is not None:
            return []
        event = cloud_event(DEAD, f"{letter.origin}/{DEAD}", self._source, now)
        return [one for one in event if one[0] != "content-type"]

    def fit(self, messages: Iterable[Message]) -> bool:
        """Whether each message is small enough to send, even with the match that dedup adds."""
        limit = self._options.max_message_bytes
        return all(
            message.size + _MATCH * (message.topic == self._prepared) <= limit
            for message in messages
        )

    def _account(self, outcome: Outcome | DeadLetter, received: Received, now: str) -> Message:
        account = quality_record(outcome, now, self._ruleset)
        headers = self._headers("quality", str(account.origin), received, now)
        # Inputs without a source share one key, so that one partition counts them.
        key = (account.source or "").encode()
        return Message(self._quality, key, encode(account), headers)

    def _headers(self, kind: str, origin: str, received: Received, now: str) -> Headers:
        """CloudEvents attributes. The id is the origin: each record has exactly one outcome."""
        headers = cloud_event(kind, f"{origin}/{kind}", self._source, now)
        headers += [one for one in received.headers if one[0] in (TRACE, REPLAYED)]
        return headers


def source_key(source: str | None, partition: int) -> bytes:
    """The key of a source's record.

    Each partition counts its own `other`; that key begins with NUL, which no source name does.
    """
    return f"\0{OTHER}/{partition}".encode() if source == OTHER else (source or "").encode()


def arrival_of(received: Received, now: str) -> Arrival:
    """The envelope of a raw record. An arrival time in the future is replaced by now."""
    declared = (header(received.headers, "content-type") or b"").partition(b";")[0].strip().lower()
    origin = Origin(topic=received.topic, partition=received.partition, offset=received.offset)
    seen_at = min(_time(received.timestamp) or now, now)
    return Arrival(origin, seen_at, CONTENT_TYPES.get(declared, Format.UNKNOWN))


def now() -> str:
    """The current time as records carry it: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime(_TIME)


def header(headers: Headers, name: str) -> bytes | None:
    """The last header of a name, as Kafka's own clients read it."""
    return next((value for key, value in reversed(headers) if key == name), None)


def cloud_event(kind: str, id_: str, source: bytes, now: str) -> Headers:
    """The attributes of CloudEvents in binary mode, for a record of Copydesk."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_source", source),
        ("ce_type", f"copydesk.{kind}".encode()),
        ("ce_time", now.encode()),
        ("content-type", _JSON),
    ]


def _time(timestamp: int) -> str | None:
    """A Kafka timestamp (ms) in the format of records; None for one that is no valid time."""
    if timestamp < 0:
        return None
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC).strftime(_TIME)
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return None


def _connect_headers(letter: DeadLetter, received: Received) -> list[tuple[str, bytes | None]]:
    """Kafka Connect's headers; one already present keeps the value of the first failure."""
    facts = {
        "topic": received.topic,
        "partition": str(received.partition),
        "offset": str(received.offset),
        "stage": letter.stage,
        "class.name": f"copydesk.{letter.stage}",
        "exception.class.name": letter.reason,
        "exception.message": letter.message,
    }
    there = {name for name, _ in received.headers}
    return [
        (CONNECT + name, fact.encode(errors="replace"))
        for name, fact in facts.items()
        if CONNECT + name not in there
    ]


def _measured(letter: DeadLetter) -> list[tuple[str, bytes | None]]:
    return [(SIZE, str(letter.size).encode()), (SHA256, letter.sha256.encode())]
