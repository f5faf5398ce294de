"""Load for half an hour with a fault each minute: `make soak`.

    python -m tests.soak [--minutes N] [--share .8] [--out FOLDER] [--seed N]

First the ceiling is measured: how many accounts a second come of a backlog. Then articles come at
a share of it. In the first third all kinds of workers are killed, slept and restarted, and the
broker too; after it only the second desk is harmed, so that growth of the others can be seen. The
exit code says whether nothing was lost and whether memory and files were flat after that third.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, quantiles
from typing import Any
from urllib.request import urlopen

sys.path.append(str(Path(__file__).parents[1]))  # where `support` is

from support.streams import health_address, running

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from tests.faults.scene import Scene

from . import picture

_BACKLOG = 8_000  # articles that the ceiling is measured with
_WORKERS = {Role.DESK: 2, Role.DEDUP: 1, Role.SOURCES: 1}
_EVERY = 5.0  # seconds between two samples
_GROWTH = 1.10  # of memory and files, from the second third to the end, less what the index grew
_MORE = 16.0  # MB, or files, that do not count as growth


class Soak(Scene):
    """A scene that forgets what it has matched: it may run for long."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pause=0, rate=0, workers=_WORKERS, **options)
        for topic in ("clean", "duplicates", "rejected", "dead_letter", "index", "sources"):
            self.pipeline.read.ignore(topic)
        self.fed = 0
        self.accounts = 0

    def _new(self, topic: str) -> Sequence[Any]:
        records: Sequence[Any] = self.pipeline.read.records.pop(topic, [])
        if topic == "raw":
            self.fed += len(records)
        else:
            self.accounts += len(records)
        return records

    def waiting(self) -> int:
        """Articles without an account."""
        return self.fed - self.accounts

    def drain(self) -> None:
        """Stops feeding and waits for the rest."""
        self._is_feeding.clear()
        self.until(lambda: self.waiting() <= 0, "the rest")

    @property
    def latencies(self) -> list[tuple[float, float]]:
        """When an account was seen, and how long after its record's arrival (seconds)."""
        return self._latencies

    @property
    def twice(self) -> int:
        """Accounts without a record of their own."""
        return len(self._early)


class Samples:
    """What was measured, by what and of whom: minutes and value."""

    def __init__(self, soak: Soak) -> None:
        self._soak = soak
        self._begun = time.time()
        self.faults: dict[float, str] = {}
        self.memory: dict[str, list[tuple[float, float]]] = {role: [] for role in Role}
        self.files: dict[str, list[tuple[float, float]]] = {role: [] for role in Role}
        self.index: list[tuple[float, float]] = []
        self.index_bytes: list[tuple[float, float]] = []
        self.waiting: list[tuple[float, float]] = []

    @property
    def now(self) -> float:
        """Minutes since the start."""
        return (time.time() - self._begun) / 60

    def take(self) -> None:
        """Of the first process of each role."""
        now = self.now
        for role, workers in self._soak.workers.items():
            try:
                pid = workers[0].pid
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                self.files[role].append((now, len([*Path(f"/proc/{pid}/fd").iterdir()])))
                self.memory[role].append((now, pages * os.sysconf("SC_PAGE_SIZE") / 1e6))
            except (OSError, IndexError):
                continue  # it is being started
        self.waiting.append((now, self._soak.waiting()))
        if told := self._told(Role.DEDUP):
            self.index.append((now, told["copydesk_index_articles"]))
            self.index_bytes.append((now, told["copydesk_index_bytes"] / 1e6))

    def _told(self, role: Role) -> dict[str, float]:
        try:
            address = health_address(self._soak.log_of_last(role), self._soak.workers[role][0])
            text = urlopen(f"{address}/metrics", timeout=5).read().decode()
        except (OSError, IndexError, AssertionError):
            return {}
        lines = (line.split() for line in text.splitlines() if line.startswith("copydesk_index_"))
        return {name: float(value) for name, value in lines}

    def latency(self, percent: int) -> list[tuple[float, float]]:
        """By minute, of accounts seen in it (seconds)."""
        minutes: dict[int, list[float]] = {}
        for at, late in list(self._soak.latencies):
            minutes.setdefault(int((at - self._begun) / 60), []).append(late)
        return [
            (minute + 0.5, quantiles(late, n=100)[percent - 1])
            for minute, late in sorted(minutes.items())
            if len(late) > 1 and minute >= 0
        ]


