"""Runs all roles, one process each, under one parent that starts, restarts and stops them.

A worker ends itself whenever its state may differ from what was committed. The supervisor restarts
it after a pause, which doubles while it keeps failing; wrong settings end the supervisor.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from pipeline.errors import WrongUseError
from pipeline.routing import Role

log = logging.getLogger(__name__)

_WRONG_USE = 2  # the exit code of a worker whose settings are unusable
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a restart
_SETTLED = 60.0  # seconds after which a worker counts as running well
_GRACE = 6.0  # seconds to stop; workers need 5 at most
_POLL = 0.1  # seconds between two checks of the workers


class Supervisor:
    """Runs one worker for each role until a signal stops it."""

    def __init__(self, roles: Sequence[Role], arguments: Sequence[str]) -> None:
        self._children = [_Child(role, arguments) for role in roles]
        self._is_stopping = False

    def run(self, *, leashed: bool = False) -> None:
        """Runs until SIGTERM or SIGINT and stops every worker. Raises `WrongUseError`.

        If `leashed`, it also stops when standard input closes.
        """
        if leashed:
            threading.Thread(target=self._await_end_of_input, daemon=True).start()
        before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while not self._is_stopping:
                for child in self._children:
                    child.keep_running()
                time.sleep(_POLL)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _await_end_of_input(self) -> None:
        sys.stdin.buffer.read()
        self._is_stopping = True

    def _stop(self, _number: int, _frame: object) -> None:
        self._is_stopping = True

    def _end_all(self) -> None:
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + _GRACE
        for child in self._children:
            child.wait(max(0.0, deadline - time.monotonic()))


class _Child:
    """The process of one role."""

    def __init__(self, role: Role, arguments: Sequence[str]) -> None:
        self._role = role
        self._command = [sys.executable, "-m", "pipeline", "worker", "--role", role, "--leashed"]
        self._command += arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = _FIRST_PAUSE
        self._started = 0.0
        self._due = 0.0

    def keep_running(self) -> None:
        """Starts the process if it is not running and its pause is over."""
        if self._process:
            code = self._process.poll()
            if code is None:
                return
            self._process = None
            self._plan(code)
        if time.monotonic() >= self._due:
            # A session of its own: Ctrl-C reaches only the parent, which stops the child. The
            # pipe is never written to: it closes when the parent dies for whatever reason.
            self._process = subprocess.Popen(  # noqa: S603
                self._command, start_new_session=True, stdin=subprocess.PIPE
            )
            self._started = time.monotonic()

    def terminate(self) -> None:
        """Asks the process to stop."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Waits for the process to end, then kills it: an open transaction is not committed."""
        if self._process:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop in time and is killed: nothing is lost", self._role)
                self._process.kill()
                self._process.wait()

    def _plan(self, code: int) -> None:
        if code == _WRONG_USE:
            raise WrongUseError(f"the {self._role} worker cannot work so: see its message above")
        if time.monotonic() - self._started > _SETTLED:
            self._pause = _FIRST_PAUSE
        log.warning(
            "%s ended (%s); started again in %.0f s",
            self._role,
            f"exit {code}" if code >= 0 else signal.Signals(-code).name,
            self._pause,
        )
        self._due = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
