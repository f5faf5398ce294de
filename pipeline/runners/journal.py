"""An index on disk beside its topic: only a cache, but one that makes a restart short.

A folder holds segments: `N.entries` with the entries in full, and `N.rows` with what the index
keeps of them in memory, a block for some thousand changes. A block says up to which offset of the
index's topic it goes, and is written when that was committed: the folder is never ahead of the
topic. What is missing here is read there.

A block that was cut off by a crash ends the journal: the topic has the rest. Anything else that
isn't as it was written (another version, scheme or sample, a checksum, a missing segment) empties
the folder, and the topic is read from its start.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from xxhash import xxh3_64_digest

from pipeline.dedup import CompactIndex, DedupOptions
from pipeline.dedup.fingerprint import SCHEME
from pipeline.dedup.index.changes import HELD, NUMBER, RENEWED, SHINGLE, Delta, merged
from pipeline.runners.entries import IDENTITY, DamagedError, EntryFiles

log = logging.getLogger(__name__)

_VERSION = 2
_CHANGES = 1000  # after so many a block is written
_BATCH = 65_536  # articles loaded at once
_HEAD = 12  # bytes before a block: its size, its checksum
_MOVES = 256  # articles moved with a block out of a segment that is nearly empty


class _Identity(Struct, frozen=True):
    """What a folder is of: rows of one sample mean nothing to an index with another."""

    topic: str
    scheme: str
    sample_rate: int
    sample_size: int
    min_words: int
    version: int = _VERSION


class _Block(Struct, frozen=True, array_like=True):
    offset: int  # of the index's topic: what stands before it is here
    entries_size: int  # bytes of the segment's entries
    articles: int  # held after this block
    sampled: int  # shingles, the same
    mark: int
    newest: int
    held: bytes
    sample: bytes
    renewed: bytes
    gone: bytes

    @property
    def delta(self) -> Delta:
        """The changes as arrays."""
        return Delta(
            np.frombuffer(self.held, HELD),
            np.frombuffer(self.sample, SHINGLE),
            np.frombuffer(self.renewed, RENEWED),
            np.frombuffer(self.gone, NUMBER),
            self.mark,
            self.newest,
        )


class Journal:
    """The index of one partition and its folder; without one, entries lie in nameless files."""

    def __init__(self, folder: Path | None, topic: str, options: DedupOptions) -> None:
        self._lock = _claimed(folder) if folder else None
        self._folder = folder if self._lock is not None else None
        kept = self._folder is not None
        self._entries = (
            EntryFiles(self._folder, kept=True) if self._folder else (EntryFiles.temporary())
        )
        self.index = CompactIndex(options, self._entries, is_tracked=kept)
        self._identity = _Identity(
            topic, SCHEME, options.sample_rate, options.sample_size, options.min_words
        )

    def recover(self) -> int:
        """Bring the index up to what was written; up to which offset that goes, 0 for none."""
        if not self._folder:
            return 0
        try:
            return self._recover(self._folder)
        except (DamagedError, OSError, ValueError, msgspec.DecodeError) as error:
            log.warning(
                "%s cannot be used (%s): the index is read from its topic", self._folder, error
            )
            self.discard()
            return 0

    def discard(self) -> None:
        """Empty the index and its folder."""
        self.index.clear()
        self._entries.clear()
        if self._folder:
            for path in self._folder.iterdir():
                if path.suffix in {".entries", ".rows", ".json"}:
                    path.unlink()
            write = msgspec.json.encode(self._identity)
            (self._folder / IDENTITY).write_bytes(write)

    def committed(self, offset: int, *, at_once: bool = False) -> None:
        """What was changed so far is committed, up to this offset of the topic."""
        if self._folder and (self.index.changed >= _CHANGES or (at_once and self.index.changed)):
            sparse = self._entries.sparse()
            if sparse is not None:
                self.index.move(sparse, _MOVES)
            self._write(self._folder, offset)
            for segment in self._entries.delete_dead():
                _rows_path(self._folder, segment).unlink()
            if self._entries.is_full:
                self._entries.begin(self._entries.segment + 1)

    def close(self) -> None:
        """Let go of the folder and the files."""
        self._entries.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write(self, folder: Path, offset: int) -> None:
        delta = self.index.changes()
        if self._entries.segment < 0:
            self._entries.begin(0)
        self._entries.flush()
        block = msgspec.msgpack.encode(
            _Block(
                offset,
                self._entries.size,
                len(self.index),
                self.index.sampled,
                delta.mark,
                delta.newest,
                *(part.tobytes() for part in delta[:4]),
            )
        )
        with _rows_path(folder, self._entries.segment).open("ab") as file:
            file.write(len(block).to_bytes(4, "little") + xxh3_64_digest(block) + block)

    def _recover(self, folder: Path) -> int:
        identity = folder / IDENTITY
        if not identity.exists():
            self.discard()
            return 0
        found = msgspec.json.decode(identity.read_bytes(), type=_Identity)
        if found != self._identity:
            raise DamagedError(f"it is of {found}, not of {self._identity}")
        segments = sorted(int(path.stem) for path in folder.glob("*.rows"))
        if not segments:
            self.discard()
            return 0
        if segments != [*range(segments[0], segments[-1] + 1)]:
            raise DamagedError("a segment is missing")
        *_, last = self._blocks(segments[-1], is_last=True)
        self.index.clear(last.articles, last.sampled)
        self._load(segments, last.mark)
        log.info("%s: %d articles up to offset %d", folder, len(self.index), last.offset)
        return last.offset

    def _load(self, segments: list[int], mark: int) -> None:
        waiting: list[Delta] = []
        for segment in segments:
            size = 0
            for block in self._blocks(segment, is_last=segment == segments[-1]):
                size = block.entries_size
                waiting.append(block.delta)
            self._entries.open(segment, size)
            if sum(len(delta.held) for delta in waiting) >= _BATCH or segment == segments[-1]:
                written = np.concatenate([delta.held["place"] for delta in waiting])
                delta, waiting = merged(waiting), []
                self._entries.hold(delta.held["place"], written)
                self.index.load(delta, mark)

    def _blocks(self, segment: int, *, is_last: bool) -> Iterator[_Block]:
        """The blocks of a segment; of the last, a cut one and what follows is cut off."""
        path = _rows_path(self._folder or Path(), segment)
        data = memoryview(path.read_bytes())
        at = 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 4], "little")
            body = data[at + _HEAD : at + _HEAD + size]
            if len(body) < size or xxh3_64_digest(body) != data[at + 4 : at + _HEAD]:
                if not is_last or at == 0:
                    raise DamagedError(f"{path} is damaged at {at}")
                log.warning("%s: cut off at %d of %d bytes", path, at, len(data))
                os.truncate(path, at)
                return
            yield msgspec.msgpack.decode(body, type=_Block)
            at += _HEAD + size


def _claimed(folder: Path) -> int | None:
    """The lock of a folder, made where it is missing; None where another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until it is closed, or the process ends
    except OSError:
        os.close(lock)
        log.warning("%s is used by another process: the index is read from its topic", folder)
        return None
    return lock


def _rows_path(folder: Path, segment: int) -> Path:
    return folder / f"{segment:08}.rows"