def main() -> int:
    """Measures, feeds, harms; writes the picture and says what grew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--share", type=float, default=0.8, help="of the ceiling")
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    with running(Broker()) as broker, tempfile.TemporaryDirectory() as folder:
        kafka = KafkaOptions(bootstrap_servers=broker.bootstrap)
        with Soak(kafka=kafka, folder=Path(folder), seed=chosen.seed, cluster=broker) as soak:
            rate = chosen.share * _ceiling(soak)
            print(
                f"fed at {rate:,.0f} articles a second, load {os.getloadavg()[0]:.0f}", flush=True
            )
            samples = _run(soak, rate, chosen.minutes)
            soak.drain()
            time.sleep(2)
            lost, twice = soak.waiting(), soak.twice
    chosen.out.mkdir(exist_ok=True)
    path = chosen.out / "soak.svg"
    path.write_text(picture.lines(_pictures(samples), samples.faults))
    wrong = _grown(samples)
    print(f"{soak.fed:,} in, {lost} lost, {twice} twice; load {os.getloadavg()[0]:.0f}; {path}")
    for name, percent in (("p50", 50), ("p99", 99)):
        values = [value for _, value in samples.latency(percent)]
        print(f"{name} by minute: {', '.join(f'{value:.2f}' for value in values)} s")
    for text in wrong or ["memory and files are flat after the first third"]:
        print(text)
    return int(bool(wrong or lost or twice))


def _ceiling(soak: Soak) -> float:
    """Accounts a second, of a backlog."""
    soak.put(500)
    soak.until(lambda: soak.accounts >= 500, "a first account")
    begun = soak.accounts
    soak.put(_BACKLOG)
    soak.until(lambda: soak.accounts > begun + _BACKLOG // 10, "a start")
    at, before = time.monotonic(), soak.accounts
    soak.until(lambda: soak.accounts >= begun + _BACKLOG * 9 // 10, "the backlog")
    return (soak.accounts - before) / (time.monotonic() - at)


def _run(soak: Soak, rate: float, minutes: float) -> Samples:
    soak.rate = rate
    samples = Samples(soak)
    harm = 1
    while samples.now < minutes:
        samples.take()
        if samples.now > harm and minutes - samples.now > 0.5:
            does = (_HARD if samples.now < minutes / 3 else _MILD)[harm % 4]
            samples.faults[samples.now] = does.__doc__ or ""
            print(f"minute {harm}: {does.__doc__} {soak.waiting():,} wait", flush=True)
            does(soak)
            harm += 1
        time.sleep(_EVERY)
    return samples


def _kill_dedup(soak: Soak) -> None:
    """The decider is killed."""
    soak.workers[Role.DEDUP][0].kill()


def _kill_sources(soak: Soak) -> None:
    """The worker of sources is killed."""
    soak.workers[Role.SOURCES][0].kill()


def _kill_desk(soak: Soak) -> None:
    """The second desk is killed."""
    soak.workers[Role.DESK][-1].kill()


def _sleep_desk(soak: Soak) -> None:
    """The second desk sleeps for longer than its session."""
    worker = soak.workers[Role.DESK][-1]
    worker.send_signal(signal.SIGSTOP)
    time.sleep(5)
    worker.send_signal(signal.SIGCONT)


def _term_desk(soak: Soak) -> None:
    """The second desk is asked to go."""
    soak.workers[Role.DESK][-1].terminate()


def _restart_broker(soak: Soak) -> None:
    """The broker is restarted."""
    assert isinstance(soak.cluster, Broker)
    soak.cluster.stop()
    soak.cluster.start()


_HARD: Sequence[Callable[[Soak], None]] = (_restart_broker, _kill_dedup, _kill_sources, _kill_desk)
_MILD: Sequence[Callable[[Soak], None]] = (_kill_desk, _sleep_desk, _term_desk, _kill_desk)


def _pictures(samples: Samples) -> dict[str, picture.Series]:
    return {
        "memory, MB": samples.memory,
        "open files": samples.files,
        "from arrival to account, s": {
            name: samples.latency(percent) for name, percent in (("p50", 50), ("p99", 99))
        },
        "articles that wait": {"": samples.waiting},
        "articles in the index": {"": samples.index},
        "memory of the index, MB": {"": samples.index_bytes},
    }


def _grown(samples: Samples) -> list[str]:
    """What grew after the first third, by more than the index did."""
    found = []
    index = _change(samples.index_bytes)
    for what, series in (("memory, MB", samples.memory), ("open files", samples.files)):
        for role, points in series.items():
            before, after = _change(points)
            allowed = index[1] - index[0] if what[0] == "m" and role == Role.DEDUP else 0.0
            print(f"{role}: {what}: {before:.0f} after the first third, {after:.0f} at the end")
            if after - allowed > max(before * _GROWTH, before + _MORE):
                found.append(f"{role}: {what} grew from {before:.0f} to {after:.0f}")
    return found


def _change(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The mean after the first third, and at the end: of a sixth of the time each."""
    last = points[-1][0] if points else 1.0
    early = [value for at, value in points if last / 3 < at < last / 2]
    late = [value for at, value in points if at > last * 5 / 6]
    return mean(early or [0.0]), mean(late or [0.0])


if __name__ == "__main__":
    raise SystemExit(main())
