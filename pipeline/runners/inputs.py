"""Reads files, folders and standard input into values with their origin, in the given order.

| name ends in | holds |
|---|---|
| .txt .text .md .markdown | one article |
| .json | one object, an array of objects, or JSON lines |
| .jsonl .ndjson .jl .jsonlines | one object a line |
| .csv .tsv | a header and one article a row |
| .parquet | one article a row (needs pyarrow) |
| .html .htm | one web page (needs trafilatura) |
| .warc | the web pages of a crawl (needs trafilatura) |
| - (standard input), or no suffix | JSON lines or an array if it begins like it, else one text |

Each may be compressed (.gz, .zst, .bz2, .xz): its first bytes count, not its name. Wrong arguments
raise `WrongUseError` before anything is read. Later failures (a truncated archive, a file that
cannot be opened) yield an `Unread` in their place, and reading continues with the next file.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from pipeline.article import Arrival, DeadLetter, Digest, Finding, Format, Origin
from pipeline.errors import WrongUseError
from pipeline.parse import ParseOptions, too_large, unpack
from pipeline.parse.web_page import INSTALL, extracted, is_available
from pipeline.runners.framing import (
    Cut,
    ExpansionError,
    decompressed,
    json_values,
    lines,
    utf8,
    whole,
)
from pipeline.runners.tabular import TableError, csv_rows, parquet_rows
from pipeline.runners.web_pages import WarcError, html_cuts, warc_cuts

_TEXT = {
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
}
_JSON_LINES = (".jsonl", ".ndjson", ".jl", ".jsonlines")
_TABLES = (".csv", ".tsv", ".parquet")
_HTML, _WARC = (".html", ".htm"), ".warc"
_PAGES = (*_HTML, _WARC)
SUFFIXES = (*_TEXT, ".json", *_JSON_LINES, *_TABLES, *_PAGES)
_PACKED = (".gz", ".zst", ".bz2", ".xz")
_ALSO_PACKED = f"(also with {', '.join(_PACKED)})"
# What people try, and what to do with it.
_REMEDIES = {
    ".zip": "; unpack the archive and give its folder",
    ".tar": "; unpack the archive and give its folder",
    ".xml": "; convert a feed to JSON, or give its pages as .html or .warc",
}
_HEAD = 64 * 1024  # bytes inspected to detect the format of a stream
_BROKEN = (OSError, EOFError, zlib.error, TableError, WarcError)


Input = tuple[bytes, Arrival] | DeadLetter


class Given(NamedTuple):
    """One value to be parsed."""

    value: bytes
    origin: Origin
    format: Format
    findings: tuple[Finding, ...] = ()  # what reading noticed


class Unread(NamedTuple):
    """A value that could not be read: too large, or broken."""

    origin: Origin
    reason: str  # `too-large`, or one of `REASONS`
    message: str
    value: Digest = Digest()

    def dead_letter(self, options: ParseOptions, seen_at: str) -> DeadLetter:
        """The dead letter for it; `seen_at` is UTC in ISO 8601."""
        arrival = Arrival(self.origin, seen_at)
        if self.reason == "too-large":
            return too_large(self.value, arrival, options)
        return DeadLetter.of(self.value, arrival, "read", self.reason, self.message)


# Reasons of dead letters of stage `read`.
REASONS: dict[str, str] = {
    "unreadable-file": "a file in a folder that cannot be opened",
    "broken-file": "a file that breaks off or is damaged; what came before was read",
    "too-expanded": "compressed data that becomes more than parse.max_expansion times as long; "
    "what came before was read",
}


class _File(NamedTuple):
    path: str  # to open
    name: str  # to show: as the user gave it, but valid UTF-8
    kind: str  # its suffix without that of compression; "": detect the format from the content
    size: int | None  # bytes, None if unknown


class Inputs:
    """Iterates once over all values of some paths.

    `total_bytes` and `done_bytes` are for a progress bar. Raises `WrongUseError` for a path that
    is missing, cannot be opened, or holds no articles.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]], options: ParseOptions) -> None:
        self._options = options
        self.notes: list[str] = []  # for people: what was skipped, and why
        self._files = [file for path in paths for file in self._find(os.fspath(path))]
        sizes = [file.size for file in self._files]
        self.total_bytes = None if None in sizes else sum(size or 0 for size in sizes)
        self._finished = 0
        self._open: io.BufferedReader | None = None

    @property
    def done_bytes(self) -> int:
        """Bytes of the files read so far; of compressed files, bytes on disk."""
        try:
            return self._finished + (self._open.tell() if self._open else 0)
        except (OSError, ValueError):  # a pipe has no position
            return self._finished

    def __iter__(self) -> Iterator[Given | Unread]:
        for file in self._files:
            yield from self._read_file(file)
            self._finished += file.size or 0

    def _find(self, path: str) -> list[_File]:
        if path == "-":
            return [_File("-", "-", "", None)]
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116 - the path stays as the user gave it
        except (OSError, ValueError) as error:
            raise WrongUseError(f"{path}: {_why(error)}; check the path") from error
        if stat.S_ISDIR(mode):
            return self._find_in_folder(path)
        kind = _kind(path)
        if kind is None:
            remedy = _REMEDIES.get(Path(_unpacked(path)).suffix, "")
            raise WrongUseError(
                f"{path}: this kind of file cannot be read; one of {' '.join(SUFFIXES)} "
                f"can {_ALSO_PACKED}, or - for standard input{remedy}"
            )
        file = _described(path, kind)
        _check(file)
        return [file]

    def _find_in_folder(self, folder: str) -> list[_File]:
        found: list[_File] = []
        skipped: Counter[str] = Counter()
        for directory, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                kind = _kind(name)
                if name.startswith(".") or not kind:
                    skipped[
                        "hidden" if name.startswith(".") else Path(name).suffix or "no suffix"
                    ] += 1
                elif kind in _PAGES and not is_available():
                    skipped[f"{kind}: {INSTALL}"] += 1
                else:
                    found.append(_described(os.path.join(directory, name), kind))  # noqa: PTH118
        if skipped:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
            self.notes.append(f"{folder}: skipped {skipped.total()} files ({kinds})")
        if not found:
            raise WrongUseError(
                f"{folder}: no articles in this folder; it should hold files that end in "
                f"{' '.join(SUFFIXES)} {_ALSO_PACKED}"
            )
        return found

    def _read_file(self, file: _File) -> Iterator[Given | Unread]:
        line = 0
        try:
            with _opened(file.path) as source:
                self._open = source
                for given in self._records(file, source):
                    line = given.origin.line or line
                    yield given
        except ExpansionError as error:
            remedy = "unpack it yourself, or raise parse.max_expansion"
            yield self._broken(file, line, "too-expanded", error, remedy)
        except _BROKEN as error:
            reason = "broken-file" if self._open else "unreadable-file"
            yield self._broken(file, line, reason, error, "get the file again")
        finally:
            self._open = None

    def _broken(
        self, file: _File, line: int, reason: str, error: BaseException, remedy: str
    ) -> Unread:
        """The rest of a file after a line; 0 = nothing was read."""
        read = f" after line {line}; what came before it was read" if line else ""
        message = f"{file.name}: {_why(error)}{read}; {remedy}"
        return Unread(Origin(file=file.name, line=line + 1), reason, message)

    def _records(self, file: _File, source: io.BufferedReader) -> Iterator[Given | Unread]:
        limit, expansion = self._options.max_bytes, self._options.max_expansion
        if file.kind == ".parquet":
            rows = parquet_rows(file.path, limit, expansion)
            yield from self._cuts(file, rows, Format.JSON)
            return
        stream = decompressed(source, expansion)
        if file.kind in _TABLES:
            rows = csv_rows(utf8(stream), limit, tabs=file.kind == ".tsv")
            yield from self._cuts(file, rows, Format.JSON)
        elif file.kind in _HTML:
            yield from self._cuts(file, html_cuts(stream, limit), Format.PAGE)
        elif file.kind == _WARC:
            yield from self._warc(file, stream)
        elif file.kind in _TEXT:
            yield from self._cuts(file, iter([Cut(1, whole(stream, limit))]), _TEXT[file.kind])
        else:
            text = utf8(stream)
            cut, declared = _json_or_text(text, file.kind)
            yield from self._cuts(file, cut(text, limit), declared)

    def _warc(self, file: _File, stream: io.BufferedReader) -> Iterator[Given | Unread]:
        skipped: Counter[str] = Counter()
        try:
            pages = warc_cuts(stream, self._options.max_bytes, skipped)
            yield from self._cuts(file, pages, Format.PAGE)
        finally:
            if skipped:
                kinds = ", ".join(f"{count} {kind}" for kind, count in skipped.most_common())
                self.notes.append(
                    f"{file.name}: {skipped.total():,} records are no pages ({kinds})"
                )

    def _cuts(self, file: _File, cuts: Iterator[Cut], declared: Format) -> Iterator[Given | Unread]:
        for line, value, findings in cuts:
            origin = Origin(file=file.name, line=line)
            if isinstance(value, Digest):
                message = f"{file.name}: line {line} is too long to be held"
                yield Unread(origin, "too-large", message, value)
            else:
                yield Given(value, origin, declared, findings)


