"""Reads the rows of CSV and Parquet files as JSON objects, one record each."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import msgspec

from pipeline.article import Digest, Finding
from pipeline.errors import WrongUseError
from pipeline.parse.decode import decode
from pipeline.parse.problems import COLUMNS_DIFFER
from pipeline.runners.framing import FREE, Cut, ExpansionError, csv_records

_DELIMITERS = (",", ";", "\t", "|")
_HEAD = 64 * 1024  # bytes in which the delimiter is looked for
# Rows of a Parquet file in memory at a time: a value that the file holds once may stand in each.
_BATCH = 16
_BATCH_BYTES = 8 * 1024 * 1024
_BUFFER = 256 * 1024  # bytes read at a time from a column of a Parquet file
_TEXT_EXPANSION = 5  # text becomes hardly longer than this many times when it is unpacked


class TableError(Exception):
    """A table is truncated or malformed; the rows before remain valid."""


def csv_rows(source: io.BufferedReader, limit: int, *, tabs: bool = False) -> Iterator[Cut]:
    """Yields each row as a JSON object keyed by the header; `limit` is bytes of a row.

    A row with more or fewer cells than the header has a finding. Invalid UTF-8 passes through
    unchanged: parse detects the encoding of each record.
    """
    # The csv module has one limit for the whole process; it only grows.
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    first = source.peek(_HEAD).partition(b"\n")[0].decode("utf-8", "replace")
    delimiter = "\t" if tabs else max(_DELIMITERS, key=first.count)
    try:
        yield from _csv_cuts(csv_records(source, limit, delimiter), limit, delimiter)
    except csv.Error as error:
        raise TableError(f"not readable as CSV: {error}") from error


def _csv_cuts(records: Iterator[Cut], limit: int, delimiter: str) -> Iterator[Cut]:
    header: list[str] = []
    for line, value, _ in records:
        if isinstance(value, Digest):
            if not header:
                raise csv.Error(f"the header has more than {limit:,} bytes")
            yield Cut(line, value)
            continue
        cells = next(csv.reader([value.decode("utf-8", "surrogateescape")], delimiter=delimiter))
        if header:
            yield Cut(line, _encode(header, cells), _differ(header, cells))
        else:
            header = _header(cells)


def _header(names: list[str]) -> list[str]:
    """Returns a name for each column, each once: a second `title` is `title.1`."""
    header: list[str] = []
    for number, given in enumerate(names, 1):
        name = given.strip() or f"column{number}"
        times = sum(known.partition(".")[0] == name for known in header)
        header.append(f"{name}.{times}" if name in header else name)
    return header


def _differ(header: list[str], row: list[str]) -> tuple[Finding, ...]:
    if len(row) < len(header) or any(row[len(header) :]):
        return (COLUMNS_DIFFER.finding(f"{len(row)} of {len(header)}"),)
    return ()


def _encode(header: list[str], row: list[str]) -> bytes:
    names = header + [f"column{number}" for number in range(len(header) + 1, len(row) + 1)]
    record = dict(zip(names, row, strict=False))
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogateescape")


def parquet_rows(path: str, limit: int, max_expansion: int) -> Iterator[Cut]:
    """Yields each row as a JSON object, with its number from 1 as the line.

    `limit` is bytes of a row. Raises `ExpansionError` for a group of rows that becomes more than
    `max_expansion` times as long as in the file.
    """
    try:
        # Optional: most users have no Parquet files, and pyarrow is the largest dependency.
        from pyarrow import ArrowException, parquet  # noqa: PLC0415
    except ImportError as error:
        raise WrongUseError(
            f"{path}: reading Parquet needs pyarrow: pip install 'copydesk[parquet]'"
        ) from error
    return _parquet_cuts(path, limit, max_expansion, parquet, ArrowException)


def _parquet_cuts(
    path: str, limit: int, max_expansion: int, parquet: Any, arrow_error: type[Exception]
) -> Iterator[Cut]:
    number = 0
    try:
        with parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as file:
            for group in range(file.num_row_groups):
                at_once = _rows_at_once(file.metadata.row_group(group), max_expansion)
                for batch in file.iter_batches(at_once, row_groups=[group]):
                    for place in range(batch.num_rows):
                        number += 1
                        yield Cut(number, _parquet_row(batch.slice(place, 1), limit))
    except (arrow_error, OSError) as error:
        raise TableError(f"not readable as Parquet: {error}") from error


def _rows_at_once(group: Any, max_expansion: int) -> int:
    """Returns how many rows of a group to read at a time, by the sizes that its file states."""
    columns = [group.column(number) for number in range(group.num_columns)]
    packed: int = sum(column.total_compressed_size for column in columns)
    size: int = sum(column.total_uncompressed_size for column in columns)
    if size > max(FREE, max_expansion * packed):
        raise ExpansionError(
            f"{packed:,} compressed bytes become {size:,}, over {max_expansion:,} times as many"
        )
    largest: int = max(map(_longest_value, columns), default=0)
    mean = size // max(1, int(group.num_rows))
    return min(_BATCH, max(1, _BATCH_BYTES // max(1, largest, mean)))


def _longest_value(column: Any) -> int:
    """Returns how long a value can be that the column holds once and many rows share.

    These are in the dictionary page, of which the file states only the compressed size.
    """
    if not column.has_dictionary_page or column.dictionary_page_offset is None:
        return 0
    size = int(column.total_uncompressed_size)
    packed = int(column.data_page_offset - column.dictionary_page_offset)
    if size > _TEXT_EXPANSION * column.total_compressed_size:
        return size
    return min(size, _TEXT_EXPANSION * packed)


def _parquet_row(row: Any, limit: int) -> bytes | Digest:
    """Returns the JSON of a batch of one row, which is not made where it would be too large."""
    if row.nbytes > limit:
        return Digest(row.nbytes)  # of which no bytes were made
    (values,) = row.to_pylist()
    return msgspec.json.encode(_plain(values), enc_hook=str)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Converts values for JSON: binary columns are taken as text where they hold text."""
    return {
        name: _text(value) if isinstance(value, bytes) else value for name, value in row.items()
    }


def _text(value: bytes) -> str | dict[str, str]:
    decoded = decode(value)
    return decoded.text if decoded else {"$binary": b64encode(value).decode("ascii")}
