"""A pipeline under steady load that is watched while a row of the table does harm to it.

A thread feeds new stories, near-copies and repetitions. Another one reads what is committed, notes
when each account appeared, and starts again whatever worker ended, as a supervisor would.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count, pairwise
from pathlib import Path
from string import ascii_lowercase
from typing import Any, NamedTuple, Self

from kafka.errors import KafkaError
from support.clusters import Cluster
from support.lags import lags
from support.streams import PATIENCE, Pipeline, Producer, Reader, untold

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role

from . import verifier
from .proxy import Proxy

_WORKER = Path(__file__).with_name("worker.py")
_PARTITIONS = 4
SESSION = 2.0  # seconds until the group gives up a silent worker
_CALM = 4.0  # seconds of normal work before the first fault
_SLACK = 0.5  # seconds added to twice the usual latency: what is longer is not normal
_LEAST = 1.0  # seconds: shorter is always normal
_PAUSE = 0.2  # seconds between two looks


class Fault(NamedTuple):
    """One time that harm was done."""

    begun: float  # seconds since 1970
    over: float
    backlog: int  # what was left to do when it began: articles and accounts


class Result(NamedTuple):
    """A row of the table."""

    name: str
    times: int
    fed: int
    lost: int
    twice: int
    aborted: int  # records of transactions that never committed
    backlog: int  # the least at a fault
    stall: float  # seconds, the longest without an account while something waited
    back: float  # seconds after a fault until the last account that came late
    usual: float  # seconds from a record's arrival to its account before the first fault, p99
    notes: tuple[str, ...]
    problems: tuple[str, ...]  # of the workers
    found: tuple[str, ...]  # by the verifier
    believed: int  # problems that a reader of uncommitted records would see


class Scene:
    """Topics, workers, feeder and watcher on a cluster."""

    def __init__(  # noqa: PLR0913
        self,
        kafka: KafkaOptions,
        folder: Path,
        *,
        seed: int,
        workers: int | Mapping[Role, int] = 1,
        rate: float = 40.0,
        pause: float = 0.2,
        supervised: bool = False,
        environ: Mapping[str, str] | None = None,
        feeds: KafkaOptions | None = None,
        cluster: Broker | Cluster | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        """`workers` of each role or by role, `pause` seconds inside each transaction.

        `supervised`: one `copydesk worker` instead, as it is. `feeds`: how the feeder and the
        watcher reach the cluster, where workers must take another way.
        """
        self.folder = folder
        self.cluster = cluster
        self._proxy = proxy
        self.dice = random.Random(seed)  # noqa: S311 - dice
        self.environ = {
            "FAULTS_FOLDER": str(folder),
            "FAULTS_PAUSE": str(pause),
            "COPYDESK_KAFKA__SESSION_TIMEOUT": str(SESSION),
            "COPYDESK_KAFKA__BATCH_ARTICLES": "100",
            "COPYDESK_WORKER__STATE_FOLDER": str(folder / "state"),
            **(environ or {}),
        }
        self.pipeline = Pipeline(
            kafka, folder, raw_partitions=_PARTITIONS, environ=self.environ, feeds=feeds
        )
        self.options = self.pipeline.options
        each = workers if isinstance(workers, Mapping) else dict.fromkeys(Role, workers)
        self.wanted = {} if supervised else dict(each)
        self.workers: dict[Role, list[subprocess.Popen[bytes]]] = {role: [] for role in Role}
        self._supervisor: subprocess.Popen[bytes] | None = None
        self.codes: list[int] = []  # of workers that ended
        self.faults: list[Fault] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.usual = 0.0
        self._is_supervised = supervised
        self.rate = rate  # articles a second; may be changed
        self._owed = 0.0  # articles that are to be fed at once
        self._stories = _stories(self.dice)
        self._lock = threading.Lock()  # over `workers` and `wanted`
        self._progress: list[float] = []  # when new accounts were seen
        self._latencies: list[tuple[float, float]] = []  # when one was, how long after its record
        self._arrived: dict[verifier.Place, float] = {}  # raw records without an account
        self._early: dict[verifier.Place, float] = {}  # accounts whose record was not read yet
        self._read = Counter[str]()  # records looked at, by topic
        self._is_feeding = threading.Event()
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._feed, daemon=True),
            threading.Thread(target=self._watch, daemon=True),
        ]

    def __enter__(self) -> Self:
        self.pipeline.read.ignore("prepared")  # between the roles: what counts is what comes out
        self._is_feeding.set()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_feeding.clear()
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        self.pipeline.__exit__(*error)  # type: ignore[arg-type]

    # What goes on by itself

    def _feed(self) -> None:
        with Producer(self.pipeline.feeds) as producer:
            before = time.monotonic()
            while self._is_feeding.is_set():
                now = time.monotonic()
                self._owed += self.rate * min(now - before, 1.0)
                before = now
                while self._owed >= 1 and self._is_feeding.is_set():
                    self._owed -= 1
                    with suppress(KafkaError):  # what is not acknowledged was not fed
                        at = self.dice.randrange(_PARTITIONS)
                        producer.send(self.pipeline.raw, next(self._stories), partition=at)
                time.sleep(0.05)

    def _watch(self) -> None:
        read = self.pipeline.read
        while not self._is_over.is_set():
            with suppress(KafkaError):
                read.poll(100)
            self._note(time.time())
            with self._lock:
                self._tend()

    def _note(self, now: float) -> None:
        """Matches new accounts to the raw records that they are of."""
        for record in self._new("raw"):
            at, arrived = (record.partition, record.offset), record.timestamp / 1000
            if seen := self._early.pop(at, None):
                self._latencies.append((seen, seen - arrived))
            else:
                self._arrived[at] = arrived
        accounts = self._new("quality")
        if accounts:
            self._progress.append(now)
        for at in map(verifier.place_of, accounts):
            if arrived := self._arrived.pop(at, None):
                self._latencies.append((now, now - arrived))
            else:
                self._early[at] = now

    def _new(self, topic: str) -> Sequence[Any]:
        records = self.pipeline.read[topic][self._read[topic] :]
        self._read[topic] += len(records)
        return records

    def _tend(self) -> None:
        """Starts workers until there are as many as wanted."""
        for role, wanted in self.wanted.items():
            for worker in [one for one in self.workers[role] if one.poll() is not None]:
                self.workers[role].remove(worker)
                self.codes.append(worker.returncode)
            while len(self.workers[role]) < wanted:
                self._start(role)
        if self._is_supervised and (not self._supervisor or self._supervisor.poll() is not None):
            if self._supervisor:
                self.codes.append(self._supervisor.returncode)
            command = [sys.executable, "-m", "pipeline", "worker"]
            self._supervisor = self.pipeline.start_all(command)

    def _start(self, role: Role) -> None:
        command = [sys.executable, str(_WORKER)]
        self.workers[role] += self.pipeline.start(role, command=command)

    # What a row asks and does

    @contextmanager
    def fault(self) -> Iterator[None]:
        """Around the harm: from its end on it should be normal again soon."""
        backlog, begun = self.waiting(), time.time()
        yield
        self.faults.append(Fault(begun, time.time(), backlog))

    @property
    def proxy(self) -> Proxy:
        """What workers reach the brokers through."""
        assert self._proxy
        return self._proxy

    def waiting(self) -> int:
        """What is left to do: articles without an account, accounts that no source tells of."""
        read = self.pipeline.read
        return len(read["raw"]) - len(read["quality"]) + untold(read)

    def put(self, articles: int) -> None:
        """Feeds so many more, at once."""
        self._owed += articles

    def want(self, role: Role, workers: int) -> None:
        """Has so many workers of a role from now on; those that are too many are asked to go."""
        with self._lock:
            self.wanted[role] = workers
            leaving = self.workers[role][workers:]
            del self.workers[role][workers:]
        for worker in leaving:
            self.ask_to_go(worker)

    def replace(self, role: Role) -> subprocess.Popen[bytes]:
        """Starts another worker beside one, which is wanted no more; returns the first one."""
        with self._lock:
            first = self.workers[role].pop(0)
            self._start(role)
        return first

    def ask_to_go(self, worker: subprocess.Popen[bytes]) -> None:
        """SIGTERM; it must end within 5 seconds, as if well."""
        worker.terminate()
        worker.send_signal(signal.SIGCONT)
        began = time.monotonic()
        code = worker.wait(30)
        if time.monotonic() - began > 6 or code not in {0, -signal.SIGTERM}:
            # One that had only just been started ends before it has anything to finish.
            self.problems.append(f"SIGTERM: exit {code} after {time.monotonic() - began:.1f} s")

    def any_worker(self) -> tuple[Role, subprocess.Popen[bytes]]:
        """Some worker that runs."""
        with self._lock:
            self._tend()
            role = self.dice.choice(list(Role))
            return role, self.dice.choice(self.workers[role])

    def inside(self, role: Role, place: str = "inside") -> subprocess.Popen[bytes]:
        """A worker of the role, stopped between its last send and its commit."""
        deadline = time.monotonic() + PATIENCE  # nine workers may start at once on two cores
        while time.monotonic() < deadline:
            for worker in list(self.workers[role]):
                mark = self.folder / f"{place}-{worker.pid}"
                if mark.exists() and worker.poll() is None:
                    worker.send_signal(signal.SIGSTOP)
                    if mark.exists():
                        return worker
                    worker.send_signal(signal.SIGCONT)  # too late
            time.sleep(0.005)
        raise AssertionError(f"no {role} worker came into a transaction")

    def log_of_last(self, role: Role) -> Path:
        """The log of the worker of a role that was started last."""
        logs = self.folder.glob(f"{role}-*.log")
        return max(logs, key=lambda path: int(path.stem.rpartition("-")[2]))

    def until(self, happens: Callable[[], Any], what: str, patience: float = PATIENCE) -> None:
        """Waits until `happens()`; what does not happen is a problem, and ends the row."""
        deadline = time.monotonic() + patience
        while not happens():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not happen within {patience:.0f} s")
            time.sleep(_PAUSE)

    def warm_up(self) -> None:
        """Until accounts come as they usually will."""
        self.until(lambda: self._progress, "a first account")
        self.until(lambda: self.late() < 3 * _LEAST, "normal work")
        begun = time.time()
        time.sleep(_CALM)
        self.until(lambda: self._since(begun), "accounts in calm")
        late = self._since(begun)
        self.usual = late[len(late) * 99 // 100]

    def _since(self, begun: float) -> list[float]:
        """How late accounts came since then, in order."""
        return sorted(late for at, late in self._latencies if at > begun)

    @property
    def normal(self) -> float:
        """Seconds from a record's arrival until its account is seen that are not late."""
        return max(_LEAST, 2 * self.usual + _SLACK)

    def late(self) -> float:
        """How long the oldest record without an account has been waiting (seconds)."""
        waits = list(self._arrived.values())
        return time.time() - min(waits) if waits else 0.0

    def settle(self, patience: float = PATIENCE) -> None:
        """Until it is normal again. What the last fault holds up is late some time after it."""
        shown = self.faults[-1].over + self.normal if self.faults else 0.0
        self.until(
            lambda: time.time() > shown and self.late() < self.normal, "normal work", patience
        )

    def finish(
        self, name: str, *, patience: float = PATIENCE, believes_all: bool = False
    ) -> Result:
        """Stops feeding, waits for the rest, stops the workers, verifies.

        `believes_all`: as a reader of uncommitted records would, who must find something wrong.
        """
        self._is_feeding.clear()
        self._threads[0].join()
        self._drain(patience)
        drained = time.time()
        with suppress(AssertionError):
            self.until(lambda: not sum(lags(self.pipeline.feeds).values()), "no lag", 20)
        if left := {at: lag for at, lag in lags(self.pipeline.feeds).items() if lag}:
            self.problems.append(f"groups have a lag when all is done: {left}")
        self._is_over.set()
        self._threads[1].join()
        codes = self.pipeline.stop()
        if not set(codes) <= {0, -signal.SIGTERM}:
            self.problems.append(f"SIGTERM at the end: exit codes {codes}")
        return self._result(name, drained, believes_all=believes_all)

    def _drain(self, patience: float) -> None:
        least, deadline = self.waiting(), time.monotonic() + patience
        while waiting := self.waiting():
            if waiting < least:
                least, deadline = waiting, time.monotonic() + patience
            elif time.monotonic() > deadline:
                self.problems.append(f"stuck with {waiting} left to do")
                return
            time.sleep(_PAUSE)
        time.sleep(1)  # topics do not move in step

    def _result(self, name: str, drained: float, *, believes_all: bool) -> Result:
        committed = self.pipeline.read.to_end()
        uncommitted = Reader(self.pipeline.feeds, "read_uncommitted")
        uncommitted.ignore("prepared")
        uncommitted.to_end()
        found = verifier.verify(uncommitted if believes_all else committed)
        believed = verifier.verify(uncommitted).problems
        uncommitted.close()
        return Result(
            name,
            len(self.faults),
            len(committed["raw"]),
            found.lost,
            found.twice,
            verifier.aborted(committed, uncommitted),
            min((one.backlog for one in self.faults), default=0),
            self.stall(self.faults[0].begun - _CALM if self.faults else 0.0, drained),
            self._back(),
            self.usual,
            tuple(self.notes),
            tuple(self.problems),
            found.problems,
            len(believed),
        )

    def stall(self, since: float, until: float = float("inf")) -> float:
        """The longest time between two looks that saw new accounts (seconds)."""
        moments = [at for at in self._progress if since < at <= until]
        return max((after - before for before, after in pairwise(moments)), default=0.0)

    def _back(self) -> float:
        late = [at for at, latency in self._latencies if latency > self.normal]
        ends = [*(one.begun for one in self.faults), float("inf")][1:]
        found = 0.0
        for fault, end in zip(self.faults, ends, strict=False):
            found = max([found, *(at - fault.over for at in late if fault.over < at < end)])
        return found


def _stories(dice: random.Random) -> Iterator[bytes]:
    """New stories, near-copies of them, and the same ones again."""
    for number in count():
        yield article(number if number % 3 else dice.randrange(number + 1), number, dice)


_WORDS: Sequence[str] = (
    "harbour council budget bridge winter ferry school river market engine".split()
)


def article(story: int, number: int, dice: random.Random) -> bytes:
    """The text of a story, from one of 17 papers; every second one with a word of its own."""
    lines = [" ".join(f"{word}{story}x{line}" for word in _WORDS) for line in range(10)]
    # A word that only this copy has, and no number or name: those would be other news.
    ending = f"{''.join(dice.choices(ascii_lowercase, k=9))}." if number % 2 else ""
    body = "\n\n".join(f"{line} was discussed on Monday." for line in lines)
    record = {"headline": f"Story {story}", "articleBody": f"{body}\n\n{ending}"}
    return json.dumps(record | {"source": f"paper {number % 17}"}).encode()
