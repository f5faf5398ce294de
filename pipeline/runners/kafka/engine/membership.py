"""Tells the group of a process that died, so that its partitions need not wait for its session.

Each process notes its member id in a file that it keeps locked. A file that can be locked is of a
process that ended: whoever starts next on this machine says goodbye to the group in its name. That
is safe even if it were alive: it would join again, and what it may commit is decided by fencing.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_SUFFIX = ".member"


class Membership:
    """The note of this process, and those of processes of its group that ended."""

    def __init__(self, folder: Path, group: str) -> None:
        self._folder = folder
        self._prefix = f"{group}."
        self._file: int | None = None

    def note(self, member: str) -> None:
        """Notes the id that the group knows this process by."""
        with suppress(OSError):  # without a note, the group waits for the session to end
            if self._file is None:
                self._file, _ = tempfile.mkstemp(_SUFFIX, self._prefix, self._folder)
                fcntl.flock(self._file, fcntl.LOCK_EX)  # until the process ends
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, member.encode(), 0)

    def dead(self) -> Iterator[str]:
        """Yields the member ids of processes that ended, each to one caller."""
        for path in self._folder.glob(f"{self._prefix}*{_SUFFIX}"):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                if member := file.read().decode():
                    yield member
