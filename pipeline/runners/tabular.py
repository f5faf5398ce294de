"""Reads the rows of CSV and Parquet files as JSON objects, one record each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from pipeline.errors import WrongUseError
from pipeline.runners.framing import Cut

_DELIMITERS = (",", ";", "\t", "|")
_BATCH = 256  # rows of a Parquet file in memory at a time


class TableError(Exception):
    """A table is truncated or malformed; the rows before remain valid."""


def csv_rows(source: io.BufferedReader, limit: int, *, tabs: bool = False) -> Iterator[Cut]:
    """Yields each row as a JSON object keyed by the header; `limit` is bytes of one cell.

    Invalid UTF-8 passes through unchanged: parse detects the encoding of each record.
    """
    # The csv module has one limit for the whole process; it only grows.
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    with io.TextIOWrapper(
        source, encoding="utf-8-sig", errors="surrogateescape", newline=""
    ) as text:
        feed = _BoundedLines(text, limit)
        first = next(feed, "")
        delimiter = "\t" if tabs else max(_DELIMITERS, key=first.count)
        header = _header(next(csv.reader([first], delimiter=delimiter), []))
        rows = csv.reader(feed, delimiter=delimiter)
        while True:
            line = rows.line_num + 2
            try:
                row = next(rows, None)
            except csv.Error as error:
                raise TableError(f"not readable as CSV: {error}") from error
            if row is None:
                return
            if row:
                yield Cut(line, _encode(header, row))


def _header(names: list[str]) -> list[str]:
    return [name.strip() or f"column{number}" for number, name in enumerate(names, 1)]


def _encode(header: list[str], row: list[str]) -> bytes:
    names = header + [f"column{number}" for number in range(len(header) + 1, len(row) + 1)]
    record = dict(zip(names, row, strict=False))
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogateescape")


class _BoundedLines:
    """Iterates over the lines of a text, with a limit on their length."""

    def __init__(self, text: io.TextIOWrapper, limit: int) -> None:
        self._text = text
        self._limit = limit

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(4 * self._limit)  # a row may have several cells
        if not line:
            raise StopIteration
        if len(line) >= 4 * self._limit:
            raise TableError(f"a line of more than {4 * self._limit:,} characters")
        return line


def parquet_rows(path: str) -> Iterator[Cut]:
    """Yields each row as a JSON object, with its number from 1 as the line."""
    try:
        # Optional: most users have no Parquet files, and pyarrow is the largest dependency.
        from pyarrow import ArrowException, parquet  # noqa: PLC0415
    except ImportError as error:
        raise WrongUseError(
            f"{path}: reading Parquet needs pyarrow: pip install 'copydesk[parquet]'"
        ) from error
    return _parquet_cuts(path, parquet, ArrowException)


def _parquet_cuts(path: str, parquet: Any, arrow_error: type[Exception]) -> Iterator[Cut]:
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield Cut(number, msgspec.json.encode(_plain(row), enc_hook=str))
    except arrow_error as error:
        raise TableError(f"not readable as Parquet: {error}") from error


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Converts values for JSON; binary columns are taken as text."""
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in row.items()
    }