def arrivals(inputs: Inputs, options: ParseOptions, seen_at: str) -> Iterator[Input]:
    """Yields each record of the inputs with its arrival; all arrive at the time of the run."""
    for item in inputs:
        if isinstance(item, Unread):
            yield item.dead_letter(options, seen_at)
        else:
            arrival = Arrival(item.origin, seen_at, item.format, item.findings)
            yield from unpack(item.value, arrival, options)


def without_pages(
    items: Iterable[Given | Unread], options: ParseOptions
) -> Iterator[Given | Unread]:
    """Yields the items, with what web pages say in place of the pages."""
    for item in items:
        if isinstance(item, Unread):
            yield item
        else:
            value, form = extracted(item.value, item.format, options.html_field)
            yield item._replace(value=value, format=form)


def read(
    paths: Sequence[str | os.PathLike[str]], options: ParseOptions
) -> Iterator[Given | Unread]:
    """Yields every value of the paths, in order. Raises `WrongUseError` as `Inputs` does."""
    return iter(Inputs(paths, options))


def _described(path: str, kind: str) -> _File:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:  # a dangling link: reported when it is read
        return _File(path, _shown(path), kind, 0)
    size = status.st_size if stat.S_ISREG(status.st_mode) else None
    return _File(path, _shown(path), kind, size)


