"""Runs the user's rules in a process of their own, so that nothing they do reaches a worker.

A rule may raise, hang (in C too), end its process, print, or change what it was given: the article
then goes on without it, as if it were disabled, and a finding names it. What holds: the process is
killed after `own.seconds`, and a rule that was killed three times is off in this process. What
does not: the rule sees this machine as any program does (files, network, memory).
"""

from __future__ import annotations

import atexit
import os
import selectors
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from threading import Lock
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from pipeline.article import Draft
from pipeline.check import Subject
from pipeline.clean import Candidates, Context, Rule, RuleFailedError, Splice
from pipeline.clean.edits import apply, text_of
from pipeline.own.loading import Check, imported
from pipeline.own.options import OwnOptions
from pipeline.own.requests import Answer, Find, Take, frame

_MOST_KILLED = 3  # times; then a rule is off
_START = 60.0  # seconds for the process to import what it runs
_CHILD = "from pipeline.own.child import serve; serve()"
_READ = 1 << 16
_MOST_ADDED = 1 << 20  # characters that a rule may add to an article, beside as many as it has

_Result = TypeVar("_Result")
_splices = msgspec.msgpack.Decoder(list[Splice])
_number: msgspec.msgpack.Decoder[float | None] = msgspec.msgpack.Decoder(float | None)


class Own:
    """The user's rules as the stages call them: a failure is a `RuleFailedError`, nothing else."""

    def __init__(self, options: OwnOptions) -> None:
        found = imported(options)
        self._guard = Guard(options)
        self.rules = tuple(
            rule._replace(find=_Guarded(self._guard, number, rule))
            for number, rule in enumerate(found.rules)
        )
        self._checks = found.checks

    def measure(self, subject: Subject) -> tuple[dict[str, float | None], list[RuleFailedError]]:
        """Returns the measures of the user's checks by id, and which of them failed."""
        measures: dict[str, float | None] = {}
        failed = []
        for number, check in enumerate(self._checks):
            try:
                measures[check.measure.id] = self._take(number, check, subject)
            except RuleFailedError as error:
                failed.append(error)
        return measures, failed

    def _take(self, number: int, check: Check, subject: Subject) -> float | None:
        name = check.measure.id
        answer = self._guard.ask(name, Take(number, msgspec.to_builtins(subject)))
        return _decoded(name, answer, _number)


class _Guarded:
    """The `find` of a rule of the user's."""

    def __init__(self, guard: Guard, number: int, rule: Rule) -> None:
        self._guard, self._number, self._id = guard, number, rule.id

    def __call__(self, draft: Draft, candidates: Candidates, context: Context) -> Sequence[Splice]:
        known = msgspec.to_builtins(replace(context, learned=None))
        request = Find(self._number, draft, [*candidates.spans], [*candidates.lines], known)
        splices = _decoded(self._id, self._guard.ask(self._id, request), _splices)
        try:
            _check(draft, splices)
            apply(draft, self._id, splices)
        except ValueError as error:
            raise RuleFailedError(self._id, str(error)) from error
        return splices


def _check(draft: Draft, splices: Sequence[Splice]) -> None:
    """Raises ValueError for edits that are no edits of this draft."""
    for one in splices:
        size = len(text_of(draft, one.field))
        for start, end in ((one.start, one.end), one.copy_of or (0, 0)):
            if not 0 <= start <= end <= size:
                raise ValueError(f"{start}..{end} is no part of {one.field}, which has {size}")
    added = sum(len(one.added) for one in splices)
    if added > _MOST_ADDED + len(draft.body):
        raise ValueError(f"adds {added:,} characters to an article of {len(draft.body):,}")


def _decoded(name: str, answer: bytes, decoder: msgspec.msgpack.Decoder[_Result]) -> _Result:
    try:
        return decoder.decode(answer)
    except msgspec.DecodeError as error:
        raise RuleFailedError(name, f"returns what it must not: {error}") from error


class Guard:
    """The process that runs the user's rules; it is started at the first call, and after a kill."""

    def __init__(self, options: OwnOptions) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: Counter[str] = Counter()
        self._lock = Lock()

    def ask(self, name: str, request: Find | Take) -> bytes:
        """Returns what a rule answers. Raises `RuleFailedError`, which names it and says why."""
        if self._killed[name] >= _MOST_KILLED:
            raise RuleFailedError(name, f"is off in this process: it failed {_MOST_KILLED} times")
        with self._lock:
            try:
                answer = self._exchange(request)
            except (OSError, EOFError) as error:
                self.stop()
                self._killed[name] += 1
                raise RuleFailedError(name, str(error)) from error
        if not answer.is_fine:
            raise RuleFailedError(name, answer.content.decode("utf-8", "replace"))
        return answer.content

    def stop(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process and process.stdin and process.stdout:
            process.kill()
            process.stdin.close()
            process.stdout.close()
            process.wait()

    def _exchange(self, request: Find | Take) -> Answer:
        if self._process is None:
            self._start()
        self._send(request)
        return self._receive(self._options.seconds, "takes longer than own.seconds")

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
            bufsize=0,
        )
        atexit.register(self.stop)
        self._send(self._options)
        answer = self._receive(_START, "the process of the rules does not start")
        if not answer.is_fine:
            raise EOFError(answer.content.decode("utf-8", "replace"))

    def _send(self, message: object) -> None:
        process = self._process
        assert process is not None and process.stdin is not None  # noqa: S101, PT018
        data = memoryview(frame(msgspec.msgpack.encode(message)))
        while data:
            data = data[process.stdin.write(data) :]

    def _receive(self, seconds: float, late: str) -> Answer:
        process = self._process
        assert process is not None and process.stdout is not None  # noqa: S101, PT018
        deadline, got, wanted = time.monotonic() + seconds, bytearray(), 4
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while len(got) < wanted:
                if not selector.select(deadline - time.monotonic()):
                    raise TimeoutError(f"{late} ({seconds:g} s)")
                part = process.stdout.read(_READ)
                if not part:
                    raise EOFError(f"ended its process (exit code {process.wait()})")
                got += part
                if wanted == 4 <= len(got):
                    wanted += int.from_bytes(got[:4], "big")
        return msgspec.msgpack.decode(got[4:], type=Answer)


_known: dict[tuple[object, ...], Own] = {}


def own_of(options: OwnOptions) -> Own:
    """Returns the user's rules of some settings, the same ones for the same settings."""
    key = (options.repairs, options.checks, options.folder, options.seconds)
    if key not in _known:
        _known[key] = Own(options)
    return _known[key]
