"""The whole pipeline on Kafka beside the Faust apps of the tutorials, in turn, on one machine.

    python -m bench.stream [--articles N] [--rounds N] [--seconds S] [--desks N] [--json]

Each contender finds the same backlog of real articles on a real broker that shares the machine
with it, and works on it to its end or for a fixed time, whatever comes first: a slow machine gives
figures too. Its speed leaves the start out; the ratio of two neighbours in time is what counts.
A new broker compiles its code while it works, which the first contenders would pay for: so two of
them work for some seconds beforehand.
Ours is both roles, each batch one transaction, read committed in between. Then each is fed at half
of its own speed: the time from sending an article until a reader has what came of it, for ours the
quality record, committed. Last, where the time of our roles goes (`bench.stream_stages`).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from statistics import median, quantiles

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.producer.future import RecordMetadata
from msgspec import Struct

from bench.run import SHARED
from bench.stream_stages import where_time_goes
from deploy.kafka.broker import Broker
from pipeline.article import Quality
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.admin.provisioning import apply

OURS, NAIVE, FORWARDER = "copydesk worker", "naive Faust app", "bare Faust forwarder"
BATCHED = "same, update_batch"
_APPS = {NAIVE: "naive", BATCHED: "batched", FORWARDER: "forward"}  # names in naive_stream.py
_WANTED = {NAIVE: 8.0, BATCHED: 2.5, FORWARDER: 0.6}  # times as fast
_WANTED_P99 = 0.5  # seconds at half load
_ROLES = (Role.DESK, Role.DEDUP)  # that an article passes through
_WARM = 200  # articles, or
_WARM_SECONDS = 5.0  # since the first one, until the speed is measured
_LOOK = 0.5  # seconds between two looks at how far a contender is: each costs the broker something
_START = 180.0  # seconds until the first article; then a contender counts as broken
_LATE = 60.0  # seconds that what was sent at half load has to come out
_BEFOREHAND = 10.0  # seconds that a contender works at most before anything is measured
_FEED = 30.0  # seconds that filling the backlog may take
_LONGEST_READ = 10_000  # records at once

_read_account = msgspec.json.Decoder(Quality).decode


class _Named(Struct):
    """An article as the apps send it on."""

    id: str


_read_named = msgspec.json.Decoder(_Named).decode


class Speed(Struct):
    """What a contender did with its backlog."""

    name: str
    rate: float  # articles a second
    articles: int  # that the rate was measured over
    cpu: dict[str, float]  # ms an article by process, start included
    memory: dict[str, float]  # MB at the end, by process
    load: float  # of the machine, the average of the last minute


class Latency(Struct):
    """How long after it was sent an article had come out, in seconds."""

    name: str
    rate: float  # articles a second
    p50: float
    p90: float
    p99: float
    longest: float
    sent: int
    missing: int
    load: float


def main() -> None:
    """Race them and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=20_000, help="of the backlog, at most")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20, help="for each measurement, at most")
    parser.add_argument("--desks", type=int, default=os.cpu_count(), help="desk workers")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    chosen = parser.parse_args()
    say = partial(print, file=sys.stderr if chosen.json else sys.stdout, flush=True)
    path = SHARED / "bench.jsonl.gz"
    if not path.exists():
        say(f"skipped: {path} is not there")
        return
    with gzip.open(path) as lines:
        articles = [line.rstrip(b"\n") for line in islice(lines, chosen.articles)]
    say(f"{os.cpu_count()} cores, {chosen.desks} desk workers, load {os.getloadavg()[0]:.1f}")
    speeds, latencies = [], []
    with Broker() as broker:
        options = _topics(broker, "before-")
        fed = _fill(options, articles)
        for name in (OURS, FORWARDER):
            _race(name, options, fed, _BEFOREHAND, chosen.desks)
        for number in range(1, chosen.rounds + 1):
            options = _topics(broker, f"r{number}-")
            fed = _fill(options, articles)
            say(f"round {number}: a backlog of {fed:,} articles")
            for name in (OURS, *_APPS):
                speeds.append(_race(name, options, fed, chosen.seconds, chosen.desks))
                say(_line_of(speeds[-1]))
        ratios = _ratios(speeds)
        for name, ratio in ratios.items():
            say(f"{ratio:.2f} times as fast: {name} (wanted {_WANTED[name]:g})")
        say("at half of its own speed, seconds from sent to read:")
        for number, name in enumerate((OURS, *_APPS)):
            rate = median(one.rate for one in speeds if one.name == name) / 2
            options = _topics(broker, f"half{number}-")
            latencies.append(
                _half_load(name, options, articles, rate, chosen.seconds, chosen.desks)
            )
            say(_line_of(latencies[-1]))
        say(f"wanted: p99 of {OURS} {_WANTED_P99:g} s at most")
    stages = where_time_goes(articles[:3000], say)
    if chosen.json:
        found = {"speeds": speeds, "ratios": ratios, "latencies": latencies, "stages": stages}
        print(json.dumps(msgspec.to_builtins(found), indent=2))


