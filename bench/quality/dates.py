"""How many dates of the real data are read, and how many wrongly.

    python -m bench.quality.dates [--data DIR] [--list]

For each set: records with a date; the share that is read, by the settings as they are and with the
orders of day and month that `copydesk learn` finds in the set; the share read wrongly where the
set's own format is known; and how long reading takes. Exit 1 where a date is read wrongly, or less
than 99.5 % of all are read with what was learned. `--list` prints what is not read.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from bench.quality import data
from pipeline.article import Arrival, Format, Origin, RawArticle
from pipeline.parse import ParseOptions, SourceParseOptions, parse
from pipeline.parse.date_orders import DateOrders
from pipeline.url import site_of

LEAST = 0.995
# The one format in which a set writes its dates, as strptime has it.
FORMATS = {
    "albanian_sq": "%Y/%m/%d, %H:%M:%S",
    "antcorpus_ar": "%d/%m/%Y",
    "fakenewscorpus_sample": "%Y-%m-%d %H:%M:%S.%f",
    "hindi_papers": "%Y-%b-%d",
    "ngr_stream": "%m/%d/%Y",
    "reuters21578": "%d-%b-%Y %H:%M:%S.%f",
    "vfnd_vi": "%Y-%m-%d %H:%M:%S",
}
# `bench` has articles of both: a date in slashes is as in the first, the others as in the second.
_BENCH = (FORMATS["ngr_stream"], FORMATS["reuters21578"])
_ARRIVAL = Arrival(
    origin=Origin(file="bench", line=1), seen_at="2026-01-01T00:00:00Z", format=Format.JSON
)


class Row(NamedTuple):
    """What came out for one set; counts are of records with a date."""

    name: str
    present: int
    read: int
    read_with_orders: int
    known: int  # dates of a known format
    wrong: int
    microseconds: float  # to parse one record


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=data.DATA)
    parser.add_argument("--list", action="store_true", help="print the dates that are not read")
    options = parser.parse_args()
    rows = [
        row
        for path in sorted(options.data.glob("*.jsonl.gz"))
        if ".pairs" not in path.name and (row := _row(path, show=options.list))
    ]
    present = sum(row.present for row in rows)
    plain = sum(row.read for row in rows) / max(1, present)
    share = sum(row.read_with_orders for row in rows) / max(1, present)
    wrong = sum(row.wrong for row in rows)
    print(f"{'set':24}{'dates':>8}{'read':>8}{'learned':>9}{'known':>8}{'wrong':>7}{'us':>7}")
    for row in rows:
        print(
            f"{row.name:24}{row.present:8,}{row.read / row.present:8.1%}"
            f"{row.read_with_orders / row.present:9.1%}{row.known:8,}{row.wrong:7,}"
            f"{row.microseconds:7.0f}"
        )
    print(f"{'all':24}{present:8,}{plain:8.1%}{share:9.2%}{wrong:15,}")
    return int(wrong > 0 or share < LEAST)


def _row(path: Path, *, show: bool) -> Row | None:
    name = path.name.removesuffix(".jsonl.gz")
    records = [record for record in _records(path) if record.get("published_at")]
    if not records:
        return None
    start = time.process_time()
    plain = [_parsed(record, ParseOptions()) for record in records]
    spent = time.process_time() - start
    orders = DateOrders()
    for raw in plain:
        orders.add(_source(raw), raw.date_published_raw, raw.url, raw.id)
    sources = {
        source: SourceParseOptions(date_order=known.order)
        for source, known in orders.learned().items()
    }
    learned = [_parsed(record, ParseOptions(sources=sources)) for record in records]
    right = [_right(name, record["published_at"]) for record in records]
    if show:
        for raw in learned:
            if raw.date_published is None:
                print(f"{name}: {raw.date_published_raw!r} of {_source(raw)}")
    return Row(
        name,
        present=len(records),
        read=sum(raw.date_published is not None for raw in plain),
        read_with_orders=sum(raw.date_published is not None for raw in learned),
        known=sum(day is not None for day in right),
        wrong=sum(
            day is not None and raw.date_published is not None and raw.date_published[:10] != day
            for raws in (plain, learned)
            for raw, day in zip(raws, right, strict=True)
        ),
        microseconds=1e6 * spent / len(records),
    )


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _parsed(record: dict[str, Any], options: ParseOptions) -> RawArticle:
    # An empty text would be a dead letter, and its date with it.
    value = json.dumps({**record, "text": record.get("text") or "-"}).encode()
    found = parse(value, _ARRIVAL, options)
    if not isinstance(found, tuple):
        raise TypeError(f"a record of the data cannot be read: {found.message}")
    return found[0]


def _source(raw: RawArticle) -> str | None:
    return raw.source or site_of(raw.url)


def _right(name: str, given: object) -> str | None:
    """Returns the day that a date of a set with a known format says, or None."""
    text = str(given).strip()
    mixed = _BENCH[0] if "/" in text else _BENCH[1]
    form = mixed if name == "bench" else FORMATS.get(name, "")
    try:
        return datetime.strptime(text, form).date().isoformat() if form else None  # noqa: DTZ007
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main())
