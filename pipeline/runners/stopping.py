"""Stops a run on files between two inputs, so that every written line is whole."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from typing import Self, TypeVar

_Item = TypeVar("_Item")


class Stop:
    """A context in which the first Ctrl-C or SIGTERM ends the input; a second one interrupts.

    `stopped` says whether a signal came, also after the context.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def before_next(self, inputs: Iterable[_Item]) -> Iterator[_Item]:
        """Yields the inputs until a signal comes."""
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
