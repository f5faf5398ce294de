"""The processes of a supervisor: copies of itself or, where that is unsafe, new interpreters.

A copy (fork) has everything imported already: three new interpreters take a second of CPU each.
macOS may run threads of its own in a process, which do not survive a fork.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol

log = logging.getLogger(__name__)

CAN_FORK = sys.platform == "linux"
_STOPS = (signal.SIGTERM, signal.SIGINT)
_THREADS = Path("/proc/self/task")
_LAST_STEPS = 5.0  # seconds that a thread may take to be gone


class Child(Protocol):
    """A process that was started here; `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """Returns its exit code, -N if signal N ended it, or None while it runs."""
        ...

    def send_signal(self, sig: int, /) -> None:
        """Sends a signal, unless the process has ended."""
        ...


class Leash:
    """A pipe that nobody writes to: its end shows children that their parent is gone."""

    def __init__(self) -> None:
        self._end, self._held = os.pipe()

    def fork(self, run: Callable[[int], int]) -> Child:
        """Starts a child that calls `run` with the file descriptor of the pipe's end.

        The child exits with what `run` returns. It is in a session of its own: Ctrl-C reaches the
        parent alone, which stops the child.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # until the child has no handler of ours
        pid = os.fork()
        if pid == 0:
            self._become_child(run)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        return _Copy(pid)

    def _become_child(self, run: Callable[[int], int]) -> NoReturn:
        code = 1
        try:
            for number in _STOPS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
            os.setsid()
            os.close(self._held)
            code = run(self._end)
        except BaseException:  # nothing may return into the parent's code
            log.exception("a worker ends by a bug")
        finally:
            logging.shutdown()
            os._exit(code)


class _Copy:
    """A forked child."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self._pid, sig)


def wait_for_threads() -> None:
    """Waits until the operating system has this thread only; then a copy may be made.

    A thread that was joined may still be clearing up after itself, with a lock of OpenSSL in hand.
    A copy that is made meanwhile would wait for that lock for ever when it connects over TLS.
    """
    deadline = time.monotonic() + _LAST_STEPS
    while len([*_THREADS.iterdir()]) > 1 and time.monotonic() < deadline:
        time.sleep(0.001)


def spawn(arguments: Sequence[str], environ: Mapping[str, str]) -> Child:
    """Starts `copydesk` with these arguments in a new interpreter and a session of its own.

    `environ` is added to the environment.

    Its standard input is never written to: it closes when the parent dies for whatever reason.
    """
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "pipeline", *arguments],
        start_new_session=True,
        stdin=subprocess.PIPE,
        env=os.environ | environ,
    )
