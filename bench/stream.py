"""The whole pipeline on Kafka beside the Faust apps of the tutorials, in turn, on one machine.

    python -m bench.stream [--articles N] [--rounds N]

Each contender finds the same backlog of real articles on a real broker that shares the machine
with it. Its speed is that from 5 % of the backlog to its end, start-up left out; the ratio of two
neighbours in time is what counts. Ours is both roles, each batch one transaction, read committed
in between. Then, at half of our speed: the time from sending an article until a read_committed
reader has its quality record. Last, where the time of our roles goes, measured without a broker.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from statistics import median, quantiles
from typing import Any, NamedTuple, TypeVar

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.producer.future import RecordMetadata

from bench.run import SHARED
from deploy.kafka.broker import Broker
from pipeline.article import Prepared, Quality
from pipeline.cluster import KafkaOptions
from pipeline.dedup import CompactIndex, entry_of, window_start
from pipeline.flow import decide, is_remembered, prepare
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.admin.provisioning import apply
from pipeline.runners.kafka.engine.changelog import Changelog
from pipeline.runners.kafka.engine.messages import Received, Writer, arrival_of, now
from pipeline.settings import load

OURS, NAIVE, FORWARDER = "copydesk worker", "naive Faust app", "bare Faust forwarder"
BATCHED = "same, update_batch"
_APPS = {NAIVE: "naive", BATCHED: "batched", FORWARDER: "forward"}  # names in naive_stream.py
_ROLES = (Role.DESK, Role.DEDUP)  # that an article passes through
_LEAST = 1.6  # times the naive app
_WARM = 0.05  # share of the backlog that start-up may take
_LOOK = 0.5  # seconds between two looks at how far a contender is: each costs the broker something
_WARM_UP = 500  # articles before latency is measured
_PATIENCE = 120.0  # seconds

Place = tuple[int, int]  # partition and offset of a raw record
Result = TypeVar("Result")

_read_prepared = msgspec.json.Decoder(Prepared).decode
_read_account = msgspec.json.Decoder(Quality).decode


class Speed(NamedTuple):
    rate: float  # articles a second
    cpu: dict[str, float]  # ms an article by process, start-up included
    memory: dict[str, float]  # MB at the end, by process


def main() -> int:
    """Race them; the exit code says whether ours was fast enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30, help="of half load")
    chosen = parser.parse_args()
    path = SHARED / "bench.jsonl.gz"
    if not path.exists():
        print(f"skipped: {path} is not there")
        return 0
    with gzip.open(path) as lines:
        articles = [line.rstrip(b"\n") for line in islice(lines, chosen.articles)]
    print(f"{len(articles):,} articles, {chosen.rounds} rounds, {os.cpu_count()} cores")
    ratios: dict[str, list[float]] = {name: [] for name in _APPS}
    rates = []
    with Broker() as broker:
        for number in range(1, chosen.rounds + 1):
            options = KafkaOptions(bootstrap_servers=broker.bootstrap, prefix=f"r{number}-")
            apply(options)
            _feed(options, articles)
            print(f"round {number}")
            ours = _show(OURS, _race(OURS, options, len(articles)))
            rates.append(ours.rate)
            for name, found in ratios.items():
                theirs = _show(name, _race(name, options, len(articles)))
                found.append(ours.rate / theirs.rate)
        for name, found in ratios.items():
            print(f"median: {median(found):.2f} times as fast: {name}")
        options = KafkaOptions(bootstrap_servers=broker.bootstrap, prefix="half-")
        _half_load(options, articles, median(rates) / 2, chosen.seconds)
    _where_time_goes(articles[:5000])
    return 0 if median(ratios[NAIVE]) >= _LEAST else 1


def _show(name: str, speed: Speed) -> Speed:
    cpu = " + ".join(f"{process} {spent:.2f}" for process, spent in speed.cpu.items())
    memory = ", ".join(f"{process} {size:.0f}" for process, size in speed.memory.items())
    print(f"  {name:21} {speed.rate:6,.0f} articles/s; CPU ms an article: {cpu}; RSS MB: {memory}")
    return speed


