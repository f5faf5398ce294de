"""A copy of the index on disk, beside its topic: a cache that makes restarts short.

A folder holds segments: `N.entries` with the full entries, and `N.rows` with the index's rows in
memory, one block for about a thousand changes. A block states the offset of the index's topic that
it covers, and is written after that offset was committed, so the folder is never ahead of the
topic. What is missing here is replayed from the topic.

A block truncated by a crash ends the journal; the topic has the rest. Any other mismatch (version,
scheme, sample, checksum, a missing segment) clears the folder; the topic is read from its start.
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
_SETTINGS = ("sample_rate", "sample_size", "min_words")  # of `dedup`, that an identity holds
_CHANGES = 1000  # a block is written after this many
_BATCH = 65_536  # articles loaded at once
_HEAD = 12  # bytes before a block: its size and its checksum
_MOVES = 256  # articles that each block moves out of a nearly empty segment


class Identity(Struct, frozen=True):
    """Identifies the content of a folder: rows of another sample are unusable."""

    topic: str
    scheme: str
    sample_rate: int
    sample_size: int
    min_words: int
    version: int = _VERSION

    @classmethod
    def of(cls, topic: str, options: DedupOptions) -> Identity:
        """Returns the identity of what these settings make."""
        return cls(topic, SCHEME, options.sample_rate, options.sample_size, options.min_words)

    def difference(self, now: Identity) -> str:
        """Returns in words why what has this identity is of no use now; empty where it is of use.

        Where only settings differ, they can be set back.
        """
        if self == now:
            return ""
        if (self.version, self.scheme) != (now.version, now.scheme):
            whose = "a newer" if self.version > now.version else "another"
            return (
                f"it was made by {whose} version of Copydesk, with format {self.version} and "
                f"fingerprints {self.scheme}; this one has format {now.version} and {now.scheme}"
            )
        differing = [
            f"dedup.{name} was {getattr(self, name)} and is {getattr(now, name)}"
            for name in _SETTINGS
            if getattr(self, name) != getattr(now, name)
        ]
        return "; ".join(differing) or f"it is the index of {self.topic}, not of {now.topic}"


class _Block(Struct, frozen=True, array_like=True):
    offset: int  # of the index's topic: this folder covers the records before it
    entries_size: int  # bytes of the segment's entries
    articles: int  # live after this block
    sampled: int  # shingles, live after this block
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
    """The index of one partition and its folder; without a folder, entries are in unnamed files."""

    def __init__(
        self, folder: Path | None, topic: str, options: DedupOptions, *, segment: int | None = None
    ) -> None:
        self._lock = _claimed(folder) if folder else None
        self._folder = folder if self._lock is not None else None
        kept = self._folder is not None
        self._entries = (
            EntryFiles(self._folder, kept=True, segment=segment)
            if self._folder
            else EntryFiles.temporary()
        )
        self.index = CompactIndex(options, self._entries, is_tracked=kept)
        self._identity = Identity.of(topic, options)

    def recover(self) -> int:
        """Loads the folder into the index; returns the offset that it covers, 0 for none."""
        try:
            return self.load()
        except (DamagedError, OSError, ValueError, msgspec.DecodeError) as error:
            log.warning(
                "%s cannot be used (%s): the index is read from its topic", self._folder, error
            )
            self.discard()
            return 0

    def load(self) -> int:
        """Does the same, and raises an exception where the folder cannot be used."""
        return self._recover(self._folder) if self._folder else 0

    def discard(self) -> None:
        """Clears the index and its folder."""
        self.index.clear()
        self._entries.clear()
        if self._folder:
            for path in self._folder.iterdir():
                if path.suffix in {".entries", ".rows", ".json"}:
                    path.unlink()
            write = msgspec.json.encode(self._identity)
            (self._folder / IDENTITY).write_bytes(write)

    @property
    def is_due(self) -> bool:
        """Whether the next commit writes a block."""
        return self._folder is not None and self.index.changed >= _CHANGES

    def committed(self, offset: int, *, at_once: bool = False) -> None:
        """Notes that all changes so far are committed, up to this offset of the topic."""
        if self._folder and (self.is_due or (at_once and self.index.changed)):
            sparse = self._entries.sparse()
            if sparse is not None:
                self.index.move(sparse, _MOVES)
            self._write(self._folder, offset)
            for segment in self._entries.delete_dead():
                _rows_path(self._folder, segment).unlink()
            self._begin_if_full()

    def close(self) -> None:
        """Releases the folder and closes the files."""
        self._entries.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _begin_if_full(self) -> None:
        if self._entries.is_full:
            self._entries.begin(self._entries.segment + 1)

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
        found = msgspec.json.decode(identity.read_bytes(), type=Identity)
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
        self._begin_if_full()

    def _blocks(self, segment: int, *, is_last: bool) -> Iterator[_Block]:
        """Yields the blocks of a segment. In the last one, a truncated block is cut off."""
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
    """Locks a folder, creating it if needed; None if another process holds the lock."""
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
