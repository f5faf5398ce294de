"""Reads web pages from .html files and from WARC files, as a crawler wrote them.

Each page becomes an object with the page in `html`, and `url` and `fetched_at` where they are
known. Of a WARC file (ISO 28500), HTML that was answered with status 200 counts; other records are
skipped and counted. Memory is bounded by the largest page.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from pipeline.article import Digest
from pipeline.parse.decode import decode
from pipeline.parse.web_page import FIELD
from pipeline.runners.framing import Cut, whole

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_META_HEAD = 4096  # bytes
_MOST_LINE, _MOST_LINES = 64 * 1024, 1000  # bytes of a line of a head, and its lines
_PIECE = 64 * 1024
_HTML = ("text/html", "application/xhtml+xml")
_MOST_WBITS = 47  # zlib: gzip or zlib by its head


class WarcError(Exception):
    """The file is no WARC, or damaged; the records before remain valid."""


def page_of(html: bytes, url: str = "", fetched_at: str = "", charset: str = "") -> bytes:
    """Returns a page as the object that parsing reads; a page that is no text stays as it is."""
    meta = _META.search(html[:_META_HEAD])
    decoded = decode(html, _known(charset or (meta[1].decode("ascii", "replace") if meta else "")))
    if decoded is None:
        return html
    page = {FIELD: decoded.text, "url": url, "fetched_at": fetched_at}
    return msgspec.json.encode({name: value for name, value in page.items() if value})


def html_cuts(stream: io.BufferedReader, limit: int) -> Iterator[Cut]:
    """Yields the one page of an .html file."""
    value = whole(stream, limit)
    yield Cut(1, page_of(value) if isinstance(value, bytes) and value.strip() else value)


def warc_cuts(stream: io.BufferedReader, limit: int, skipped: Counter[str]) -> Iterator[Cut]:
    """Yields the pages of a WARC file, each with the number of its record as its line.

    Raises EOFError where the file breaks off, and `WarcError` where it is damaged.
    """
    number = 0
    while head := _head(stream):
        number += 1
        if not head.first.startswith("WARC/"):
            raise WarcError(f"record {number} does not begin like one of a WARC file")
        length = head.get("content-length")
        if not length.isdecimal():
            raise WarcError(f"record {number} does not say how long it is")
        rest = _Bounded(stream, int(length))
        page = _page(head, rest, limit, skipped)
        rest.skip()
        if page is not None:
            yield Cut(number, page)


class _Head(NamedTuple):
    first: str
    fields: dict[str, str]  # by lower-case name

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


class _Bounded:
    """The content of a record: so many bytes of the stream."""

    def __init__(self, stream: io.BufferedReader, left: int) -> None:
        self._stream, self._left = stream, left

    def read(self, most: int) -> bytes:
        """Returns up to `most` bytes; b"" at the end of the record."""
        wanted = min(most, self._left)
        data = self._stream.read(wanted)
        self._left -= len(data)
        if len(data) < wanted:
            raise EOFError
        return data

    def readline(self, most: int) -> bytes:
        line = self._stream.readline(min(most, self._left))
        self._left -= len(line)
        return line

    def skip(self) -> None:
        while self.read(_PIECE):
            pass


def _head(stream: io.BufferedReader | _Bounded) -> _Head | None:
    """Returns the next head, up to its empty line; None at the end."""
    lines: list[str] = []
    while line := stream.readline(_MOST_LINE):
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            if lines:
                break
            continue  # the empty lines after a record
        lines.append(text)
        if len(lines) > _MOST_LINES or not line.endswith(b"\n"):
            raise WarcError("a head of a record has no end")
    else:
        if lines:
            raise EOFError
        return None
    pairs = (one.partition(":") for one in lines[1:])
    return _Head(lines[0], {name.strip().lower(): value.strip() for name, _, value in pairs})


def _page(
    head: _Head, content: _Bounded, limit: int, skipped: Counter[str]
) -> bytes | Digest | None:
    """Returns the page of a record, or counts why it is none."""
    kind, media = head.get("warc-type"), head.get("content-type")
    if kind == "response" and media.startswith("application/http"):
        answer = _head(content)
        status = answer.first.split()[1:2] if answer else []
        if answer is None or status != ["200"]:
            skipped[f"status {status[0] if status else 'unknown'}"] += 1
            return None
    elif kind in ("resource", "conversion"):
        answer = _Head("", {"content-type": media})
    else:
        skipped[kind or "no kind"] += 1
        return None
    media = answer.get("content-type")
    if media.partition(";")[0].strip().lower() not in _HTML:
        skipped[media.partition(";")[0] or "no type"] += 1
        return None
    body = _body(answer, content, limit)
    if body is None:
        skipped[f"encoded as {answer.get('content-encoding')}"] += 1
        return None
    if isinstance(body, Digest):
        return body
    charset = _CHARSET.search(media)
    url = head.get("warc-target-uri").strip("<>")
    return page_of(body, url, head.get("warc-date"), charset[1] if charset else "")


def _body(answer: _Head, content: _Bounded, limit: int) -> bytes | Digest | None:
    """Returns the page without the encodings of HTTP; None for one that we do not know."""
    parts = (
        _chunks(content)
        if answer.get("transfer-encoding").lower() == "chunked"
        else iter(lambda: content.read(_PIECE), b"")
    )
    coding = answer.get("content-encoding").lower()
    if coding in ("gzip", "x-gzip", "deflate"):
        parts = _inflated(parts)
    elif coding not in ("", "identity"):
        return None
    found = bytearray()
    for part in parts:
        found += part
        if len(found) > limit:
            return Digest(len(found))
    return bytes(found)


def _chunks(content: _Bounded) -> Iterator[bytes]:
    """Yields the content of a chunked answer; that of one that is not, as it is."""
    while line := content.readline(_MOST_LINE):
        size = line.partition(b";")[0].strip()
        try:
            left = int(size, 16)
        except ValueError:  # many tools write the answer without its chunks
            yield line
            yield from iter(lambda: content.read(_PIECE), b"")
            return
        if not left:
            return
        while left > 0:
            part = content.read(min(left, _PIECE))
            if not part:
                return
            left -= len(part)
            yield part
        content.readline(2)


def _inflated(parts: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(_MOST_WBITS)
    for part in parts:
        data = part
        while data:
            yield inflate.decompress(data, _PIECE)
            data = inflate.unconsumed_tail


def _known(charset: str) -> str | None:
    try:
        b"a".decode(charset, "replace")
    except (LookupError, ValueError):
        return None
    return charset
