"""A pipeline of its own on a broker: topics, worker processes, commands, feeding and reading.

Reads with kafka-python and knows nothing of the pipeline's own readers: what it finds is what a
user's read_committed reader would.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from unittest.mock import patch

import msgspec
import yaml
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource
from msgspec.structs import replace

from deploy.kafka.broker import Broker
from deploy.kafka.libraries import jars, java
from pipeline.cli import main
from pipeline.cluster import KafkaOptions, TopicOptions
from pipeline.errors import WorkFailedError
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.admin.provisioning import apply
from support.optional import missing

ROOT = Path(__file__).parents[2]
DOORS = ("clean", "duplicates", "rejected", "dead_letter")
PATIENCE = 120.0  # seconds until a pipeline that makes no progress counts as stuck
WORDS = "harbour council budget bridge winter ferry school river market engine".split()
HANGS = 60  # seconds after which a command counts as hanging


@contextmanager
def running(broker: Broker) -> Iterator[Broker]:
    """The broker, started; without Java or Kafka itself the test ends (`optional`)."""
    try:
        java()
        jars()
    except WorkFailedError as error:
        missing("broker", f"no Kafka to test with ({error})")
    with broker:
        yield broker


class Pipeline:
    """Topics under a prefix of their own, and the workers started on them."""

    def __init__(
        self,
        kafka: KafkaOptions,
        folder: Path,
        *,
        raw_partitions: int = 1,
        environ: Mapping[str, str] | None = None,
        feeds: KafkaOptions | None = None,
    ) -> None:
        """`feeds`: how the tests reach the cluster, where the workers must take another way."""
        raw = replace(kafka.topics.raw, partitions=raw_partitions)
        self.options = replace(kafka, topics=replace(kafka.topics, raw=raw))
        self.feeds = replace(feeds or kafka, topics=self.options.topics)
        self.raw = kafka.topic(Topic.RAW)
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.environ = {
            "COPYDESK_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "COPYDESK_KAFKA__PREFIX": json.dumps(kafka.prefix),  # YAML: empty too
            "COPYDESK_WORKER__DESK_PORT": "0",
            "COPYDESK_WORKER__DEDUP_PORT": "0",
            "COPYDESK_WORKER__SOURCES_PORT": "0",
            **(environ or {}),
        }
        apply(self.feeds)
        self.read = Reader(self.feeds)

    def start(self, *roles: Role, command: Iterable[str] = ()) -> list[subprocess.Popen[bytes]]:
        """A process for each role; `command` runs something else than `copydesk worker`."""
        started = []
        for role in roles:
            run = [*(command or (sys.executable, "-m", "pipeline", "worker")), "--role", role]
            log = self.folder / f"{role}-{len(self.workers)}.log"
            with log.open("wb") as out:
                started.append(
                    subprocess.Popen(
                        run, cwd=ROOT, env=os.environ | self.environ, stdout=out, stderr=out
                    )
                )
            self.workers += started[-1:]
        return started

    def start_all(self, command: Iterable[str]) -> subprocess.Popen[bytes]:
        """One process that runs all roles, such as `copydesk worker`."""
        with (self.folder / "all.log").open("ab") as out:
            environ = os.environ | self.environ
            process = subprocess.Popen([*command], cwd=ROOT, env=environ, stdout=out, stderr=out)
            self.workers.append(process)
        return process

    def feed(
        self,
        values: Iterable[bytes | None],
        *,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp: int | None = None,
    ) -> int:
        """Put values onto the raw topic, acknowledged; how many."""
        with Producer(self.feeds) as producer:
            sent = [
                producer.send(
                    self.raw, value=value, key=key, partition=partition, timestamp_ms=timestamp
                )
                for value in values
            ]
            for one in sent:
                one.get(60)
        return len(sent)

    def stop(self) -> list[int]:
        """SIGTERM to every worker that runs; their exit codes."""
        running = [worker for worker in self.workers if worker.poll() is None]
        for worker in running:
            worker.terminate()
        codes = [worker.wait(30) for worker in running]
        self.workers.clear()
        return codes

    def logs(self) -> str:
        """What the workers said."""
        return "\n".join(
            f"{path.name}: {path.read_text(errors='replace')[-2000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()
        self.read.close()
        if kind:
            sys.stderr.write(self.logs())


class Producer(KafkaProducer):  # type: ignore[misc]
    """An impatient producer for tests."""

    def __init__(self, options: KafkaOptions) -> None:
        super().__init__(
            bootstrap_servers=options.bootstrap_servers,
            acks="all",
            linger_ms=10,
            batch_size=256 << 10,
            max_request_size=64 << 20,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Reader:
    """Follows all topics of a pipeline; `records` holds what was read, by the topic's name."""

    def __init__(self, options: KafkaOptions, isolation_level: str = "read_committed") -> None:
        self.records: dict[str, list[Any]] = {}
        self._names = {options.topic(topic): str(topic) for topic in Topic}
        self._consumer = KafkaConsumer(
            bootstrap_servers=options.bootstrap_servers,
            isolation_level=isolation_level,
            enable_auto_commit=False,
            check_crcs=False,  # in Python that takes longer than all else
            max_partition_fetch_bytes=64 << 20,
            fetch_max_bytes=128 << 20,
        )
        self._partitions = [
            TopicPartition(topic, partition)
            for topic in self._names
            for partition in self._consumer.partitions_for_topic(topic) or ()
        ]
        self._consumer.assign(self._partitions)
        self._consumer.seek_to_beginning(*self._partitions)

    def ignore(self, name: str) -> None:
        """Follow a topic no more."""
        self._partitions = [at for at in self._partitions if self._names[at.topic] != name]
        self._consumer.assign(self._partitions)
        self._consumer.seek_to_beginning(*self._partitions)

    def __getitem__(self, name: str) -> list[Any]:
        return self.records.get(name, [])

    def poll(self, milliseconds: int = 200) -> int:
        """Read what is there; how much was new."""
        new = 0
        for partition, records in self._consumer.poll(milliseconds, max_records=5000).items():
            self.records.setdefault(self._names[partition.topic], []).extend(records)
            new += len(records)
        return new

    def to_end(self) -> Self:
        """Read up to where the topics end now."""
        ends = self._consumer.end_offsets(self._partitions)
        while any(self._consumer.position(at) < end for at, end in ends.items()):
            self.poll()
        return self

    def until(self, done: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Read on until `done`; fails when nothing new came for `patience` seconds."""
        deadline = time.monotonic() + patience
        while not done():
            if self.poll():
                deadline = time.monotonic() + patience
            elif time.monotonic() > deadline:
                counts = {name: len(records) for name, records in self.records.items()}
                raise AssertionError(f"no progress for {patience} s; read so far: {counts}")

    def outcomes(self, count: int) -> None:
        """Read on until so many inputs are accounted for and out of a door, then to the end.

        A transaction shows up partition by partition, so one topic may be ahead of another.
        """
        self.until(
            lambda: len(self["quality"]) >= count and sum(len(self[one]) for one in DOORS) >= count
        )
        self.to_end()

    def values(self, name: str) -> list[Any]:
        """The JSON values of a topic's records."""
        return [msgspec.json.decode(record.value) for record in self[name]]

    def close(self) -> None:
        self._consumer.close()


def told_of_sources(read: Reader) -> dict[str | None, Counter[str]]:
    """By source, what its latest record on `quality.sources` says came out in all."""
    latest = {record.key: record.value for record in read["sources"]}
    found: dict[str | None, Counter[str]] = {}
    for value in filter(None, latest.values()):
        record = json.loads(value)
        run = next(one for one in record["windows"] if one["window"] == "run")
        names = ("published", "duplicates", "rejected", "deadLetters")
        found[record["source"]] = Counter({name: run[name] for name in names if run[name]})
    return found


def untold(read: Reader) -> int:
    """Accounts that the records of sources do not tell of yet."""
    told = sum(one.total() for one in told_of_sources(read).values())
    return len(read["quality"]) - told


def counted_by_source(read: Reader) -> dict[str | None, Counter[str]]:
    """The same, counted from the quality records."""
    names = {"publish": "published", "duplicate": "duplicates", "reject": "rejected"}
    found: dict[str | None, Counter[str]] = {}
    for one in read.values("quality"):
        is_dead = any(finding["rule"] == "dead-letter" for finding in one["findings"])
        name = "deadLetters" if is_dead else names[one["verdict"]]
        found.setdefault(one["source"], Counter())[name] += 1
    return found


def story(number: int, ending: str = "") -> bytes:
    """An article that shares no sentence with one of another number."""
    body = "\n\n".join(
        f"{' '.join(f'{word}{number}x{line}' for word in WORDS)} was discussed on Monday."
        for line in range(12)
    )
    return json.dumps({"headline": f"Story {number}", "articleBody": body + ending}).encode()


def health_address(log: Path, worker: subprocess.Popen[bytes]) -> str:
    """Where a worker serves its health, as it says itself."""
    while True:
        found = re.search(r"http://\S+", log.read_text())
        if found:
            return found[0]
        assert worker.poll() is None, log.read_text()
        time.sleep(0.1)


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/ready", timeout=10) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        assert error.code == 503
        return False


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """Its output, where it is one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Its output, where it is one JSON value a line."""
        return [json.loads(line) for line in self.out.encode().splitlines()]


def copydesk(options: KafkaOptions, *arguments: str, folder: Path = ROOT / "tests") -> Ran:
    """Run a command in this process, the options in the environment; fails when it hangs.

    It runs in a folder without a settings file.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environ_of(options)),
        redirect_stdout(out),
        redirect_stderr(err),
        _patience(arguments),
        chdir(folder),
    ):
        code = main(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


def environ_of(options: KafkaOptions) -> dict[str, str]:
    """The variables that set what differs from the defaults, without quotes where it can be."""
    variables = {}
    for name in options.__struct_fields__:
        value = getattr(options, name)
        if value != getattr(KafkaOptions(), name):
            plain = isinstance(value, str) and yaml.safe_load(value) == value
            text = value if plain else json.dumps(msgspec.to_builtins(value))
            variables[f"COPYDESK_KAFKA__{name.upper()}"] = text
    return variables


@contextmanager
def _patience(arguments: tuple[str, ...]) -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise AssertionError(f"copydesk {' '.join(arguments)} hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def with_topic(options: KafkaOptions, name: str, **changes: Any) -> KafkaOptions:
    """The options with one of the topics changed."""
    topic: TopicOptions = replace(getattr(options.topics, name), **changes)
    return replace(options, topics=replace(options.topics, **{name: topic}))


def configure(options: KafkaOptions, topic: str, **settings: str) -> None:
    """Set configuration of a topic, seen by the broker; points in names are written as `_`."""
    told = {name.replace("_", "."): value for name, value in settings.items()}
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap_servers)
    admin.alter_configs([ConfigResource("TOPIC", topic, told)])
    admin.close()
    deadline = time.monotonic() + HANGS
    while not told.items() <= config_of(options, topic).items():
        assert time.monotonic() < deadline, f"{topic} does not take {told}"


def config_of(options: KafkaOptions, topic: str) -> dict[str, str]:
    """What is set on a topic."""
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap_servers)
    found = admin.describe_configs([ConfigResource("TOPIC", topic)])["topic"][topic]
    admin.close()
    return {name: data["value"] for name, data in found.items()}


def on(options: KafkaOptions, name: str) -> list[Any]:
    """The committed records of a topic, by its short name."""
    reader = Reader(options)
    try:
        return reader.to_end()[name]
    finally:
        reader.close()