def _race(which: str, options: KafkaOptions, count: int) -> Speed:
    """Work off the backlog."""
    with _processes(which, options) as processes:
        finished = _finished(which, options)
        warm, at_warm = 0.0, 0
        deadline = time.monotonic() + _PATIENCE
        while (done := finished()) < count:
            if not warm and done >= _WARM * count:
                warm, at_warm = time.monotonic(), done
            if time.monotonic() > deadline:
                raise SystemExit(f"{which} stands still at {done:,} of {count:,} articles")
            time.sleep(_LOOK)
        rate = (count - at_warm) / (time.monotonic() - warm)
        memory = {name: _rss(process.pid) for name, process in processes.items()}
        cpu = {name: 1000 * _end(process) / count for name, process in processes.items()}
    return Speed(rate, cpu, memory)


@contextmanager
def _processes(which: str, options: KafkaOptions) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    environ = os.environ | {
        "COPYDESK_WORKER__DESK_PORT": "0",
        "COPYDESK_WORKER__DEDUP_PORT": "0",
        "COPYDESK_WORKER__SOURCES_PORT": "0",
        "COPYDESK_KAFKA__BOOTSTRAP_SERVERS": options.bootstrap_servers,
        "COPYDESK_KAFKA__PREFIX": options.prefix,
    }
    commands: dict[str, list[str]]
    if which == OURS:
        commands = {role: ["-m", "pipeline", "worker", "--role", role] for role in _ROLES}
    else:
        outputs = _outputs(which, options)
        _create(options, outputs)
        arguments = [_APPS[which], options.bootstrap_servers, options.source_of(Role.DESK)]
        faust = ["worker", "--loglevel=error", "--without-web"]
        commands = {_APPS[which]: ["-m", "bench.naive_stream", *arguments, *outputs, *faust]}
    processes = {
        name: subprocess.Popen([sys.executable, *command], env=environ, stdout=subprocess.DEVNULL)
        for name, command in commands.items()
    }
    try:
        yield processes
    finally:
        for process in processes.values():
            if process.returncode is None:
                process.kill()
                process.wait()


def _finished(which: str, options: KafkaOptions) -> Callable[[], int]:
    """Something to call for how many articles a contender has finished, as the broker knows it."""
    if which != OURS:
        consumer = KafkaConsumer(bootstrap_servers=options.bootstrap_servers)
        partitions = _partitions(consumer, *_outputs(which, options))
        return lambda: sum(consumer.end_offsets(partitions).values())
    desk, dedup = (
        KafkaConsumer(
            bootstrap_servers=options.bootstrap_servers,
            group_id=options.group_of(role),
            isolation_level="read_committed",
        )
        for role in _ROLES
    )
    raw = _partitions(desk, options.source_of(Role.DESK))
    prepared = _partitions(dedup, options.source_of(Role.DEDUP))

    def finished() -> int:
        """What the desk committed, less what waits for dedup.

        Behind it may stand the markers of the desk's last transactions, one a raw partition.
        """
        through_desk = sum(desk.committed(one) or 0 for one in raw)
        ends = dedup.end_offsets(prepared)
        waiting = sum(ends[one] - (dedup.committed(one) or 0) for one in prepared)
        return through_desk - max(0, waiting - len(raw))

    return finished


def _outputs(which: str, options: KafkaOptions) -> list[str]:
    """The topics that an app sends to: for what is new, and for copies."""
    topics = Topic.CLEAN, Topic.DUPLICATES
    return [f"{options.topic(one)}-{_APPS[which]}" for one in topics]


def _partitions(consumer: KafkaConsumer, *names: str) -> list[TopicPartition]:
    return [
        TopicPartition(name, one) for name in names for one in consumer.partitions_for_topic(name)
    ]


def _create(options: KafkaOptions, names: Sequence[str]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap_servers)
    admin.create_topics({name: {"num_partitions": 8, "replication_factor": 1} for name in names})
    admin.close()


def _feed(options: KafkaOptions, articles: Sequence[bytes]) -> None:
    producer = _producer(options)
    for article in articles:
        producer.send(options.source_of(Role.DESK), article)
    producer.flush()
    producer.close()


def _producer(options: KafkaOptions) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=options.bootstrap_servers, acks="all", linger_ms=5, batch_size=256 << 10
    )