def _ratios(speeds: Sequence[Speed]) -> dict[str, float]:
    """Returns how many times as fast ours is: the median of the rounds."""
    of: dict[str, list[float]] = defaultdict(list)
    for one in speeds:
        of[one.name].append(one.rate)
    return {
        name: median(
            ours / max(theirs, 1e-9) for ours, theirs in zip(of[OURS], of[name], strict=True)
        )
        for name in _APPS
    }


def _line_of(found: Speed | Latency) -> str:
    if isinstance(found, Latency):
        late = f", {found.missing:,} of {found.sent:,} not in time" if found.missing else ""
        return (
            f"  {found.name:21} {found.rate:6,.0f} articles/s: p50 {found.p50:.2f}, "
            f"p90 {found.p90:.2f}, p99 {found.p99:.2f}, longest {found.longest:.2f}{late}; "
            f"load {found.load:.1f}"
        )
    cpu = " + ".join(f"{process} {spent:.2f}" for process, spent in found.cpu.items())
    memory = ", ".join(f"{process} {size:.0f}" for process, size in found.memory.items())
    return (
        f"  {found.name:21} {found.rate:6,.0f} articles/s; CPU ms an article: {cpu}; "
        f"RSS MB: {memory}; load {found.load:.1f}"
    )


def _topics(broker: Broker, prefix: str) -> KafkaOptions:
    options = KafkaOptions(bootstrap_servers=broker.bootstrap, prefix=prefix)
    apply(options)
    return options


def _race(which: str, options: KafkaOptions, count: int, seconds: float, desks: int) -> Speed:
    """Works off the backlog, or a part of it in so many seconds."""
    with _processes(which, options, desks) as processes:
        finished = _finished(which, options)
        start = time.monotonic()
        first = None  # when the first article was finished
        warm, at_warm = 0.0, 0
        while (done := finished()) < count:
            now = time.monotonic()
            first = first or (now if done else None)
            if not warm and first and (done >= _WARM or now > first + _WARM_SECONDS):
                warm, at_warm = now, done
            if (warm and now > warm + seconds) or (not first and now > start + _START):
                break
            time.sleep(_LOOK)
        rate = (done - at_warm) / (time.monotonic() - warm) if warm else 0.0
        memory = {name: _rss(process.pid) for name, process in processes.items()}
        cpu = {name: 1000 * _end(one) / max(1, done) for name, one in processes.items()}
    return Speed(which, rate, done - at_warm, cpu, memory, os.getloadavg()[0])


