"""The output files of one run: they contain whole lines only, whatever happens."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from pipeline.article import Article, DeadLetter, Outcome, encode
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.publish import door, quality_record, record
from pipeline.routing import Door

QUALITY = "quality"
SOURCES = "sources"
REPORT = "report.html"
LEARNED = "learned.yaml"  # of a run that learned
# Bytes buffered before a write: one write for about 100 articles.
_BUFFER = 1 << 20


def path_of(folder: Path, name: str) -> Path:
    """The file of a door, or of the quality or source records."""
    return folder / f"{name}.jsonl"


def write_whole(path: Path, data: bytes) -> None:
    """Replaces a file atomically."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise WorkFailedError(f"cannot write {path}: {error.strerror}") from error


class LineFile:
    """A file that only grows by whole lines; opening it truncates it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: list[bytes] = []
        self._pending = 0  # bytes
        self._written = 0  # bytes of whole lines on disk
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        except OSError as error:
            raise WrongUseError(f"cannot write {path}: {error.strerror}") from error

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self._pending += len(line) + 1
        if self._pending >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Writes the buffer. After a failure the file ends with the last whole line."""
        if not self._lines:
            return
        data = memoryview(b"\n".join([*self._lines, b""]))
        try:
            done = 0
            while done < len(data):
                done += os.write(self._fd, data[done:])
        except OSError as error:
            with suppress(OSError):  # a device that cannot be truncated
                os.ftruncate(self._fd, self._written)
            raise WorkFailedError(
                f"cannot write {self.path}: {error.strerror}. It ends with the last whole line "
                "written before; make room and run again."
            ) from error
        self._written += len(data)
        self._lines, self._pending = [], 0

    def close(self) -> None:
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()


class Outputs:
    """A line file for each door and one for quality records; a context that closes them.

    Every record carries the time of the run, `now` (UTC, ISO 8601). Raises `WrongUseError` if
    the folder cannot be written, or if one of the files is also an input.
    """

    def __init__(self, folder: Path, inputs: Iterable[str], now: str, ruleset: str) -> None:
        self._now = now
        self._ruleset = ruleset
        names = [*Door, QUALITY]
        _refuse_own_output(folder, [*names, SOURCES], inputs)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongUseError(
                f"cannot make the output folder {folder}: {error.strerror}"
            ) from error
        self._files = {name: LineFile(path_of(folder, name)) for name in names}
        (folder / LEARNED).unlink(missing_ok=True)

    def add(self, outcome: Outcome | DeadLetter) -> None:
        """Writes the outcome to the file of its door, and its quality record."""
        self._files[door(outcome)].add(encode(record(outcome, self._now)))
        account = quality_record(outcome, self._now, self._ruleset)
        self._files[QUALITY].add(encode(account))

    def flush(self) -> None:
        for file in self._files.values():
            file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None or not issubclass(kind, WorkFailedError):
                self.flush()
        finally:
            for file in self._files.values():
                file.close()


def find_articles(folder: Path, ids: frozenset[str]) -> dict[str, Article]:
    """Reads the published articles with these ids; of several with one id, the first."""
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


def _refuse_own_output(folder: Path, names: Iterable[str], inputs: Iterable[str]) -> None:
    """Refuses an input that the run would truncate before reading it."""
    outputs = {path_of(folder, name).resolve() for name in names}
    for given in inputs:
        path = Path(given).resolve()
        inside = path.is_dir() and any(out.is_relative_to(path) for out in outputs if out.exists())
        if given != "-" and (path in outputs or inside):
            raise WrongUseError(
                f"{given} would be overwritten by this run's own output in {folder}: "
                "choose another folder with --out"
            )
