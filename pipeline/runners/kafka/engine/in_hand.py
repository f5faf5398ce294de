"""Finds the record that kills or hangs its process, so that a partition goes on without a person.

Before a worker handles a batch it notes the batch's place in a file, and afterwards it clears the
note. A note that a process finds when it starts is of one that died meanwhile: by a fault in native
code, for want of memory, or at its deadline. The records of that batch are then handled one by one,
each with a note of its own. One at which a process has died alone twice is not tried again.

Whoever kills workers, as tests do, does no harm by it: the same record must be hit alone twice.
"""

from __future__ import annotations

import faulthandler
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import msgspec
from msgspec import Struct

from pipeline.runners.kafka.engine.messages import Received

_TWICE = 2


class Note(Struct, frozen=True):
    """The records in hand, `first` to `last`, and how often a process died at one alone."""

    topic: str
    partition: int
    first: int
    last: int
    alone: int = 0


class InHand:
    """The note of this process. It takes over that of a process that ended.

    `name` is that of the group; `deadline` are the seconds that a batch may take, after which the
    process writes its traces and ends.
    """

    def __init__(self, folder: Path, name: str, deadline: float) -> None:
        self._deadline = deadline
        self._file = _claimed(folder, name)
        self._found = _read(self._file)

    def portions(self, records: Sequence[Received]) -> Iterator[Sequence[Received]]:
        """Yields the records in order: together, but each alone that was in hand at a death."""
        if not any(map(self._is_suspect, records)):
            yield records
            return
        for one in records:
            yield (one,)

    def is_condemned(self, portion: Sequence[Received]) -> bool:
        """Whether this is a record that must not be tried again."""
        is_alone = len(portion) == 1 and self._is_suspect(portion[0])
        return self._found is not None and is_alone and self._found.alone >= _TWICE

    @contextmanager
    def holding(self, portion: Sequence[Received]) -> Iterator[None]:
        """Notes records while they are handled; ends the process at the deadline."""
        if not portion:
            yield
            return
        first, last = portion[0], portion[-1]
        is_alone = len(portion) == 1 and self._is_suspect(first)
        alone = self._found.alone if self._found and is_alone else 0
        self._write(Note(first.topic, first.partition, first.offset, last.offset, alone))
        faulthandler.dump_traceback_later(self._deadline, exit=True)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            self._write(None)

    def _is_suspect(self, record: Received) -> bool:
        found = self._found
        return (
            found is not None
            and (record.topic, record.partition) == (found.topic, found.partition)
            and found.first <= record.offset <= found.last
        )

    def _write(self, note: Note | None) -> None:
        data = msgspec.json.encode(note) if note else b""
        os.pwrite(self._file, data, 0)
        os.ftruncate(self._file, len(data))


def _claimed(folder: Path, name: str) -> int:
    """Locks the first file that no living process has; returns its descriptor."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in count():
        path = folder / f"{name}-{number}.in-hand"
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the process ends
            return file
        os.close(file)
    raise AssertionError  # count() never ends


def _read(file: int) -> Note | None:
    """Returns what the process before had in hand when it died."""
    try:
        note = msgspec.json.decode(os.pread(file, 4096, 0), type=Note)
    except msgspec.DecodeError:  # nothing, or half a note
        return None
    if note.first != note.last:
        return note
    return msgspec.structs.replace(note, alone=note.alone + 1)
