"""Cuts byte streams into records with bounded memory: lines, JSON values, CSV rows, whole files.

A record longer than the limit is not kept in memory: it is counted and hashed while it is read, and
only its `Digest` is returned. The first bytes tell how the stream is compressed; it is decompressed
a few megabytes at a time, and only up to `max_expansion` times its own size.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from pipeline.article import Digest, Finding

_CHUNK = 256 * 1024  # bytes read at a time
# Bytes decompressed at a time: four of them can hold a block of 128 KiB (RFC 8878, 3.1.1.2), so
# these become 16 MiB at most.
_ZSTD_PIECE = 512
FREE = 64 * 1024 * 1024  # bytes that a file may become whatever its own size
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BZIP2 = re.compile(rb"BZh[1-9]")
_XZ = b"\xfd7zXZ\x00"
_XZ_MEMORY = 80 * 1024 * 1024  # bytes: `xz -9` needs 65 MiB
_LINE_ENDS = (b"\n", b"\r")
_WIDE_MARKS = (  # longest first: the mark of UTF-32 starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE_STARTS = (
    (re.compile(rb"[{\[]\0[ -~\n\r]\0"), "utf-16-le"),
    (re.compile(rb"\0[{\[]\0[ -~\n\r]"), "utf-16-be"),
)
_SPACE = re.compile(rb"[\s,]*")
_IN_STRING = re.compile(rb'(?:[^"\\]+|\\.)*+', re.DOTALL)
_STRUCTURE = re.compile(rb'["\[\]{}]')
_QUOTE = re.compile(b'"')
_SCALAR_END = re.compile(rb"[,\]\n]")


class ExpansionError(Exception):
    """Compressed data becomes too many times its own size."""


class Cut(NamedTuple):
    """One record and the line it begins on, counted from 1."""

    line: int
    value: bytes | Digest  # the digest of one over the limit
    findings: tuple[Finding, ...] = ()


class _Collector:
    """Keeps data up to a limit; beyond it, only counts and hashes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._hash = hashlib.sha256()
        self.size = 0

    def feed(self, part: bytes) -> None:
        self.size += len(part)
        if self._parts and self.size > self._limit:
            for held in self._parts:
                self._hash.update(held)
            self._parts.clear()
        if self.size > self._limit:
            self._hash.update(part)
        else:
            self._parts.append(part)

    def result(self) -> bytes | Digest:
        if self.size > self._limit:
            return Digest(self.size, self._hash.hexdigest())
        return b"".join(self._parts)


class _Zstd(io.RawIOBase):
    """Consecutive Zstandard frames as one stream.

    A truncated frame raises EOFError, a corrupt one OSError.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        import zstandard  # noqa: PLC0415 - few files need it

        self._next_frame = zstandard.ZstdDecompressor().decompressobj
        self._broken = zstandard.ZstdError
        self._frame = self._next_frame()
        self._waiting = b""
        self._started = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        while not self._waiting:
            if self._frame.eof:
                rest = self._frame.unused_data or self._source.read(_ZSTD_PIECE)
                self._frame, self._started = self._next_frame(), False
            else:
                rest = self._source.read(_ZSTD_PIECE)
            if not rest:
                if self._started:
                    raise EOFError("compressed data ended before the end of its last frame")
                return 0
            self._started = True
            try:
                self._waiting = self._frame.decompress(rest)
            except self._broken as error:
                raise OSError(str(error)) from error
        count = min(len(buffer), len(self._waiting))
        buffer[:count] = self._waiting[:count]
        self._waiting = self._waiting[count:]
        return count


class _InParts(io.RawIOBase):
    """Consecutive streams of bzip2 or xz as one, decompressed a buffer at a time.

    A truncated stream raises EOFError, a corrupt one OSError.
    """

    def __init__(self, source: BinaryIO, begin: Callable[[], Any], broken: type[Exception]) -> None:
        self._source, self._begin, self._broken = source, begin, broken
        self._part = begin()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        found = b""
        while not found:
            packed = b""
            if self._part.eof:
                # A stream of xz may be followed by zeros.
                packed = self._part.unused_data.lstrip(b"\0") or self._source.read(_CHUNK)
                if not packed.strip(b"\0"):
                    return 0
                self._part = self._begin()
            elif self._part.needs_input:
                packed = self._source.read(_CHUNK)
                if not packed:
                    raise EOFError("compressed data ended before the end of its last stream")
            try:
                found = self._part.decompress(packed, len(buffer))
            except self._broken as error:
                raise OSError(str(error)) from error
        buffer[: len(found)] = found
        return len(found)


def _bzip2(source: BinaryIO) -> io.RawIOBase:
    import bz2  # noqa: PLC0415 - few files need it

    return _InParts(source, bz2.BZ2Decompressor, OSError)


def _xz(source: BinaryIO) -> io.RawIOBase:
    import lzma  # noqa: PLC0415 - few files need it

    begin = partial(lzma.LZMADecompressor, memlimit=_XZ_MEMORY)
    return _InParts(source, begin, lzma.LZMAError)


class _Counted(io.RawIOBase):
    """A compressed stream that counts the bytes that were read from it."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        count: int = self._source.readinto(buffer)
        self.count += count
        return count


