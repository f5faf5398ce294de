"""How long a command takes from its start, beside a Python that does nothing.

    python -m bench.start [--rounds N] [--no-broker]

Warm is the median of N starts in this checkout. The first start after installing is made in a copy
without bytecode or caches of ours. On a shared machine believe the CPU time. A worker's wall time
is until its first outcome is on the cluster, committed, its CPU time that of all its processes to
their end; it takes a broker (Java 17, Maven). Exits with 1 where the CPU time of a warm start
misses its goal, or the wall time of a worker.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

_COMMANDS = (
    "run",
    "explain",
    "learn",
    "worker",
    "topics",
    "feed",
    "tail",
    "tune",
    "rules",
    "config",
)
_PATIENCE = 120.0  # seconds
_ARTICLE = (
    b'{"title": "The ferry moves to the old fish market", "text": "Until March the ferry to the '
    b'island will leave from the old fish market, ten minutes on foot from the station."}'
)


class Case(NamedTuple):
    name: str
    arguments: tuple[str, ...]  # of Python
    goal: float | None = None  # seconds


class Cost(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds, of the process and its children


NOTHING = Case("python -c pass", ("-c", "pass"))
CASES = (
    NOTHING,
    Case("copydesk --help", ("-m", "pipeline", "--help"), 0.3),
    *(
        Case(f"copydesk {name} --help", ("-m", "pipeline", name, "--help"), 0.3)
        for name in _COMMANDS
    ),
    Case(
        "copydesk explain FILE",
        ("-m", "pipeline", "explain", "examples/01-ferry-headline-twice.txt"),
        1.0,
    ),
    Case("copydesk run examples", ("-m", "pipeline", "run", "examples", "--out", "{out}"), 1.5),
)
_WARM_WORKER, _FIRST_WORKER = 3.0, 4.0  # seconds until the first outcome


def main() -> int:
    """Prints a line for each command; the exit code says whether all goals were reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-broker", action="store_true", help="leave the worker out")
    chosen = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(" " * 31 + "goal  warm: CPU    wall  x pass  first: CPU    wall")
    missed = False
    nothing = 0.0
    for case in CASES:
        with _installed() as fresh:
            first = measure(case, fresh)
        warm = _middle([measure(case, ROOT) for _ in range(chosen.rounds)])
        nothing = nothing or warm.cpu
        missed |= case.goal is not None and warm.cpu > case.goal
        _show(case.name, f"{case.goal:.1f} s" if case.goal else "", nothing, warm, first)
    if not chosen.no_broker:
        missed |= _workers(chosen.rounds, nothing)
    return int(missed)


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(median(cost.wall for cost in costs), median(cost.cpu for cost in costs))


def _show(name: str, goal: str, nothing: float, warm: Cost, first: Cost) -> None:
    print(
        f"{name:27} {goal:>8} {warm.cpu:8.2f} s {warm.wall:5.2f} s"
        f" {warm.cpu / nothing:7.0f} {first.cpu:9.2f} s {first.wall:5.2f} s",
        flush=True,
    )


def measure(case: Case, folder: Path) -> Cost:
    """One start in a folder that holds the package."""
    with tempfile.TemporaryDirectory() as out:
        arguments = [argument.format(out=out) for argument in case.arguments]
        began = time.perf_counter()
        process = _started(arguments, folder)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{case.name} failed")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def _workers(rounds: int, nothing: float) -> bool:
    """Prints the worker's line; returns whether it misses a goal."""
    try:
        from deploy.kafka.broker import Broker  # noqa: PLC0415 - may be left out

        with Broker() as broker:
            prefixes = map("s{}-".format, count(1))
            # The first of these also waits for a new broker to make topics of its own.
            warm = _middle(
                [_first_outcome(broker.bootstrap, next(prefixes), ROOT) for _ in range(rounds)]
            )
            with _installed() as fresh:
                first = _first_outcome(broker.bootstrap, next(prefixes), fresh)
    except Exception as error:  # noqa: BLE001 - no Java, no Maven, no network: said, not failed
        print(f"copydesk worker: not measured ({error})")
        return False
    goals = f"{_WARM_WORKER:.0f}, {_FIRST_WORKER:.0f} s"
    _show("copydesk worker, an outcome", goals, nothing, warm, first)
    return warm.wall > _WARM_WORKER or first.wall > _FIRST_WORKER


def _first_outcome(bootstrap: str, prefix: str, folder: Path) -> Cost:
    """Starts a worker; the wall time is until a committed account of its one article."""
    from kafka import KafkaConsumer, KafkaProducer, TopicPartition  # noqa: PLC0415 - as above

    from pipeline.cluster import KafkaOptions  # noqa: PLC0415
    from pipeline.routing import Role, Topic  # noqa: PLC0415
    from pipeline.runners.kafka.admin.provisioning import apply  # noqa: PLC0415

    options = KafkaOptions(bootstrap_servers=bootstrap, prefix=prefix)
    apply(options)
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(options.source_of(Role.DESK), _ARTICLE).get(timeout=_PATIENCE)
    producer.close()
    reader = KafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    topic = options.topic(Topic.QUALITY)
    reader.assign([TopicPartition(topic, one) for one in reader.partitions_for_topic(topic)])
    process = _started(["-m", "pipeline", "worker"], folder, _of_cluster(bootstrap, prefix))
    began = time.monotonic()
    try:
        while not reader.poll(20):
            ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended or time.monotonic() - began > _PATIENCE:
                raise RuntimeError("no outcome came")
        wall = time.monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        reader.close()
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def _of_cluster(bootstrap: str, prefix: str) -> dict[str, str]:
    ports = ("DESK", "DEDUP", "SOURCES")
    return {f"COPYDESK_WORKER__{name}_PORT": "0" for name in ports} | {
        "COPYDESK_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "COPYDESK_KAFKA__PREFIX": prefix,
    }


def _started(
    arguments: Sequence[str], folder: Path, environ: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "COPYDESK_CONFIG"}
    }
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=inherited | (environ or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def _installed() -> Iterator[Path]:
    """A folder with the package as an installation leaves it, before its first start."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("pipeline", "config", "examples"):
            no_caches = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, folder / part, ignore=no_caches)
        yield folder


if __name__ == "__main__":
    raise SystemExit(main())
