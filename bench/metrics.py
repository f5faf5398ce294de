"""What counting costs: metrics, quality records and the sources role beside the work itself.

    python -m bench.metrics [--articles FILE] [--most N] [--batch N]

CPU time of this process, on a stream at full speed: batches are full, each of one partition. The
sources role knows four weeks of each source, and after each batch tells those that changed: an
article costs more there the more sources share a batch, so both parts are printed. Exit 1 where
metrics and counting take more than 3 % of the rest.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar
from zlib import crc32

import msgspec
from msgspec.structs import replace

from bench.run import SHARED
from pipeline.article import Arrival, Origin, Outcome, Prepared, encode
from pipeline.cluster import KafkaOptions
from pipeline.dedup import CompactIndex, entry_of
from pipeline.flow import Rejected, Stages, decide, is_remembered, outcome_of, prepare
from pipeline.metrics import Done, Metrics
from pipeline.publish import quality_record, record
from pipeline.routing import Role
from pipeline.sources import Watch, read_counted

_MOST = 0.03  # of the pipeline's CPU, for metrics and counting
_WARM_UP = 500  # articles: kernels are compiled, the language model is loaded
_PAST_DAYS = 28
_RATE = 100  # articles a second
_BEGAN = 1_793_577_600  # seconds since 1970

T = TypeVar("T")
_read_prepared = msgspec.json.Decoder(Prepared).decode


class Counted(NamedTuple):
    told: int  # records of sources
    counting: float  # seconds
    telling: float


def main() -> int:
    """Print the figures; 1 where they are too high."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=Path, default=SHARED / "bench.jsonl.gz")
    parser.add_argument("--most", type=int, default=4_000, help="articles to read")
    parser.add_argument("--batch", type=int, default=KafkaOptions().batch_articles)
    chosen = parser.parse_args()
    if not chosen.articles.exists():
        print(f"skipped: {chosen.articles} is not there (name another file with --articles)")
        return 0
    with gzip.open(chosen.articles) as lines:
        values = list(islice(lines, _WARM_UP + chosen.most))
    gc.set_threshold(20_000, 20, 20)  # as workers do
    _work(values[:_WARM_UP])
    values = values[_WARM_UP:]
    outcomes, work = _timed(lambda: _work(values))
    accounts, records = _timed(lambda: _accounts(outcomes))
    metrics = min(_timed(lambda: _measure(outcomes, chosen.batch))[1] for _ in range(3))
    told, counted, telling = min((_count(accounts, chosen.batch) for _ in range(3)), key=_seconds)
    count = len(outcomes)
    sources = len({outcome.quality.source for outcome in outcomes})
    print(f"{count:,} articles of {sources} sources, batches of {chosen.batch}")
    for name, seconds, times in (
        ("pipeline: prepare, decide, encode", work, count),
        ("quality record: build, encode", records, count),
        ("metrics of desk and dedup", metrics, count),
        ("sources role, an article: decode, count", counted, count),
        ("sources role, a source: judge, tell, encode", telling, told),
    ):
        each = f"{1e6 * seconds / times:8.1f} us each"
        print(f"  {name:44} {times:6,} x {each} {seconds / work:7.2%}")
    share = (metrics + counted + telling) / work
    print(f"metrics and counting: {share:.2%} of the pipeline's CPU, at most {_MOST:.0%} wanted")
    return int(share > _MOST)


def _work(values: Sequence[bytes]) -> list[Outcome]:
    """What the desk and dedup do to articles, from the bytes that came to those that leave."""
    stages = Stages()
    index, outcomes = CompactIndex(stages.dedup), list[Outcome]()
    for number, value in enumerate(values):
        seen_at = _moment(_PAST_DAYS * 86_400 + number // _RATE)
        ready = prepare(value, Arrival(Origin(file="bench", line=number + 1), seen_at), stages)
        if isinstance(ready, Prepared):
            ready = _read_prepared(encode(ready))
            outcome = decide(ready, index.neighbours(ready), stages)
            if is_remembered(outcome):
                index.add(entry_of(ready, outcome.quality.match))
        elif isinstance(ready, Rejected):
            outcome = outcome_of(ready)
        else:
            continue
        encode(record(outcome, seen_at))
        outcomes.append(outcome)
    return outcomes


def _accounts(outcomes: Sequence[Outcome]) -> list[bytes]:
    return [encode(quality_record(one, one.quality.seen_at, "bench")) for one in outcomes]


def _measure(outcomes: Sequence[Outcome], size: int) -> None:
    """Every article as both roles count it: passed on by one, let out by the other."""
    desk, dedup = Metrics(Role.DESK), Metrics(Role.DEDUP)
    arrived = int(time.time() * 1000)
    for batch in _batches(outcomes, size):
        desk.record([Done(None, arrived, 0.001) for _ in batch])
        dedup.record([Done(outcome, arrived, 0.001) for outcome in batch])


def _count(accounts: Sequence[bytes], size: int) -> Counted:
    """What the sources role does to accounts, after four weeks of the same."""
    partitions = defaultdict[int, list[bytes]](list)
    for account in accounts:
        key = (read_counted(account).source or "").encode()
        partitions[crc32(key) % KafkaOptions().topics.quality.partitions].append(account)
    told, counting, telling = 0, 0.0, 0.0
    for ours in partitions.values():
        watch = _known(ours)
        for batch in _batches(ours, size):
            counting += _timed(lambda w=watch, b=batch: [w.add(read_counted(a)) for a in b])[1]
            records, seconds = _timed(lambda w=watch: [encode(one) for one in w.changed_records()])
            told, telling = told + len(records), telling + seconds
    return Counted(told, counting, telling)


def _known(accounts: Sequence[bytes]) -> Watch:
    """The sources of a partition, which sent the same articles in the four weeks before."""
    watch = Watch()
    step = _PAST_DAYS * 86_400 / len(accounts)
    for number, account in enumerate(accounts):
        watch.add(replace(read_counted(account), seen_at=_moment(number * step)))
    watch.changed_records()
    return watch


def _seconds(counted: Counted) -> float:
    return counted.counting + counted.telling


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(_BEGAN + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _timed(function: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    result = function()
    return result, time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
