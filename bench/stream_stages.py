"""Where the time of the stream's roles goes: each step over the same articles, without a broker.

    python -m bench.stream_stages

Microseconds of CPU an article, in this process. What a worker takes beyond the sum is fetching,
sending and committing: the event loops, the sockets, and turns of the interpreter lock.
"""

from __future__ import annotations

import gzip
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

import msgspec
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from bench.run import SHARED
from pipeline.article import Prepared
from pipeline.cluster import KafkaOptions
from pipeline.dedup import CompactIndex, entry_of, window_start
from pipeline.flow import BATCH, decide, is_remembered, parse_batch, prepare_parsed
from pipeline.metrics import Done, Metrics
from pipeline.routing import Role
from pipeline.runners.kafka.engine.changelog import Changelog
from pipeline.runners.kafka.engine.messages import Message, Received, Writer, arrival_of, now
from pipeline.settings import load

_ROLES = (Role.DESK, Role.DEDUP)
_CODECS = {"none": 0, "lz4": 3, "zstd": 4}  # in Kafka's protocol
_BATCH_BYTES, _IN_BATCH = 4 << 20, 100
Result = TypeVar("Result")

_read_prepared = msgspec.json.Decoder(Prepared).decode


class _Clock:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def __call__(self, name: str, call: Callable[..., Result], *arguments: Any) -> Result:
        began = time.process_time()
        result = call(*arguments)
        self.spent[name] += time.process_time() - began
        return result


def where_time_goes(
    articles: Sequence[bytes], say: Callable[[str], object] = print
) -> dict[str, float]:
    """Returns and prints the microseconds an article of each step."""
    stages, options, clock = load(None, {}).settings.stages(), KafkaOptions(), _Clock()
    writers = {role: Writer(options, role, stages.ruleset) for role in _ROLES}
    metrics = {role: Metrics(role) for role in _ROLES}
    index, changelog = CompactIndex(stages.dedup), Changelog(options, 0)
    sent: dict[Role, list[Message]] = {role: [] for role in _ROLES}
    done: dict[Role, list[Done]] = {role: [] for role in _ROLES}
    moment = now()
    received = [
        Received("articles.raw", 0, offset, 1000 * int(time.time()), None, article, [])
        for offset, article in enumerate(articles)
    ]
    for first in range(0, len(received), BATCH):
        batch = received[first : first + BATCH]
        inputs = [(one.value or b"", arrival_of(one, moment)) for one in batch]
        parsed = clock("desk: parse", parse_batch, inputs, stages)
        ready = clock("desk: clean, check, fingerprint", prepare_parsed, parsed, stages)
        for one, record in zip(ready, batch, strict=True):
            if not isinstance(one, Prepared):
                continue
            encode = writers[Role.DESK].prepared
            sent[Role.DESK].append(clock("desk: encode", encode, one, record, moment))
            done[Role.DESK].append(Done(None, record.timestamp, 0.0))
    for message, record in zip(sent[Role.DESK], received, strict=False):  # any record will do
        prepared = clock("dedup: decode", _read_prepared, message.value)
        index.evict(window_start(prepared.quality.seen_at, stages.dedup))
        neighbours = clock("dedup: look up", index.neighbours, prepared)
        outcome = clock("dedup: decide", decide, prepared, neighbours, stages)
        settle = writers[Role.DEDUP].settled
        sent[Role.DEDUP] += clock("dedup: encode", settle, outcome, record, moment)
        done[Role.DEDUP].append(Done(outcome, record.timestamp, 0.0))
        if is_remembered(outcome):
            entry = entry_of(prepared, outcome.quality.match)
            held = clock("dedup: remember", index.add, entry)
            if held:
                entry_message = clock("dedup: encode entry", changelog.entry, held, moment)
                sent[Role.DEDUP].append(entry_message)
    for role in _ROLES:
        clock(f"{role}: make record batches", _pack, sent[role], _CODECS["none"])
        clock(f"{role}: count in metrics", metrics[role].record, done[role])
    found = {name: 1e6 * spent / len(articles) for name, spent in clock.spent.items()}
    say("where the time goes, us of CPU an article:")
    for name, spent in sorted(found.items(), key=lambda one: one[0].split(":")[0] == "dedup"):
        say(f"  {name:34} {spent:7.1f}")
    say("what compression would cost, us of CPU and bytes an article, both roles:")
    for codec, number in _CODECS.items():
        began = time.process_time()
        size = sum(_pack(sent[role], number) for role in _ROLES)
        spent = 1e6 * (time.process_time() - began) / len(articles)
        say(f"  {codec:34} {spent:7.1f} {size / len(articles):9,.0f}")
    return found


def _pack(messages: Iterable[Message], codec: int) -> int:
    """Makes record batches of each topic, as the client does; returns their bytes."""
    by_topic: dict[str, list[Message]] = {}
    for message in messages:
        by_topic.setdefault(message.topic, []).append(message)
    size = 0
    for of_topic in by_topic.values():
        for first in range(0, len(of_topic), _IN_BATCH):
            builder = DefaultRecordBatchBuilder(2, codec, 1, 1, 1, 0, _BATCH_BYTES)
            for offset, one in enumerate(of_topic[first : first + _IN_BATCH]):
                builder.append(offset, None, one.key, one.value, one.headers)
            size += len(builder.build())
    return size


def main() -> None:
    """Print it."""
    path = SHARED / "bench.jsonl.gz"
    if not path.exists():
        print(f"skipped: {path} is not there")
        return
    with gzip.open(path) as lines:
        where_time_goes([line.rstrip(b"\n") for line in islice(lines, 3000)])


if __name__ == "__main__":
    main()