def _half_load(
    options: KafkaOptions, articles: Sequence[bytes], rate: float, seconds: float
) -> None:
    """Feed at a steady rate and print how long after it was sent an article was accounted for."""
    apply(options)
    reader = KafkaConsumer(
        bootstrap_servers=options.bootstrap_servers, isolation_level="read_committed"
    )
    reader.assign(_partitions(reader, options.topic(Topic.QUALITY)))
    sent: dict[Place, float] = {}
    came: dict[Place, float] = {}
    count = round(rate * seconds)
    with _processes(OURS, options):
        _warm_up(options, reader, articles[:_WARM_UP])
        feeder = threading.Thread(
            target=_feed_steadily, args=(options, articles, rate, count, sent), daemon=True
        )
        feeder.start()
        deadline = time.monotonic() + seconds + _PATIENCE
        while len(came) < count and time.monotonic() < deadline:
            for records in reader.poll(50, max_records=10_000).values():
                now = time.monotonic()
                for record in records:
                    origin = _read_account(record.value).origin
                    came[origin.partition or 0, origin.offset or 0] = now
    reader.close()
    waits = [came[place] - moment for place, moment in sent.items() if place in came]
    cuts = quantiles(waits, n=100)
    print(
        f"at {rate:,.0f} articles/s for {seconds:.0f} s, from sent to accounted for: "
        f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, most {max(waits):.2f} s"
        f" ({count - len(waits)} of {count:,} missing)"
    )


def _warm_up(options: KafkaOptions, reader: KafkaConsumer, articles: Sequence[bytes]) -> None:
    """Let the pipeline work a while: its start is not what is measured."""
    _feed(options, articles)
    came = 0
    deadline = time.monotonic() + _PATIENCE
    while came < len(articles):
        came += sum(map(len, reader.poll(500).values()))
        if time.monotonic() > deadline:
            raise SystemExit("nothing comes out of the pipeline")


def _feed_steadily(
    options: KafkaOptions,
    articles: Sequence[bytes],
    rate: float,
    count: int,
    sent: dict[Place, float],
) -> None:
    def note(moment: float, placed: RecordMetadata) -> None:
        sent[placed.partition, placed.offset] = moment

    producer = _producer(options)
    started = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        article = articles[(_WARM_UP + number) % len(articles)]
        sending = producer.send(options.source_of(Role.DESK), article)
        sending.add_callback(partial(note, time.monotonic()))
    producer.flush()
    producer.close()


def _where_time_goes(articles: Sequence[bytes]) -> None:
    """Each step of both roles over the same articles, in this process, in microseconds."""
    stages, options = load(None, {}).settings.stages(), KafkaOptions()
    index = CompactIndex(stages.dedup)
    writers = {role: Writer(options, role, stages.ruleset) for role in Role}
    changelog = Changelog(options, 0)
    spent: Counter[str] = Counter()

    def timed(name: str, call: Callable[..., Result], *arguments: Any) -> Result:
        began = time.perf_counter()
        result = call(*arguments)
        spent[name] += time.perf_counter() - began
        return result

    for offset, article in enumerate(articles):
        moment = now()
        received = Received("articles.raw", 0, offset, 1000 * int(time.time()), None, article, [])
        ready = timed("desk: prepare", prepare, article, arrival_of(received, moment), stages)
        if not isinstance(ready, Prepared):
            continue
        sent = timed("desk: encode", writers[Role.DESK].prepared, ready, received, moment)
        prepared = timed("dedup: decode", _read_prepared, sent.value)
        start = window_start(prepared.quality.seen_at, stages.dedup)
        timed("dedup: evict", index.evict, start)
        neighbours = timed("dedup: look up", index.neighbours, prepared)
        outcome = timed("dedup: decide", decide, prepared, neighbours, stages)
        timed("dedup: encode", writers[Role.DEDUP].settled, outcome, received, moment)
        if is_remembered(outcome):
            entry = entry_of(prepared, outcome.quality.match)
            held = timed("dedup: remember", index.add, entry)
            timed("dedup: encode entry", changelog.entry, held)
    print("where the time goes, us an article (the rest is consuming, sending, committing):")
    for name, seconds in spent.items():
        print(f"  {name:20} {1e6 * seconds / len(articles):7.1f}")


def _rss(pid: int) -> float:
    """MB that a process has in memory."""
    command = ["ps", "-o", "rss=", "-p", str(pid)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(told.stdout) / 1024


def _end(process: subprocess.Popen[bytes]) -> float:
    """Stop it; the CPU seconds it took in all."""
    process.terminate()
    _, process.returncode, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
