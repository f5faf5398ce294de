"""Kills and stops workers where it hurts while articles pass, until all that was fed has come out.

`Plan` says how many and how hard: the short form runs in CI, the long one behind `make faults`.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple

from support.streams import PATIENCE, Pipeline, Reader, untold

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role

from . import verifier

_SLOW_WORKER = Path(__file__).with_name("slow_worker.py")
_PARTITIONS = 4
_SESSION = 2.0  # seconds until the group gives up a silent worker


class Plan(NamedTuple):
    """What is done to the workers; articles are fed as long as it goes on."""

    workers: int  # of each role
    kills: int  # SIGKILL inside a transaction
    sleeps: int  # SIGSTOP for longer than the session, then SIGCONT
    terms: int = 0  # SIGTERM, then started again
    backlog: int = 1000  # articles that wait at least
    pause: float = 0.3  # seconds inside each transaction
    seed: int = 7


class Report(NamedTuple):
    """What happened; `problems` must be empty and the other numbers must not be zero."""

    fed: int
    problems: list[str]
    aborted: int  # records of transactions that never committed
    backlogs: list[int]  # what was left to do at each fault: articles and accounts
    codes: list[int]  # exit codes of workers that were asked to stop
    zombies: list[int]  # exit codes of workers that came back after their session
    seen_uncommitted: list[str]  # what a reader of uncommitted records would call problems


def run(kafka: KafkaOptions, folder: Path, plan: Plan) -> Report:
    """Feed, hurt, wait, stop, verify."""
    environ = {
        "FAULTS_FOLDER": str(folder),
        "FAULTS_PAUSE": str(plan.pause),
        "COPYDESK_KAFKA__SESSION_TIMEOUT": str(_SESSION),
        "COPYDESK_KAFKA__BATCH_ARTICLES": "100",
    }
    with Pipeline(kafka, folder, raw_partitions=_PARTITIONS, environ=environ) as pipeline:
        pipeline.read.ignore("prepared")  # between the roles: what counts is what comes out
        hurt = _Hurt(pipeline, plan, random.Random(plan.seed))  # noqa: S311 - dice
        hurt.all_faults()
        hurt.drain()
        codes = pipeline.stop()
        pipeline.read.to_end()
        uncommitted = Reader(pipeline.options, "read_uncommitted")
        uncommitted.ignore("prepared")
        uncommitted.to_end()
        raw = {(record.partition, record.offset) for record in pipeline.read["raw"]}
        assert len(raw) == hurt.fed
        report = Report(
            hurt.fed,
            verifier.problems(pipeline.read, raw),
            verifier.aborted(pipeline.read, uncommitted),
            hurt.backlogs,
            codes,
            hurt.zombies,
            verifier.problems(uncommitted, raw),
        )
        uncommitted.close()
        return report


class _Hurt:
    def __init__(self, pipeline: Pipeline, plan: Plan, dice: random.Random) -> None:
        self._pipeline = pipeline
        self._plan = plan
        self._dice = dice
        self._stories = _stories(dice)
        self.fed = 0
        self._by_role: dict[Role, list[subprocess.Popen[bytes]]] = {}
        self.backlogs: list[int] = []
        self.zombies: list[int] = []

    def feed(self) -> None:
        """Top the backlog up, over all partitions."""
        self._pipeline.read.poll(10)
        while self._waiting() < self._plan.backlog:
            stories = list(islice(self._stories, self._plan.backlog))
            for partition in range(_PARTITIONS):
                self._pipeline.feed(stories[partition::_PARTITIONS], partition=partition)
            self.fed += len(stories)

    def _waiting(self) -> int:
        return self.fed - len(self._pipeline.read["quality"])

    def all_faults(self) -> None:
        """Each fault at a worker of a role in turn, which is started again afterwards."""
        for role in Role:
            self._by_role[role] = [self._start(role) for _ in range(self._plan.workers)]
        faults = ["kill"] * self._plan.kills + ["sleep"] * self._plan.sleeps
        faults += ["term"] * self._plan.terms
        self._dice.shuffle(faults)
        for number, fault in enumerate(faults):
            role = tuple(Role)[number % len(Role)]
            worker = self._stop_inside(role)
            self._pipeline.read.poll()
            self.backlogs.append(self._waiting() + untold(self._pipeline.read))
            getattr(self, f"_{fault}")(worker)
            self._inside(worker).unlink(missing_ok=True)
            self._by_role[role].remove(worker)
            self._by_role[role].append(self._start(role))

    def drain(self) -> None:
        """Wait for the rest; a worker that ends meanwhile is started again."""
        deadline = time.monotonic() + PATIENCE
        read = self._pipeline.read
        while self._waiting() or untold(read):
            assert time.monotonic() < deadline, self._stuck()
            read.poll(500)
            self._restart_ended()
        read.outcomes(self.fed)

    def _stuck(self) -> str:
        """What waits, and where."""
        read = self._pipeline.read
        missing = verifier.unaccounted(read)
        where = Counter(partition for partition, _ in missing)
        return (
            f"stuck: {len(missing)} articles by partition {dict(where)}, from {missing[:1]} to"
            f" {missing[-1:]}; {untold(read)} accounts that no source tells of"
        )

    def _start(self, role: Role) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(_SLOW_WORKER)]
        return self._pipeline.start(role, command=command)[0]

    def _restart_ended(self) -> None:
        for role, workers in self._by_role.items():
            for worker in list(workers):
                if worker.poll() is not None:
                    workers.remove(worker)
                    workers.append(self._start(role))

    def _stop_inside(self, role: Role) -> subprocess.Popen[bytes]:
        """A worker of the role, stopped between its last send and its commit."""
        deadline = time.monotonic() + PATIENCE  # nine workers may start at once on two cores
        while time.monotonic() < deadline:
            self.feed()
            self._restart_ended()
            for worker in self._by_role[role]:
                if self._inside(worker).exists():
                    worker.send_signal(signal.SIGSTOP)
                    if self._inside(worker).exists():
                        return worker
                    worker.send_signal(signal.SIGCONT)  # too late
        raise AssertionError(f"no {role} worker came into a transaction")

    def _inside(self, worker: subprocess.Popen[bytes]) -> Path:
        return self._pipeline.folder / f"inside-{worker.pid}"

    def _kill(self, worker: subprocess.Popen[bytes]) -> None:
        worker.kill()
        worker.wait()

    def _term(self, worker: subprocess.Popen[bytes]) -> None:
        worker.terminate()
        worker.send_signal(signal.SIGCONT)
        assert worker.wait(6) == 0, "SIGTERM inside a transaction"

    def _sleep(self, worker: subprocess.Popen[bytes]) -> None:
        """It stays stopped until another one has taken over; then it must find out and end."""
        role = next(role for role, workers in self._by_role.items() if worker in workers)
        time.sleep(2 * _SESSION)
        takes_over = self._start(role)
        self._await_partitions(role)
        worker.send_signal(signal.SIGCONT)
        self.zombies.append(worker.wait(60))
        takes_over.terminate()
        takes_over.wait(10)

    def _await_partitions(self, role: Role) -> None:
        """Until the worker that was started last has been given its partitions, and fenced them."""
        log = self._pipeline.folder / f"{role}-{len(self._pipeline.workers) - 1}.log"
        deadline = time.monotonic() + PATIENCE
        while b"partitions of" not in log.read_bytes():
            assert time.monotonic() < deadline, f"no {role} worker takes over"
            time.sleep(0.1)


def _stories(dice: random.Random) -> Iterator[bytes]:
    """New stories, near-copies of them, and the same ones again."""
    words = "harbour council budget bridge winter ferry school river market engine".split()
    for number in count():
        story = number if number % 3 else dice.randrange(number + 1)  # every third was sent before
        lines = [" ".join(f"{word}{story}x{line}" for word in words) for line in range(10)]
        # A word that only this copy has, and no number or name: those would be other news.
        ending = f"{''.join(dice.choices(ascii_lowercase, k=9))}." if number % 2 else ""
        body = "\n\n".join(f"{line} was discussed on Monday." for line in lines)
        article = {"headline": f"Story {story}", "articleBody": f"{body}\n\n{ending}"}
        yield json.dumps(article | {"source": f"paper {number % 17}"}).encode()
