"""A pipeline of its own on the shared broker: topics, worker processes, feeding and reading.

Reads with kafka-python and knows nothing of the pipeline's own readers: what it finds is what a
user's read_committed reader would.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from msgspec.structs import replace

from pipeline.cluster import KafkaOptions, Role
from pipeline.runners.kafka.topics import apply

ROOT = Path(__file__).parents[1]
DOORS = ("clean", "duplicates", "rejected", "dead_letter")
PATIENCE = 120.0  # seconds until a pipeline that makes no progress counts as stuck


class Pipeline:
    """Topics under a prefix of their own, and the workers started on them."""

    def __init__(
        self,
        kafka: KafkaOptions,
        folder: Path,
        *,
        raw_partitions: int = 1,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        raw = replace(kafka.topics.raw, partitions=raw_partitions)
        self.options = replace(kafka, topics=replace(kafka.topics, raw=raw))
        self.raw = kafka.topic(kafka.topics.raw)
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.environ = {
            "COPYDESK_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "COPYDESK_KAFKA__PREFIX": json.dumps(kafka.prefix),  # YAML: empty too
            "COPYDESK_WORKER__DESK_PORT": "0",
            "COPYDESK_WORKER__DEDUP_PORT": "0",
            **(environ or {}),
        }
        apply(self.options)
        self.read = Reader(self.options)

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

    def feed(
        self,
        values: Iterable[bytes | None],
        *,
        key: bytes | None = None,
        partition: int | None = None,
        timestamp: int | None = None,
    ) -> int:
        """Put values onto the raw topic, acknowledged; how many."""
        with Producer(self.options) as producer:
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
        self._names = {
            options.topic(getattr(options.topics, name)): name
            for name in options.topics.__struct_fields__
        }
        self._consumer = KafkaConsumer(
            bootstrap_servers=options.bootstrap_servers,
            isolation_level=isolation_level,
            enable_auto_commit=False,
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
