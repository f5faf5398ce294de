"""The full entries of an index on disk, in append-only segment files.

An entry is written once, after its length and checksum, and read when it is a candidate. Writes are
buffered until `flush`. A segment without live entries is deleted.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Self

from xxhash import xxh3_64_intdigest

from pipeline.errors import WorkFailedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IDENTITY = "identity.json"  # without this file the folder is not valid

_HEAD = struct.Struct("<II")  # bytes, checksum
_OFFSET_BITS = 40
_SEGMENT_ENTRIES = 65_536  # unless the owner asks for shorter segments
_READ = 8192  # bytes read at once: most entries are smaller
_GATHERED = 1 << 16  # bytes written at once: a system call costs as much as 15 entries take


class EntryFiles:
    """`Details` on disk. A place is the segment's number and the offset in its file.

    Unless `kept`, files have no name: the system frees them however the process ends.
    """

    def __init__(self, folder: Path, *, kept: bool = False, segment: int | None = None) -> None:
        self.folder = folder
        self._most = segment or _SEGMENT_ENTRIES
        self._kept = kept
        self._files: dict[int, int] = {}  # file descriptors by segment
        self._live: Counter[int] = Counter()  # entries that are not dropped
        self._written: Counter[int] = Counter()
        self._current = -1
        self._size = 0  # of the current segment
        self._gathered = bytearray()  # the end of the segment, not written yet

    @classmethod
    def temporary(cls) -> EntryFiles:
        """Creates files in the system's temporary folder."""
        return cls(Path(tempfile.gettempdir()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def segment(self) -> int:
        """The number of the segment being written; -1 before the first."""
        return self._current

    @property
    def size(self) -> int:
        """Bytes written to the current segment."""
        return self._size

    @property
    def is_full(self) -> bool:
        """Whether the next entry should begin a segment."""
        return self._written[self._current] >= self._most

    def put(self, data: bytes) -> int:
        if self._current < 0 or (not self._kept and self.is_full):
            self.begin(self._current + 1)
        place = self._current << _OFFSET_BITS | self._size
        self._gathered += _HEAD.pack(len(data), _checksum(data))
        self._gathered += data
        self._size += _HEAD.size + len(data)
        self._written[self._current] += 1
        self._live[self._current] += 1
        if len(self._gathered) >= _GATHERED:
            self.flush()
        return place

    def flush(self) -> None:
        """Writes the buffer."""
        if self._gathered:
            if os.write(self._files[self._current], self._gathered) != len(self._gathered):
                raise WorkFailedError(
                    f"{self.folder}: no room left for the index's entries: make room, or name "
                    "another folder (TMPDIR; of a worker, worker.state_folder)"
                )
            self._gathered.clear()

    def get(self, place: int) -> bytes:
        segment, offset = place >> _OFFSET_BITS, place & ((1 << _OFFSET_BITS) - 1)
        record = self._record(segment, offset, _READ)
        if len(record) >= _HEAD.size:
            size, checksum = _HEAD.unpack_from(record)
            if size > len(record) - _HEAD.size:
                record = self._record(segment, offset, _HEAD.size + size)
            data = record[_HEAD.size : _HEAD.size + size]
            if len(data) == size and _checksum(data) == checksum:
                return data
        (self.folder / IDENTITY).unlink(
            missing_ok=True
        )  # so that the next start rebuilds the folder
        raise DamagedError(f"{self.folder}: segment {segment} is damaged at {offset}")

    def _record(self, segment: int, offset: int, size: int) -> bytes:
        """Reads `size` bytes at an offset, or fewer at the end."""
        start = offset - (self._size - len(self._gathered))
        if segment == self._current and start >= 0:
            return bytes(self._gathered[start : start + size])
        return os.pread(self._files[segment], size, offset)

    def drop(self, place: int) -> None:
        segment = place >> _OFFSET_BITS
        self._live[segment] -= 1
        if not self._kept and not self._live[segment]:
            self.delete_dead()

    def hold(self, places: NDArray[np.uint64], written: NDArray[np.uint64]) -> None:
        """Sets the counts of existing segments: live entries, and all that were written."""
        import numpy as np  # noqa: PLC0415 - a run without a kept index needs none

        for counter, of in ((self._live, places), (self._written, written)):
            found, counts = np.unique(of >> np.uint64(_OFFSET_BITS), return_counts=True)
            counter.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))

    def delete_dead(self) -> list[int]:
        """Deletes the oldest segments without live entries; returns their numbers."""
        dead = []
        for segment in sorted(self._files):
            if segment == self._current or self._live[segment]:
                break
            os.close(self._files.pop(segment))
            self._path(segment).unlink(missing_ok=True)
            dead.append(segment)
        return dead

    def sparse(self) -> int | None:
        """The place after the oldest segment if less than a quarter of it is live."""
        oldest = min(self._files, default=self._current)
        if oldest >= self._current or 4 * self._live[oldest] > self._written[oldest]:
            return None
        return (oldest + 1) << _OFFSET_BITS

    def begin(self, segment: int) -> None:
        """Starts a new segment."""
        self.flush()
        self._open(segment, os.O_CREAT | os.O_TRUNC)
        if not self._kept:
            self._path(segment).unlink()
        self._current, self._size = segment, 0

    def open(self, segment: int, size: int) -> None:
        """Opens an existing segment up to `size`. Raises `DamagedError` if it is shorter."""
        self._open(segment, 0)
        if os.fstat(self._files[segment]).st_size < size:
            raise DamagedError(f"{self._path(segment)} is shorter than it was")
        os.ftruncate(self._files[segment], size)
        self._current, self._size = segment, size

    def clear(self) -> None:
        """Deletes all segments."""
        for segment in self._files:
            self._path(segment).unlink(missing_ok=True)
        self.close()
        self._live.clear()
        self._written.clear()
        self._current, self._size = -1, 0
        self._gathered.clear()

    def close(self) -> None:
        """Closes the files and drops the buffer."""
        while self._files:
            os.close(self._files.popitem()[1])

    def _open(self, segment: int, how: int) -> None:
        path = self._path(segment)
        try:
            self._files[segment] = os.open(path, os.O_RDWR | os.O_APPEND | how, 0o600)
        except FileNotFoundError as error:
            raise DamagedError(f"{path} is missing") from error

    def _path(self, segment: int) -> Path:
        owner = "" if self._kept else f"copydesk-{os.getpid()}-{id(self)}-"
        return self.folder / f"{owner}{segment:08}.entries"


def _checksum(data: bytes) -> int:
    """32 bits of xxh3, in a tenth of CRC-32's time.

    The checksum of empty data is not 0, so zeros, which a crash may leave, are no valid entry.
    """
    return xxh3_64_intdigest(data) & 0xFFFFFFFF


class DamagedError(WorkFailedError):
    """A file does not contain what was written: the folder must be rebuilt."""
