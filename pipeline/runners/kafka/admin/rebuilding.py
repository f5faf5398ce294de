"""Makes the entries of `dedup.index` anew that this version cannot compare, from the articles.

An entry keeps its number, its times and its cluster; its fingerprint is computed from the text of
the article as it was published (or withheld, as members of a form are). An entry whose article is
on no topic any more is forgotten. Entries that can be read stay as they are, so that a second run
has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError
from msgspec import Raw, Struct
from msgspec.structs import asdict

from pipeline.article import Origin
from pipeline.cluster import KafkaOptions
from pipeline.dedup import Entry, HeldEntry, fingerprint
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.admin.consumer import Tailed, tail
from pipeline.runners.kafka.admin.provisioning import require_stopped
from pipeline.runners.kafka.connection.diagnosis import explain
from pipeline.runners.kafka.connection.security import for_kafka_python
from pipeline.runners.kafka.engine.changelog import Changelog, OldHeldEntry
from pipeline.runners.kafka.engine.messages import Message, now

Old = dict[tuple[int, int], OldHeldEntry]  # by partition and number


class Reindexed(Struct, rename="camel"):
    """Counts of entries."""

    readable: int = 0  # left as they are
    renewed: int = 0
    forgotten: int = 0


class _Note(Struct):
    origin: Origin


class _Published(Struct, rename="camel"):
    article_body: str
    quality: _Note


_read_published = msgspec.json.Decoder(_Published).decode


def reindex(options: KafkaOptions) -> Reindexed:
    """Makes the index anew. Raises `WorkFailedError`, and `WrongUseError` beside a worker."""
    require_stopped(options, Role.DEDUP)
    done = Reindexed()
    old = unreadable(options, _all_of(options, Topic.INDEX), done)
    if old:
        articles = _all_of(options, Topic.CLEAN, Topic.DUPLICATES)
        _send(options, renewed(options, old, articles, done))
    return done


def unreadable(options: KafkaOptions, records: Iterable[Tailed], done: Reindexed) -> Old:
    """Returns the entries of the index that are to be made anew, in their latest state."""
    old: Old = {}
    readable = set[tuple[int, int]]()
    for record in records:
        value = bytes(record.value) if isinstance(record.value, Raw) else None
        if value is None and (record.value is not None or record.value_base64):
            value = b""  # no JSON, which is refused
        log = Changelog(options, record.partition)
        number, held = log.parse((record.key or "").encode(), value, record.offset)
        place = record.partition, number
        old.pop(place, None)
        readable.discard(place)
        if isinstance(held, OldHeldEntry):
            old[place] = held
        elif held:
            readable.add(place)
    done.readable = len(readable)
    return old


def renewed(
    options: KafkaOptions, old: Old, articles: Iterable[Tailed], done: Reindexed
) -> Iterator[Message]:
    """Yields the record of each entry: with its article's fingerprint, else a tombstone."""
    by_origin = {held.entry.origin: place for place, held in old.items()}
    for record in articles:
        article = _published(record)
        place = by_origin.pop(article.quality.origin, None) if article else None
        if article and place:
            held, log = old[place], Changelog(options, place[0])
            facts = {**asdict(held.entry), "fingerprint": fingerprint(article.article_body)}
            done.renewed += 1
            yield log.entry(HeldEntry(held.number, held.seen_at, Entry(**facts)), now())
    for partition, number in by_origin.values():
        done.forgotten += 1
        yield Changelog(options, partition).tombstone(number)


def _published(record: Tailed) -> _Published | None:
    """Returns the part of an article's record that counts here; None for another record."""
    try:
        return _read_published(record.value) if isinstance(record.value, Raw) else None
    except msgspec.DecodeError:
        return None


def _all_of(options: KafkaOptions, *topics: Topic) -> Iterator[Tailed]:
    return tail(options, topics, from_start=True, until_end=True)


def _send(options: KafkaOptions, messages: Iterable[Message]) -> None:
    failures: list[BaseException] = []
    try:
        producer = KafkaProducer(
            client_id="copydesk-reindex",
            acks="all",
            enable_idempotence=True,
            max_request_size=options.max_message_bytes,
            bootstrap_timeout_ms=round(options.connect_timeout * 1000),
            **for_kafka_python(options),
        )
        with closing(producer):
            for message in messages:
                sent = producer.send(
                    message.topic, message.value, message.key, partition=message.partition
                )
                sent.add_errback(failures.append)
                if failures:
                    break
            producer.flush()
    except KafkaError as error:
        failures.append(error)
    if failures:
        raise explain(failures[0], options) from failures[0]
