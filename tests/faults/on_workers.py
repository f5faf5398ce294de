"""Faults of worker processes: what the list of faults calls 1 to 4 and 6 to 12."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from support.poison import LARGE, POISON, TOO_LARGE
from support.streams import Producer, configure
from test_stream_state import SPOILS

from pipeline.routing import Role

from .scene import SESSION, Scene, article
from .worker import STAGES

_STALL = 15.0  # seconds that progress may stop while workers join and leave
_GROWTH = 150.0  # MB that a worker may grow by while its output is slow
_EVERY = 5.0  # seconds
_SLOW = 180.0  # seconds
_STORIES = 300
# What was done to the decider's state, and what it says of it.
_NOTICES = {
    "deleted": b"",
    "cut off": b"cut off at",
    "damaged": b"cannot be used",
    "from the future": b"is read from its start",
}


def kill(scene: Scene, times: int) -> None:
    """SIGKILL to any worker, whatever it does."""
    for _ in range(times):
        time.sleep(scene.dice.uniform(0.5, 4))
        _, worker = scene.any_worker()
        with scene.fault():
            worker.kill()
    scene.settle()


def kill_inside(scene: Scene, times: int, place: str = "inside", *roles: Role) -> None:
    """SIGKILL between the last send and the commit, roles in turn."""
    among = roles or tuple(Role)
    for number in range(times):
        worker = scene.inside(among[number % len(among)], place)
        with scene.fault():
            worker.kill()
        time.sleep(scene.dice.uniform(0, 3))
    scene.settle()


def kill_between(scene: Scene, times: int) -> None:
    """SIGKILL when the index has its entries and clean does not have the articles."""
    kill_inside(scene, times, "between", Role.DEDUP)


def kill_desk_inside(scene: Scene, times: int) -> None:
    """The records for dedup are there, and aborted."""
    kill_inside(scene, times, "inside", Role.DESK)


def kill_desk(scene: Scene, times: int) -> None:
    """SIGKILL to a desk that has committed something."""
    for _ in range(times):
        time.sleep(3)
        with scene.fault():
            scene.workers[Role.DESK][0].kill()


def kill_decider(scene: Scene, times: int) -> None:
    """SIGKILL to the decider of `copydesk worker`: the next one waits for no session."""
    note = scene.folder / "state" / f"{scene.options.group_of(Role.DEDUP)}-0.in-hand"
    for _ in range(times):
        time.sleep(scene.dice.uniform(1, 4))
        with scene.fault():
            os.kill(_holder(note), signal.SIGKILL)
        scene.settle()


def _holder(path: Path) -> int:
    """The process that has a file locked (Linux)."""
    inode = f":{path.stat().st_ino} "
    [lock] = (line for line in Path("/proc/locks").read_text().splitlines() if inode in line)
    return int(lock.split()[4])


def sleep(scene: Scene, times: int) -> None:
    """A worker is stopped inside a transaction until another one has its partitions.

    Then it must find out, commit nothing, and end with an error.
    """
    for number in range(times):
        role = tuple(Role)[number % len(Role)]
        worker = scene.inside(role)
        with scene.fault():
            scene.replace(role)
            time.sleep(2 * SESSION)
            scene.until(lambda role=role: _is_back(scene, role), "a takeover")
            worker.send_signal(signal.SIGCONT)
            if worker.wait(60) == 0:
                scene.problems.append(f"a {role} worker that was fenced ended as if well")
        scene.settle()


def sleep_until_sought(scene: Scene, times: int) -> None:
    """The worker that sleeps wakes up when the next one has read the committed offsets."""
    for _ in range(times):
        worker = scene.inside(Role.DESK)
        (scene.folder / "fence-late").touch()
        with scene.fault():
            scene.replace(Role.DESK)
            sought = scene.folder / "sought"
            scene.until(sought.exists, "a seek")
            sought.unlink()
            worker.send_signal(signal.SIGCONT)
            time.sleep(6)
            worker.kill()


def term(scene: Scene, times: int) -> None:
    """SIGTERM: it finishes what is open and ends within 5 s; another one is started."""
    for _ in range(times):
        time.sleep(scene.dice.uniform(0.5, 3))
        _, worker = scene.any_worker()
        with scene.fault():
            scene.ask_to_go(worker)
    scene.settle()


def rolling(scene: Scene, times: int) -> None:
    """Each worker is replaced by a new one, which is there before the old one goes."""
    roles = [role for role in Role for _ in range(scene.wanted[role])]
    for number in range(times):
        role = roles[number % len(roles)]
        with scene.fault():
            leaving = scene.replace(role)
            scene.until(lambda role=role: _is_back(scene, role), "a new worker")
            scene.ask_to_go(leaving)
    scene.settle()


def upgrade(scene: Scene, times: int) -> None:
    """Workers of an earlier version are replaced by those of today, while articles come."""
    del scene.pipeline.environ["PYTHONPATH"]
    rolling(scene, times)


def join_leave(scene: Scene, times: int) -> None:
    """A further worker of each role in turn, for 5 s; progress never stops for long."""
    usual = dict(scene.wanted)
    began = time.time()
    for number in range(times):
        role = tuple(Role)[number // 2 % len(Role)]
        with scene.fault():
            scene.want(role, usual[role] + 1 - number % 2)
        time.sleep(_EVERY)
    for role, workers in usual.items():
        scene.want(role, workers)
    scene.settle()
    if (stall := scene.stall(began)) > _STALL:
        scene.problems.append(f"progress stopped for {stall:.1f} s")


def poison(scene: Scene, _times: int) -> None:
    """What no article can be read from, among articles: none of it stops a worker."""
    before = len(scene.codes)
    configure(scene.options, scene.pipeline.raw, max_message_bytes=str(TOO_LARGE))
    given = [*POISON.values(), (b"large", LARGE)]
    with scene.fault(), Producer(scene.options) as producer:
        sent = [
            producer.send(scene.pipeline.raw, key=key, value=value, partition=number % 4)
            for number, (key, value) in enumerate(given)
        ]
        places = {(one.partition, one.offset) for one in (future.get(60) for future in sent)}
    read = scene.pipeline.read
    scene.until(lambda: len(read["dead_letter"]) >= len(given), "the dead letters")
    scene.settle()
    dead = {
        (int(told["partition"]), int(told["offset"]))
        for told in (
            {name.rpartition(".")[2]: value for name, value in record.headers}
            for record in read["dead_letter"]
        )
    }
    if dead != places:
        scene.problems.append(f"dead letters of {sorted(dead)}, sent {sorted(places)}")
    if len(scene.codes) > before:
        scene.problems.append(f"workers ended: {scene.codes[before:]}")


def raise_(scene: Scene, times: int) -> None:
    """An error once at each stage: a bug makes one dead letter, anything else ends the worker."""
    for stage in [*STAGES][:times]:
        mark = scene.folder / f"raise-{stage}"
        with scene.fault():
            mark.touch()
            scene.until(lambda mark=mark: not mark.exists(), f"an error at {stage}")
        scene.settle()


def copies(scene: Scene, _times: int) -> None:
    """Stories that come three times at once, with a near-copy to each partition."""
    first = 10**9  # stories that nobody else feeds
    with scene.fault(), Producer(scene.options) as producer:
        for number in range(first, first + _STORIES):
            for partition in range(4):
                value = article(number, 2 * partition + 1, scene.dice)
                producer.send(scene.pipeline.raw, value, partition=partition)
            for partition in range(3):
                producer.send(
                    scene.pipeline.raw, article(number, 0, scene.dice), partition=partition
                )
    scene.settle()


def slow(scene: Scene, _times: int) -> None:
    """For three minutes a commit takes 20 s: memory stays bounded, and no session is lost."""
    workers = [worker for role in Role for worker in scene.workers[role]]
    before = {worker.pid: _memory(worker) for worker in workers}
    assigned = _assignments(scene)
    mark = scene.folder / "slow"
    with scene.fault():
        mark.write_text("20")
        time.sleep(_SLOW)
        grown = max(_memory(worker) - before[worker.pid] for worker in workers)
        mark.unlink()
    if _assignments(scene) > assigned:
        scene.problems.append("a session was lost while output was slow")
    scene.settle(300)
    scene.notes.append(f"grew by {grown:.0f} MB")
    if grown > _GROWTH:
        scene.problems.append(f"a worker grew by {grown:.0f} MB")
    if any(worker.poll() is not None for worker in workers):
        scene.problems.append("a worker ended while its output was slow")


def snapshot(scene: Scene, times: int) -> None:
    """What the decider keeps on disk is spoilt while it is away, and it must notice."""
    [folder] = (scene.folder / "state").glob("*-0")
    scene.put(2000)  # it is written after a thousand changes
    for name, notices in [*_NOTICES.items()][:times]:
        scene.until(lambda: [*folder.glob("*.rows")], "state on disk")
        scene.settle()
        before = scene.log_of_last(Role.DEDUP)
        with scene.fault():
            scene.want(Role.DEDUP, 0)
            SPOILS[name](folder)
            scene.want(Role.DEDUP, 1)
            scene.until(lambda log=before: scene.log_of_last(Role.DEDUP) != log, "a start")
            log = scene.log_of_last(Role.DEDUP)
            scene.until(
                lambda log=log, notices=notices: notices in log.read_bytes(),
                f"that it notices what was {name}",
            )
            scene.until(lambda: _is_back(scene, Role.DEDUP), "a decider")
    scene.settle()


def _is_back(scene: Scene, role: Role) -> bool:
    """Whether the worker of a role that was started last has partitions."""
    return b"partitions of" in scene.log_of_last(role).read_bytes()


def _memory(worker: subprocess.Popen[bytes]) -> float:
    """MB that a process has in memory."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(worker.pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return int(told or 0) / 1024


def _assignments(scene: Scene) -> int:
    """How often workers were given partitions."""
    return sum(path.read_bytes().count(b"partitions of") for path in scene.folder.glob("*.log"))


def in_turn(scene: Scene, _times: int) -> None:
    """What CI has time for."""
    kill_inside(scene, 3)
    kill_between(scene, 1)
    sleep(scene, 1)
    term(scene, 1)
    join_leave(scene, 2)
    raise_(scene, len(STAGES))
