"""A topic of the index with as many entries as a busy deployment has."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import numpy as np
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace

from pipeline.article import Arrival, Origin, Prepared, encode
from pipeline.cluster import KafkaOptions
from pipeline.dedup import HeldEntry, entry_of
from pipeline.flow import Stages, prepare
from support.streams import story


async def write_entries(kafka: KafkaOptions, topic: str, values: Iterable[bytes]) -> None:
    """Many records onto partition 0, keyed by their number, in batches as large as they may be."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers, max_batch_size=4 << 20, max_request_size=8 << 20
    )
    await producer.start()
    batch = producer.create_batch()
    for number, value in enumerate(values):
        record = {"key": str(number).encode(), "value": value, "timestamp": None}
        if batch.append(**record) is None:
            await producer.send_batch(batch, topic, partition=0)
            batch = producer.create_batch()
            batch.append(**record)
    await producer.send_batch(batch, topic, partition=0)
    await producer.stop()


def entries(count: int, known: int) -> Iterator[bytes]:
    """Entries as large as those of real articles (400 shingles), one of which is a known one."""
    arrival = Arrival(Origin(topic="articles.raw", partition=0, offset=7), "2026-11-01T00:00:00Z")
    prepared = prepare(story(known), arrival, Stages())
    assert isinstance(prepared, Prepared)
    template = entry_of(prepared, None)
    random = np.random.default_rng(7)
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for number in range(count):
        if number == known:
            yield encode(HeldEntry(number, moment, template))
            continue
        hashes = np.sort(random.integers(0, 1 << 32, 400, dtype=np.uint32))
        marks = replace(
            template.fingerprint,
            text_hash=random.bytes(16).hex(),
            signature=random.bytes(512),
            shingles=hashes.astype("<u4").tobytes(),
        )
        address = f"https://example.com/{number}"
        yield encode(
            HeldEntry(
                number,
                moment,
                replace(template, id=f"n{number}", canonical_url=address, fingerprint=marks),
            )
        )