def _shown(path: str) -> str:
    """Returns the path with invalid UTF-8 escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _unpacked(path: str) -> str:
    """Returns the name of a file, in lower case, without suffixes of compression."""
    name = os.path.basename(path).lower()  # noqa: PTH119
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name


def _kind(path: str) -> str | None:
    """Returns the suffix that names the format; "" for none, None for an unknown one."""
    suffix = Path(_unpacked(path)).suffix
    return suffix if suffix in ("", *SUFFIXES) else None


def _check(file: _File) -> None:
    """Refuses a file given by the user that cannot be opened."""
    if file.size is None:  # a pipe: opening would consume it
        return
    try:
        _opened(file.path).close()
    except OSError as error:
        raise WrongUseError(f"{file.name}: {_why(error)}; check its permissions") from error
    if file.kind == ".parquet":
        parquet_rows(file.path, 0, 0)  # raises if pyarrow is missing
    if file.kind in _PAGES and not is_available():
        raise WrongUseError(f"{file.name}: {INSTALL}")


def _opened(path: str) -> io.BufferedReader:
    if path == "-":
        # Closing the stream must not close standard input.
        return io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False), _HEAD)
    return io.BufferedReader(io.FileIO(path), _HEAD)


def _json_or_text(
    stream: io.BufferedReader, kind: str
) -> tuple[Callable[[io.BufferedReader, int], Iterator[Cut]], Format]:
    """Chooses the framing and the format by the file's name and first bytes."""
    head = stream.peek(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    first, ends, _ = head.partition(b"\n")
    first = first.strip()
    if kind in _JSON_LINES:
        return (json_values if _goes_on(first, ends, head) else lines), Format.JSON
    if (
        kind == ".json"
        or first[:1] == b"{"
        or (first[:1] == b"[" and head[1:].lstrip()[:1] == b"{")
    ):
        if not head:
            return _single, Format.JSON
        # A pipe may have shown only a part of its first line.
        is_lines = _is_object(first) or (first[:1] == b"{" and not ends and kind != ".json")
        return (lines if is_lines else json_values), Format.JSON
    return _single, Format.TEXT


def _goes_on(first: bytes, ends: bytes, head: bytes) -> bool:
    """Returns whether the first value of a file goes on below its first line."""
    if first in (b"{", b"["):
        return True
    if first[:1] not in (b"{", b"[") or not ends or _is_json(first):
        return False
    second = head.partition(b"\n")[2].lstrip()[:1]
    # An object or a list printed on several lines, or the elements of a list one a line.
    return second in (b'"', b"}", b"]") or (first[:1] == b"[" and second == b"{")


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _single(stream: io.BufferedReader, limit: int) -> Iterator[Cut]:
    yield Cut(1, whole(stream, limit))


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        # A first line longer than the peeked bytes still counts as a line.
        return line.startswith(b"{") and len(line) >= _HEAD - 16
    return True


def _why(error: BaseException) -> str:
    """Returns the error in words, without errno and file name."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, EOFError):
        return "it ends early, as if cut off"
    return str(error) or type(error).__name__
