"""The processes of `copydesk worker`: how they start, start again and end, without a broker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import worker
from pipeline.cluster import WorkerOptions
from pipeline.errors import CopydeskError, WrongUseError
from pipeline.routing import Role
from pipeline.runners.kafka.roles import process, supervisor
from pipeline.runners.kafka.roles.children import CAN_FORK, Child, Leash, spawn
from pipeline.runners.kafka.roles.supervisor import Supervisor
from pipeline.settings import Settings

# Python 3.12 warns where other threads run: here those of the tests, in a worker's parent none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

PATIENCE = 20.0  # seconds


def until(look: Callable[[], int | None]) -> int:
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def sleep(_: int) -> int:
    time.sleep(2 * PATIENCE)
    return 0


def test_a_copy_ends_with_what_it_returns():
    assert until(Leash().fork(lambda _: 7).poll) == 7


def test_a_copy_that_raises_ends_with_1_and_returns_nowhere():
    def fail(_: int) -> int:
        raise RuntimeError("a bug")

    assert until(Leash().fork(fail).poll) == 1


def test_a_signal_right_after_the_start_ends_a_copy_and_leaves_the_parent():
    for _ in range(20):
        child = Leash().fork(sleep)
        child.send_signal(signal.SIGTERM)
        assert until(child.poll) == -signal.SIGTERM
        child.send_signal(signal.SIGTERM)  # it is gone: another process may have its number


AFTER_A_THREAD = """
import os, threading, time
from pipeline.runners.kafka.roles.children import wait_for_threads
threading.Thread(target=time.sleep, args=(0.3,)).start()
wait_for_threads()
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not CAN_FORK, reason="workers are new interpreters here")
def test_no_copy_is_made_before_all_threads_are_gone():
    """It would inherit what they hold: OpenSSL's lock, for ever."""
    command = [sys.executable, "-c", AFTER_A_THREAD]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"1\n"


# Three copies that leave a file when they begin and when their parent is gone.
FAMILY = """
import os, select
from pathlib import Path
from pipeline.runners.kafka.roles.children import Leash

def wait(end):
    Path(f"{os.getpid()}.began").touch()
    select.select([end], [], [])
    Path(f"{os.getpid()}.ended").touch()
    return 0

leash = Leash()
for _ in range(3):
    leash.fork(wait)
select.select([], [], [])
"""


def test_copies_see_that_their_parent_is_gone(tmp_path: Path):
    def all_of(what: str) -> int | None:
        return 3 if len([*tmp_path.glob(f"*.{what}")]) == 3 else None

    parent = subprocess.Popen([sys.executable, "-c", FAMILY], cwd=tmp_path)
    try:
        until(lambda: all_of("began"))
        assert all_of("ended") is None
    finally:
        parent.kill()
        parent.wait()
    until(lambda: all_of("ended"))


def test_a_new_interpreter_ends_when_it_is_told_to_and_has_the_exit_code_of_the_command():
    assert until(spawn(["worker", "--role", "none-of-ours"], {}).poll) == WrongUseError.exit_code
    child = spawn(["explain", "-"], {})  # reads its standard input, which does not end
    child.send_signal(signal.SIGTERM)
    assert until(child.poll) == -signal.SIGTERM


class Workers:
    """Starts copies that end with given codes; stops the supervisor when they are used up."""

    def __init__(self, *codes: int) -> None:
        self._codes = [*codes]
        self._leash = Leash()
        self.started = 0

    def __call__(self) -> Child:
        self.started += 1
        if not self._codes:
            os.kill(os.getpid(), signal.SIGTERM)
            return self._leash.fork(sleep)
        code = self._codes.pop(0)
        return self._leash.fork(lambda _: code)


def test_workers_that_fail_are_started_again_after_a_pause_that_doubles(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 0.1)
    workers = Workers(1, 0, 1)
    Supervisor({"desk": workers}).run()
    assert workers.started == 4
    assert caplog.messages == [
        "desk ended (exit 1); started again in 0 s",
        "desk ended (exit 0); started again in 0 s",
        "desk ended (exit 1); started again in 0 s",
    ]


def test_wrong_settings_of_one_worker_end_all():
    workers = Workers(WrongUseError.exit_code)
    with pytest.raises(WrongUseError, match="the desk worker cannot work so"):
        Supervisor({"desk": workers}).run()
    assert workers.started == 1


def test_a_worker_that_does_not_stop_is_killed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def ignore(_: int) -> int:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.kill(os.getppid(), signal.SIGINT)
        return sleep(_)

    monkeypatch.setattr(supervisor, "_GRACE", 0.2)
    leash = Leash()
    Supervisor({"dedup": lambda: leash.fork(ignore)}).run()
    assert caplog.messages == ["dedup did not stop in time and is killed: nothing is lost"]


def test_a_role_that_is_started_again_looks_for_the_broker_first(monkeypatch: pytest.MonkeyPatch):
    checked = []

    def preflight(_kafka: object, roles: tuple[Role, ...]) -> None:
        checked.append(roles)
        raise CopydeskError("no Kafka can be reached there")

    async def work(*_: object) -> None:
        pass

    monkeypatch.setattr(process, "preflight", preflight)
    monkeypatch.setattr(process, "work", work)
    monkeypatch.setattr(worker.Leash, "fork", lambda _, run: run(0))
    start = worker._copies()
    assert start("desk", Role.DESK, Settings()) == 0
    assert start("desk 2", Role.DESK, Settings()) == 0
    assert checked == []
    assert start("desk", Role.DESK, Settings()) == CopydeskError.exit_code
    assert checked == [(Role.DESK,)]


def test_each_desk_has_a_port_of_its_own():
    settings = Settings(worker=WorkerOptions(desks=3))
    ports = {name: own.worker.port(role) for name, (role, own) in worker._posts(settings).items()}
    assert ports == {"desk": 9631, "dedup": 9632, "sources": 9633, "desk 2": 9641, "desk 3": 9651}
    unserved = Settings(worker=WorkerOptions(desks=2, desk_port=None))
    assert worker._posts(unserved)["desk 2"][1].worker.desk_port is None
