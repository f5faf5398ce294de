"""The local runner: the whole desk in one process, from files to a folder.

Preparing depends on nothing but the article, so `jobs` processes may share it; comparing goes
in input order in this process. The outputs are the same bytes for any number of jobs.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from pipeline.article import Arrival, Article, DeadLetter, Outcome, Prepared, Rejected
from pipeline.dedup import CompactIndex, Index, entry_of
from pipeline.errors import WorkFailedError
from pipeline.flow import Desk, decide, is_remembered, prepare, settle
from pipeline.memo import Memo
from pipeline.parse import ParseOptions
from pipeline.report import Tally
from pipeline.routing import Door
from pipeline.runners.entries import EntryFiles
from pipeline.runners.inputs import Inputs, Unread
from pipeline.runners.outputs import Outputs, path_of

# One task for a worker: big enough that handing it over costs little, small enough to keep
# memory flat with 8 MB articles.
_CHUNK = 64  # inputs
_CHUNK_BYTES = 4 << 20

_Item = TypeVar("_Item")
Input = tuple[bytes, Arrival] | DeadLetter
Ready = Prepared | Rejected | DeadLetter


def run_files(
    inputs: Iterable[Input],
    outputs: Outputs,
    desk: Desk,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> Tally:
    """Every input through the desk and out of exactly one door; what came of it in figures.

    `progress` is told how many inputs are done. Raises `WorkFailedError` where a file cannot be
    written; the files then still end with whole lines.
    """
    tally = Tally()
    with EntryFiles.temporary() as entries:
        index = CompactIndex(desk.dedup, entries)
        for done, ready in enumerate(prepare_all(inputs, desk, jobs), start=1):
            outcome = _finish(ready, index, desk)
            outputs.add(outcome)
            tally.add(outcome)
            progress(done)
    outputs.flush()
    return tally


def arrivals(inputs: Inputs, options: ParseOptions, seen_at: str) -> Iterator[Input]:
    """Each input with the envelope it arrives in: all at the time of the run."""
    for item in inputs:
        if isinstance(item, Unread):
            yield item.dead_letter(options, seen_at)
        else:
            yield item.value, Arrival(item.origin, seen_at, item.format)


def prepare_all(inputs: Iterable[Input], desk: Desk, jobs: int) -> Iterator[Ready]:
    """What `prepare` makes of each input, in input order."""
    if jobs == 1:
        yield from _prepare_each(inputs, desk, Memo())
        return
    chunks = _chunks(inputs)
    workers = ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (desk,))
    with workers as pool:
        waiting: deque[Future[list[Ready]]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_prepare_chunk, chunk))
                if len(waiting) > 2 * jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise WorkFailedError(
                "a worker process died, perhaps for want of memory: run again with fewer --jobs"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def find_articles(folder: Path, ids: frozenset[str]) -> dict[str, Article]:
    """The published articles with these ids; of several with one id, the first."""
    found: dict[str, Article] = {}
    if not ids:
        return found
    marks = [msgspec.json.encode(id_) for id_ in ids]
    with path_of(folder, Door.CLEAN).open("rb") as lines:
        for line in lines:
            head = line[: line.find(b'"url":')]
            if any(mark in head for mark in marks):
                article = msgspec.json.decode(line, type=Article)
                found.setdefault(article.id, article)
    return found


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


def _finish(ready: Ready, index: Index, desk: Desk) -> Outcome | DeadLetter:
    if isinstance(ready, DeadLetter):
        return ready
    if isinstance(ready, Rejected):
        return settle(ready)
    outcome = decide(ready, index.neighbours(ready), desk)
    if is_remembered(outcome):
        index.add(entry_of(ready, outcome.quality.match))
    return outcome


def _chunks(inputs: Iterable[Input]) -> Iterator[list[Input]]:
    chunk: list[Input] = []
    size = 0
    for item in inputs:
        chunk.append(item)
        size += item.size if isinstance(item, DeadLetter) else len(item[0])
        if len(chunk) == _CHUNK or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _prepare_each(inputs: Iterable[Input], desk: Desk, memo: Memo) -> Iterator[Ready]:
    for item in inputs:
        yield item if isinstance(item, DeadLetter) else prepare(*item, desk, memo)


# What a worker process keeps from chunk to chunk.
_worker: tuple[Desk, Memo] = (Desk(), Memo(0))


def _start_worker(desk: Desk) -> None:
    global _worker  # noqa: PLW0603 - the only way to hand a worker something to keep
    _worker = (desk, Memo())
    # Ctrl-C reaches the whole process group; the parent decides when its workers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _prepare_chunk(chunk: Sequence[Input]) -> list[Ready]:
    return list(_prepare_each(chunk, *_worker))
