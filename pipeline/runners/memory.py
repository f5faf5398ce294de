"""The memory of `copydesk run`: one file keeps the index and the sources between runs.

The file is a ZIP archive of an index folder, as a worker keeps it (`journal.py`), and of a record
for each source, as on `quality.sources`: what is usual for it, by four weeks. It is unpacked
beside itself for the run and replaced, whole or not at all, when all outputs are written. So a run
that is interrupted leaves the memory as it was, and the same run again gives what one run gives.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import zipfile
import zlib
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from pipeline.article import encode
from pipeline.dedup import DedupOptions, Index
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.runners.entries import IDENTITY, DamagedError
from pipeline.runners.journal import Identity, Journal
from pipeline.sources import SourceRecord, SourcesOptions, Watch

_TOPIC = "copydesk-memory"  # what the index belongs to
_SOURCES = "sources.jsonl"
_SEGMENT = 1024  # entries: once they have left the windows, they leave the file together


class Memory:
    """The index and the sources that a file keeps; a context, in which nobody else can use it.

    Raises `WrongUseError` for a file that is no memory, was made with other settings, or is used by
    another run. Articles beyond `dedup.exact_window_days`, and sources that sent nothing for four
    weeks, leave it by themselves.
    """

    def __init__(
        self, path: Path, options: DedupOptions, sources: SourcesOptions | None = None
    ) -> None:
        self._path = path
        self._options = options
        self.sources = Watch(sources)
        self._stack = ExitStack()
        self._runs = 0  # that the journal covers, in place of a topic's offset

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(os.close, _locked(self._path))
            beside = tempfile.TemporaryDirectory(
                prefix=f".{self._path.name}-", dir=self._path.parent
            )
            self._folder = Path(stack.enter_context(beside))
            if self._path.exists() and self._path.stat().st_size:
                self._unpack()
            self._journal = Journal(self._folder, _TOPIC, self._options, segment=_SEGMENT)
            stack.callback(self._journal.close)
            self._load()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def index(self) -> Index:
        return self._journal.index

    def save(self) -> None:
        """Replaces the file by what the index and the sources hold now."""
        self._journal.committed(self._runs + 1, at_once=True)
        records = sorted(self.sources.records(), key=lambda one: one.source or "")
        lines = b"".join(encode(record) + b"\n" for record in records)
        (self._folder / _SOURCES).write_bytes(lines)
        draft = self._path.with_name(self._path.name + ".part")
        try:
            with draft.open("wb") as file:
                _pack(self._folder, file)
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise WorkFailedError(
                f"cannot write {self._path}: {error.strerror}; the memory is as it was before"
            ) from error

    def _unpack(self) -> None:
        try:
            with zipfile.ZipFile(self._path) as archive:
                names = archive.namelist()
                if IDENTITY not in names or any("/" in name for name in names):
                    raise zipfile.BadZipFile("it holds no index")  # noqa: TRY301
                _refuse_other_settings(self._path, archive.read(IDENTITY), self._options)
                archive.extractall(self._folder)
        except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
            raise _unusable(self._path, error) from error
        except OSError as error:
            raise WrongUseError(f"cannot read {self._path}: {error.strerror}") from error

    def _load(self) -> None:
        try:
            self._runs = self._journal.load()
            kept = self._folder / _SOURCES
            for line in kept.read_bytes().splitlines() if kept.exists() else ():
                self.sources.restore(msgspec.json.decode(line, type=SourceRecord))
        except (DamagedError, OSError, ValueError, msgspec.DecodeError) as error:
            raise _unusable(self._path, error) from error


def _locked(path: Path) -> int:
    """Locks a memory by a file beside it, which stays; returns its descriptor."""
    lock = path.with_name(f".{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise WrongUseError(f"cannot write beside {path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise WrongUseError(
            f"{path} is used by another run: wait for it, or use another file"
        ) from None
    return descriptor


def _pack(folder: Path, file: BinaryIO) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in sorted(folder.iterdir()):
            if part.name != "lock":
                archive.write(part, part.name)
    file.flush()


def _refuse_other_settings(path: Path, found: bytes, options: DedupOptions) -> None:
    """Refuses a memory whose fingerprints cannot be compared with ours."""
    try:
        theirs = msgspec.json.decode(found, type=Identity)
    except msgspec.DecodeError as error:
        raise _unusable(path, error) from error
    why = theirs.difference(Identity.of(_TOPIC, options))
    if why:
        do = "set this back, or " if why.startswith("dedup.") else ""
        raise WrongUseError(
            f"{path} cannot be used: {why}: {do}begin a new memory with another file"
        )


def _unusable(path: Path, error: BaseException) -> WrongUseError:
    return WrongUseError(
        f"{path} is no memory, or is damaged ({error}): restore it, or delete it to begin anew"
    )
