"""Where an index keeps its entries in full: files that only grow at their end, in segments.

An entry is written once, behind its length and checksum, and read where it is a candidate. Some
are gathered before they are written: `flush` says when they must be. A segment whose entries were
all let go is deleted.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections import Counter
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from pipeline.errors import WorkFailedError

IDENTITY = "identity.json"  # without this file, the others of a folder mean nothing

_HEAD = struct.Struct("<II")  # bytes, checksum
_OFFSET_BITS = 40
_SEGMENT_ENTRIES = 65_536
_READ = 8192  # bytes read at once: most entries are smaller
_GATHERED = 1 << 16  # bytes written at once: a system call costs as much as 15 entries take


class EntryFiles:
    """`Details` on disk. A place is the segment's number and the offset in its file.

    Files that are not `kept` have no name: the system frees them when the process ends, however
    it ends.
    """

    def __init__(self, folder: Path, *, kept: bool = False) -> None:
        self.folder = folder
        self._kept = kept
        self._files: dict[int, int] = {}  # file descriptors by segment
        self._live: Counter[int] = Counter()  # entries not dropped
        self._written: Counter[int] = Counter()
        self._current = -1
        self._size = 0  # of the current segment
        self._gathered = bytearray()  # the end of it, not yet written

    @classmethod
    def temporary(cls) -> EntryFiles:
        """In the system's folder for temporary files."""
        return cls(Path(tempfile.gettempdir()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def segment(self) -> int:
        """The segment that is written to, -1 before the first."""
        return self._current

    @property
    def size(self) -> int:
        """Bytes written to it."""
        return self._size

    @property
    def is_full(self) -> bool:
        """Whether the next entry should begin a segment."""
        return self._written[self._current] >= _SEGMENT_ENTRIES

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
        """Write what was gathered."""
        if self._gathered:
            if os.write(self._files[self._current], self._gathered) != len(self._gathered):
                raise WorkFailedError(f"{self.folder}: no room left for the index's entries")
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
        (self.folder / IDENTITY).unlink(missing_ok=True)  # so that the next start makes it anew
        raise DamagedError(f"{self.folder}: segment {segment} is damaged at {offset}")

    def _record(self, segment: int, offset: int, size: int) -> bytes:
        """So many bytes from there on, or all there are."""
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
        """Count entries that are there already: those held, and all that were written."""
        for counter, of in ((self._live, places), (self._written, written)):
            found, counts = np.unique(of >> np.uint64(_OFFSET_BITS), return_counts=True)
            counter.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))

    def delete_dead(self) -> list[int]:
        """Delete the oldest segments as long as nothing in them is held; which those were."""
        dead = []
        for segment in sorted(self._files):
            if segment == self._current or self._live[segment]:
                break
            os.close(self._files.pop(segment))
            self._path(segment).unlink(missing_ok=True)
            dead.append(segment)
        return dead

    def sparse(self) -> int | None:
        """The first place behind the oldest segment, where less than a quarter of it is held."""
        oldest = min(self._files, default=self._current)
        if oldest >= self._current or 4 * self._live[oldest] > self._written[oldest]:
            return None
        return (oldest + 1) << _OFFSET_BITS

    def begin(self, segment: int) -> None:
        """Write to a new segment from now on."""
        self.flush()
        self._open(segment, os.O_CREAT | os.O_TRUNC)
        if not self._kept:
            self._path(segment).unlink()
        self._current, self._size = segment, 0

    def open(self, segment: int, size: int) -> None:
        """Take over a segment as long as it was; raises `DamagedError` where it is shorter."""
        self._open(segment, 0)
        if os.fstat(self._files[segment]).st_size < size:
            raise DamagedError(f"{self._path(segment)} is shorter than it was")
        os.ftruncate(self._files[segment], size)
        self._current, self._size = segment, size

    def clear(self) -> None:
        """Delete everything."""
        for segment in self._files:
            self._path(segment).unlink(missing_ok=True)
        self.close()
        self._live.clear()
        self._written.clear()
        self._current, self._size = -1, 0
        self._gathered.clear()

    def close(self) -> None:
        """Let go of the files, and of what was not written."""
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
    """32 bits of xxh3, a tenth of CRC-32's time.

    Of nothing it is not 0: zeros, which a file may be full of after a crash, are no entry.
    """
    return xxh3_64_intdigest(data) & 0xFFFFFFFF


class DamagedError(WorkFailedError):
    """What was written down is not what is read: it has to be built anew."""