@contextmanager
def _processes(
    which: str, options: KafkaOptions, desks: int
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    environ = os.environ | {
        "COPYDESK_WORKER__DESK_PORT": "null",
        "COPYDESK_WORKER__DEDUP_PORT": "null",
        "COPYDESK_KAFKA__BOOTSTRAP_SERVERS": options.bootstrap_servers,
        "COPYDESK_KAFKA__PREFIX": options.prefix,
    }
    commands: dict[str, list[str]] = {}
    if which == OURS:
        for number in range(desks):
            name = f"desk {number + 1}" if number else "desk"
            commands[name] = ["-m", "pipeline", "worker", "--role", Role.DESK]
        commands["dedup"] = ["-m", "pipeline", "worker", "--role", Role.DEDUP]
    else:
        outputs = _outputs(which, options)
        _create(options, outputs)
        arguments = [_APPS[which], options.bootstrap_servers, options.source_of(Role.DESK)]
        faust = ["worker", "--loglevel=error", "--without-web"]
        commands[_APPS[which]] = ["-m", "bench.naive_stream", *arguments, *outputs, *faust]
    processes = {
        name: subprocess.Popen(
            [sys.executable, *command],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
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
        return max(0, through_desk - max(0, waiting - len(raw)))

    return finished


def _outputs(which: str, options: KafkaOptions) -> list[str]:
    """The topics that an app sends to: for what is new, and for copies."""
    topics = Topic.CLEAN, Topic.DUPLICATES
    return [f"{options.topic(one)}-{_APPS[which]}" for one in topics]


def _partitions(consumer: KafkaConsumer, *names: str) -> list[TopicPartition]:
    """Returns all partitions of topics; waits for those that were only just made."""
    deadline = time.monotonic() + _LATE
    while not all(map(consumer.partitions_for_topic, names)) and time.monotonic() < deadline:
        time.sleep(_LOOK)
    return [
        TopicPartition(name, one) for name in names for one in consumer.partitions_for_topic(name)
    ]


def _create(options: KafkaOptions, names: Sequence[str]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap_servers)
    admin.create_topics({name: {"num_partitions": 8, "replication_factor": 1} for name in names})
    admin.close()


def _fill(options: KafkaOptions, articles: Sequence[bytes]) -> int:
    """Sends articles to the raw topic, for so long as that may take; returns how many."""
    producer = _producer(options)
    deadline = time.monotonic() + _FEED
    sent = 0
    for article in articles:
        producer.send(options.source_of(Role.DESK), article)
        sent += 1
        if time.monotonic() > deadline:
            break
    producer.flush()
    producer.close()
    return sent


def _producer(options: KafkaOptions) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=options.bootstrap_servers, acks="all", linger_ms=5, batch_size=256 << 10
    )


def _half_load(  # noqa: PLR0913, PLR0917 - a contender, what it is fed, and for how long
    which: str,
    options: KafkaOptions,
    articles: Sequence[bytes],
    rate: float,
    seconds: float,
    desks: int,
) -> Latency:
    """Feeds at a steady rate, and measures how long after it was sent an article came out."""
    count = max(1, min(round(rate * seconds), len(articles) - _WARM))
    sent: dict[Hashable, float] = {}
    came: dict[Hashable, float] = {}
    with _processes(which, options, desks):
        reader = KafkaConsumer(
            bootstrap_servers=options.bootstrap_servers, isolation_level="read_committed"
        )
        topics = [options.topic(Topic.QUALITY)] if which == OURS else _outputs(which, options)
        reader.assign(_partitions(reader, *topics))
        reader.seek_to_beginning()
        _warm_up(options, reader, articles[:_WARM])
        feeder = threading.Thread(
            target=_feed_steadily,
            args=(options, articles[_WARM : _WARM + count], rate, sent, which == OURS),
            daemon=True,
        )
        feeder.start()
        deadline = time.monotonic() + count / max(rate, 1e-9) + _LATE
        while len(came) < count and time.monotonic() < deadline:
            for records in reader.poll(50, max_records=_LONGEST_READ).values():
                now = time.monotonic()
                for record in records:
                    came[_name_of(which, record.value)] = now
        reader.close()
    waits = sorted(came[name] - moment for name, moment in list(sent.items()) if name in came)
    cuts = quantiles(waits, n=100) if len(waits) > 1 else [float("nan")] * 99
    return Latency(
        which,
        rate,
        p50=cuts[49],
        p90=cuts[89],
        p99=cuts[98],
        longest=max(waits, default=float("nan")),
        sent=count,
        missing=count - len(waits),
        load=os.getloadavg()[0],
    )


def _name_of(which: str, value: bytes) -> Hashable:
    """What a record that came out says of where it came from."""
    if which != OURS:
        return _read_named(value).id
    origin = _read_account(value).origin
    return origin.partition, origin.offset


def _warm_up(options: KafkaOptions, reader: KafkaConsumer, articles: Sequence[bytes]) -> None:
    """Lets a contender work a while: its start is not what is measured."""
    sent = _fill(options, articles)
    came = 0
    deadline = time.monotonic() + _START
    while came < sent and time.monotonic() < deadline:
        came += sum(map(len, reader.poll(500).values()))


def _feed_steadily(
    options: KafkaOptions,
    articles: Sequence[bytes],
    rate: float,
    sent: dict[Hashable, float],
    by_place: bool,  # noqa: FBT001 - of a thread
) -> None:
    def note(moment: float, placed: RecordMetadata) -> None:
        sent[placed.partition, placed.offset] = moment

    producer = _producer(options)
    started = time.monotonic()
    for number, article in enumerate(articles):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        moment = time.monotonic()
        sending = producer.send(options.source_of(Role.DESK), article)
        if by_place:
            sending.add_callback(partial(note, moment))
        else:
            sent[_read_named(article).id] = moment
    producer.flush()
    producer.close()


def _rss(pid: int) -> float:
    """MB that a process has in memory."""
    command = ["ps", "-o", "rss=", "-p", str(pid)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return int(told or 0) / 1024


def _end(process: subprocess.Popen[bytes]) -> float:
    """Stops it; the CPU seconds it took in all."""
    process.terminate()
    _, process.returncode, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
