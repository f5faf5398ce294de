"""Bytes that an article takes on Kafka, by topic, and processor time by role, without a broker.

    python -m bench.sizes [--data ../shared/data/bench.jsonl.gz] [--articles 4000]

Articles go through the handlers of desk and dedup, which make the very records that are sent. gzip
stands for what compression saves; `kafka.compression` offers faster ones that save a little less.
"""

from __future__ import annotations

import argparse
import gzip
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from pipeline.flow import BATCH
from pipeline.runners.journal import Journal
from pipeline.runners.kafka.engine.messages import Message, Received
from pipeline.runners.kafka.engine.partition import Handler
from pipeline.runners.kafka.roles.dedup import DedupHandler
from pipeline.runners.kafka.roles.desk import DeskHandler
from pipeline.settings import Settings

DATA = Path(__file__).parents[2] / "shared" / "data" / "bench.jsonl.gz"
_TOGETHER = 200  # records that are compressed as one batch


def main() -> int:
    """Prints a line for each topic and for each role."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--articles", type=int, default=4000)
    arguments = parser.parse_args()
    settings = Settings()
    stages = settings.stages()
    with gzip.open(arguments.data) as lines:
        given = [line.rstrip() for line in islice(lines, arguments.articles)]
    sent: dict[str, list[bytes]] = defaultdict(list)
    desk = DeskHandler(stages, settings.kafka)
    journal = Journal(None, "bench", settings.dedup)
    dedup = DedupHandler(stages, settings.kafka, journal, 0)
    prepared = settings.kafka.topics.prepared.name
    of_desk, seconds = handled(
        desk, [record("articles.raw", at, one) for at, one in enumerate(given)]
    )
    for message in of_desk:
        sent[message.topic].append(bytes_of(message))
    print(f"desk: {1000 * seconds / len(given):.2f} ms an article")
    waiting = [one for one in of_desk if one.topic == prepared]
    of_dedup, seconds = handled(
        dedup, [record(prepared, at, one.value) for at, one in enumerate(waiting)]
    )
    for message in of_dedup:
        sent[message.topic].append(bytes_of(message))
    print(f"dedup: {1000 * seconds / len(waiting):.2f} ms an article")
    for topic, records in ({"articles.raw": given} | sent).items():
        print(
            f"{topic}: {len(records) / len(given):.2f} records an article, "
            f"{sum(map(len, records)) / len(given):,.0f} bytes, "
            f"{compressed(records) / len(given):,.0f} with gzip"
        )
    journal.close()
    return 0


def handled(handler: Handler, records: Sequence[Received]) -> tuple[list[Message], float]:
    """Returns the messages of some records, and the processor time (seconds) that it took."""
    began = time.process_time()
    batches = (records[at : at + BATCH] for at in range(0, len(records), BATCH))
    messages = [
        message for batch in batches for one in handler.handle(batch) for message in one.messages
    ]
    return messages, time.process_time() - began


def record(topic: str, offset: int, value: bytes | None) -> Received:
    """A record as it would be consumed."""
    return Received(topic, 0, offset, round(time.time() * 1000), None, value, [])


def bytes_of(message: Message) -> bytes:
    """Value and headers of a message, as they are sent."""
    headers = b"".join(name.encode() + (value or b"") for name, value in message.headers)
    return (message.value or b"") + headers


def compressed(records: Sequence[bytes]) -> int:
    """Bytes of the records in compressed batches."""
    batches = (records[at : at + _TOGETHER] for at in range(0, len(records), _TOGETHER))
    return sum(len(zlib.compress(b"".join(batch), 1)) for batch in batches)


if __name__ == "__main__":
    raise SystemExit(main())