class _Bounded(io.RawIOBase):
    """A decompressed stream; raises `ExpansionError` where it outgrows the compressed one."""

    def __init__(self, source: io.RawIOBase, packed: _Counted, most: int) -> None:
        # One step at a time, so that what comes before a damaged place is not lost with it.
        self._fill = getattr(source, "readinto1", source.readinto)
        self._packed = packed
        self._most = most
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        count: int = self._fill(buffer)
        self._count += count
        if self._count > max(FREE, self._most * self._packed.count):
            raise ExpansionError(
                f"{self._packed.count:,} compressed bytes become more than {self._count:,}, over "
                f"{self._most:,} times as many"
            )
        return count


class _Transcoded(io.RawIOBase):
    """Transcodes UTF-16 or UTF-32 to UTF-8, so that brackets and line ends are single bytes."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._waiting = b""
        self._done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        while not self._waiting and not self._done:
            chunk = self._source.read(_CHUNK)
            self._done = not chunk
            text = self._decoder.decode(chunk, final=self._done)
            self._waiting = text.encode("utf-8", "replace")
        count = min(len(buffer), len(self._waiting))
        buffer[:count] = self._waiting[:count]
        self._waiting = self._waiting[count:]
        return count


def decompressed(source: io.BufferedReader, max_expansion: int) -> io.BufferedReader:
    """Returns the stream, decompressed if it is gzip, Zstandard, bzip2 or xz.

    Reading raises `ExpansionError` where it becomes more than `max_expansion` times as long.
    """
    head = source.peek(len(_XZ))
    packed = _Counted(source)
    if head.startswith(_GZIP):
        stream: Any = gzip.GzipFile(fileobj=io.BufferedReader(packed))
    elif head.startswith(_ZSTD):
        stream = _Zstd(io.BufferedReader(packed))
    elif _BZIP2.match(head):
        stream = _bzip2(io.BufferedReader(packed))
    elif head.startswith(_XZ):
        stream = _xz(io.BufferedReader(packed))
    else:
        return source
    # The buffer makes reading lines fast.
    return io.BufferedReader(_Bounded(stream, packed, max_expansion), _CHUNK)


def utf8(source: io.BufferedReader) -> io.BufferedReader:
    """Returns the stream, transcoded to UTF-8 if it is UTF-16 or UTF-32.

    That is seen by its byte order mark or, of JSON, by its first two characters.
    """
    head = source.peek(len(codecs.BOM_UTF32_LE))
    for mark, encoding in _WIDE_MARKS:
        if head.startswith(mark):
            return io.BufferedReader(_Transcoded(source, encoding), _CHUNK)
    for start, encoding in _WIDE_STARTS:
        if start.fullmatch(head[:4]):
            return io.BufferedReader(_Transcoded(source, encoding), _CHUNK)
    return source


def lines(source: io.BufferedReader, limit: int) -> Iterator[Cut]:
    r"""Yields the lines that are not blank, without line ends; `limit` is in bytes."""
    number = 0
    while line := source.readline(limit + 2):
        number += 1
        ends = line.endswith(b"\n")
        value = line.removesuffix(b"\n").removesuffix(b"\r") if ends else line
        if not ends and len(line) == limit + 2:
            yield Cut(number, _rest_of_line(source, line, limit))
        elif value and not value.isspace():
            yield Cut(number, value)


def _rest_of_line(source: io.BufferedReader, start: bytes, limit: int) -> bytes | Digest:
    collector = _Collector(limit)
    held = start  # the last piece waits: it may end in a line break
    while not held.endswith(b"\n") and (more := source.readline(_CHUNK)):
        # A \r\n may be cut in two: keep the \r with what follows.
        whole = held + more
        collector.feed(whole[:-2])
        held = whole[-2:]
    collector.feed(held.removesuffix(b"\n").removesuffix(b"\r") if held.endswith(b"\n") else held)
    return collector.result()


def whole(source: io.BufferedReader, limit: int) -> bytes | Digest:
    """Returns the rest of the stream as one record."""
    collector = _Collector(limit)
    while chunk := source.read(_CHUNK):
        collector.feed(chunk)
    return collector.result()


def json_values(source: io.BufferedReader, limit: int) -> Iterator[Cut]:
    """Yields the values of a JSON file: the elements of its one array, or consecutive values.

    Broken JSON is returned as it is, and what follows is cut where possible.
    """
    scanner = _Scanner(source)
    scanner.skip_space()
    if scanner.peek() == b"[":
        scanner.advance(1)
        yield from _values(scanner, limit, closing=b"]")
    yield from _values(scanner, limit, closing=b"")


def csv_records(source: io.BufferedReader, limit: int, delimiter: str) -> Iterator[Cut]:
    """Yields the rows of CSV (RFC 4180) that are not blank, each with its line ends.

    Raises `csv.Error` where a quotation mark opens a field that never closes.
    """
    scanner = _Scanner(source)
    field_end = re.compile(rb"[\r\n]|" + re.escape(delimiter.encode()))
    while scanner.peek():
        line = scanner.line
        collector = _Collector(limit)
        scanner.take_row(collector, field_end)
        value = collector.result()
        if not isinstance(value, bytes) or value.strip(b"\r\n"):
            yield Cut(line, value)


def _values(scanner: _Scanner, limit: int, closing: bytes) -> Iterator[Cut]:
    while True:
        scanner.skip_space()
        first = scanner.peek()
        if not first:
            return
        if first == closing:
            scanner.advance(1)
            return
        line = scanner.line
        collector = _Collector(limit)
        if first in b"{[":
            scanner.take_nested(collector)
        else:
            scanner.take_scalar(collector)
        value = collector.result()
        if not isinstance(value, bytes) or value.strip():
            yield Cut(line, value)


class _Scanner:
    """Reads a stream in chunks and tracks the position and the line number."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._buffer = source.read(_CHUNK).removeprefix(codecs.BOM_UTF8)
        self._at = 0
        self.line = 1

    def peek(self) -> bytes:
        if self._at >= len(self._buffer):
            self._refill()
        return self._buffer[self._at : self._at + 1]

    def advance(self, count: int) -> bytes:
        part = self._buffer[self._at : self._at + count]
        self._at += len(part)
        self.line += part.count(b"\n")
        return part

    def skip_space(self) -> None:
        while self.peek():
            match = _SPACE.match(self._buffer, self._at)
            if not match or not self.advance(len(match[0])):
                return

    def take_nested(self, collector: _Collector) -> None:
        """Takes one object or array, up to its closing bracket or the end of the data."""
        depth = 0
        while self.peek():
            match = _STRUCTURE.search(self._buffer, self._at)
            if match is None:
                collector.feed(self.advance(len(self._buffer)))
                continue
            collector.feed(self.advance(match.end() - self._at))
            if match[0] == b'"':
                self._take_string(collector)
            else:
                depth += 1 if match[0] in b"{[" else -1
                if depth <= 0:
                    return

    def take_scalar(self, collector: _Collector) -> None:
        """Takes any other value, up to the next comma, bracket or line break."""
        if self.peek() == b'"':
            collector.feed(self.advance(1))
            self._take_string(collector)
        while self.peek():
            match = _SCALAR_END.search(self._buffer, self._at)
            end = match.start() if match else len(self._buffer)
            if end == self._at and not collector.size:
                end += 1  # a stray closing bracket is a (broken) value of its own
            collector.feed(self.advance(end - self._at))
            if match:
                return

    def take_row(self, collector: _Collector, field_end: re.Pattern[bytes]) -> None:
        """Takes one row of CSV with its line end. Only a field in quotes may hold line ends."""
        end = b""
        while self.peek() and end not in _LINE_ENDS:
            if self.peek() == b'"':
                self._take_quoted(collector)
            end = self._take_through(collector, field_end)
        if end == b"\r" and self.peek() == b"\n":
            collector.feed(self.advance(1))

    def _take_through(self, collector: _Collector, pattern: re.Pattern[bytes]) -> bytes:
        """Takes everything through the next match, which it returns; b"" at the end."""
        while self.peek():
            match = pattern.search(self._buffer, self._at)
            end = match.end() if match else len(self._buffer)
            collector.feed(self.advance(end - self._at))
            if match:
                return match[0]
        return b""

    def _take_quoted(self, collector: _Collector) -> None:
        """Takes a field in quotes, in which two quotation marks stand for one."""
        line = self.line
        while self.peek() == b'"':
            collector.feed(self.advance(1))
            if not self._take_through(collector, _QUOTE):
                raise csv.Error(f"a quotation mark opens a field in line {line} and never closes")

    def _take_string(self, collector: _Collector) -> None:
        """Takes the rest of a string, including the closing quote."""
        while self.peek():
            match = _IN_STRING.match(self._buffer, self._at)
            end = match.end() if match else self._at
            if end < len(self._buffer) and self._buffer[end : end + 1] == b'"':
                collector.feed(self.advance(end + 1 - self._at))
                return
            collector.feed(self.advance(end - self._at))
            if self._at < len(self._buffer) and not self._refill():  # a lone \ ends the chunk
                collector.feed(self.advance(len(self._buffer)))
                return

    def _refill(self) -> bool:
        chunk = self._source.read(_CHUNK)
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)
