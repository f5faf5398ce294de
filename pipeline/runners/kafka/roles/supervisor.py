"""Runs each role in processes of its own, under one parent that starts, restarts and stops them.

A worker ends itself whenever its state may differ from what was committed. The supervisor restarts
it after a pause, which doubles while it keeps failing; wrong settings end the supervisor.
"""

from __future__ import annotations

import logging
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping

from pipeline.errors import WrongUseError
from pipeline.runners.kafka.roles.children import Child

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 8.0  # seconds before a restart
_SETTLED = 60.0  # seconds after which a worker counts as running well
_GRACE = 6.0  # seconds to stop; workers need 5 at most
_POLL = 0.1  # seconds between two checks of the workers
_SHORT = 0.02  # seconds between two such checks while they stop


class Supervisor:
    """Runs workers until a signal stops it."""

    def __init__(self, starts: Mapping[str, Callable[[], Child]]) -> None:
        """`starts`: for each worker, by its name in the log, what starts its process."""
        self._workers = [_Worker(name, start) for name, start in starts.items()]
        self._is_stopping = False

    def run(self, *, leashed: bool = False) -> None:
        """Runs until SIGTERM or SIGINT and stops every worker. Raises `WrongUseError`.

        If `leashed`, it also stops when standard input closes.
        """
        before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while not self._is_stopping:
                for worker in self._workers:
                    worker.keep_running()
                if select.select([sys.stdin] if leashed else [], [], [], _POLL)[0]:
                    break
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: object) -> None:
        self._is_stopping = True

    def _end_all(self) -> None:
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + _GRACE
        for worker in self._workers:
            worker.wait(deadline)


class _Worker:
    """The process of one worker, or the pause before its next start."""

    def __init__(self, name: str, start: Callable[[], Child]) -> None:
        self._name = name
        self._start = start
        self._child: Child | None = None
        self._pause = _FIRST_PAUSE
        self._started = 0.0
        self._due = 0.0

    def keep_running(self) -> None:
        """Starts the process if it is not running and its pause is over."""
        if self._child:
            code = self._child.poll()
            if code is None:
                return
            self._child = None
            self._plan(code)
        if time.monotonic() >= self._due:
            self._child = self._start()
            self._started = time.monotonic()

    def terminate(self) -> None:
        """Asks the process to stop."""
        if self._child:
            self._child.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        """Waits for the process to end, then kills it: an open transaction is not committed."""
        while self._child and self._child.poll() is None:
            if time.monotonic() > deadline:
                log.warning("%s did not stop in time and is killed: nothing is lost", self._name)
                self._child.send_signal(signal.SIGKILL)
                deadline = float("inf")
            time.sleep(_SHORT)

    def _plan(self, code: int) -> None:
        if code == WrongUseError.exit_code:
            raise WrongUseError(f"the {self._name} worker cannot work so: see its message above")
        if time.monotonic() - self._started > _SETTLED:
            self._pause = _FIRST_PAUSE
        log.warning(
            "%s ended (%s); started again in %.0f s",
            self._name,
            f"exit {code}" if code >= 0 else signal.Signals(-code).name,
            self._pause,
        )
        self._due = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
