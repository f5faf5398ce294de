"""Stopping a run on files between two inputs, so that every line it wrote is whole."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from typing import Self, TypeVar

_Item = TypeVar("_Item")


class Stop:
    """Turns the first Ctrl-C or SIGTERM into "no further input"; a second one interrupts at once.

    A context: inside it the signals are ours. `stopped` says, also afterwards, whether one came.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def before_next(self, inputs: Iterable[_Item]) -> Iterator[_Item]:
        """The inputs, ending early once a signal came."""
        for item in inputs:
            if self.stopped:
                return
            yield item

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: object) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True
