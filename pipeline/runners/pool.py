"""Prepares inputs in this process or in several, always in input order.

Preparing depends on nothing but the article, so any number of processes can share it.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.article import DeadLetter
from pipeline.errors import WorkFailedError
from pipeline.flow import BATCH, Ready, Stages, prepare_batch
from pipeline.memo import Memo
from pipeline.runners.inputs import Input

if TYPE_CHECKING:
    from concurrent.futures import Future

_BATCH_BYTES = 4 << 20  # bounds the memory with 8 MB articles

_M_MMAP_THRESHOLD = -3  # of malloc.h

Made = TypeVar("Made")
Work = Callable[[Sequence[Input]], list[Made]]


def prepare_all(inputs: Iterable[Input], stages: Stages, jobs: int) -> Iterator[list[Ready]]:
    """Yields what `prepare` returns for the inputs, in their order, a few dozen at a time."""
    return in_batches(inputs, partial(_preparing, stages), jobs)


def in_batches(
    inputs: Iterable[Input], begin: Callable[[], Work[Made]], jobs: int
) -> Iterator[list[Made]]:
    """Yields what the work makes of the inputs, in their order, a few dozen at a time.

    Each process calls `begin` once for its work, so that the work may remember things.
    """
    chunks = _chunks(inputs)
    if jobs == 1:
        _give_memory_back()
        yield from map(begin(), chunks)
        return
    # These take a tenth of a second to import.
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415
    from multiprocessing import get_context  # noqa: PLC0415

    workers = ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (begin,))
    with workers as pool:
        waiting: deque[Future[list[Made]]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_work_on, chunk))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise WorkFailedError(
                "a worker process died, perhaps for want of memory: run again with fewer --jobs"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _give_memory_back() -> None:
    """Lets glibc return each large block as soon as it is free: else it keeps some for later.

    The peak of an article of 8 MB becomes smaller by 60 MB, the work no slower.
    """
    import ctypes  # noqa: PLC0415 - one call

    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 20)


def _preparing(stages: Stages) -> Work[Ready]:
    return partial(prepare_batch, stages=stages, memo=Memo())


def _chunks(inputs: Iterable[Input]) -> Iterator[list[Input]]:
    chunk: list[Input] = []
    size = 0
    for item in inputs:
        chunk.append(item)
        size += item.size if isinstance(item, DeadLetter) else len(item[0])
        if len(chunk) == BATCH or size >= _BATCH_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


_work: list[Work[Any]] = []  # that of a worker process


def _start_worker(begin: Callable[[], Work[Any]]) -> None:
    _give_memory_back()
    _work.append(begin())
    # Ctrl-C reaches the whole process group; the parent decides when its workers stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work_on(chunk: Sequence[Input]) -> list[Any]:
    return _work[0](chunk)
