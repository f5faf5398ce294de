"""Whether a field that has a value in the real data comes out empty without a finding.

    python -m bench.quality.fields [--data DIR] [--each N]

Each record is prepared as `copydesk run` does. A field is lost where its input says something, the
article has nothing, and neither a finding nor a repair says why. Exit 1 where one is lost.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench.quality import data
from pipeline.article import Arrival, DeadLetter, Format, Origin
from pipeline.flow import Ready, Stages, prepare
from pipeline.parse.values import is_nothing

# Our fields, and the names that the sets give them.
NAMES = {
    "headline": ("title",),
    "article_body": ("text",),
    "description": ("description",),
    "authors": ("author", "authors", "byline"),
    "date_published": ("published_at",),
    "in_language": ("language",),
    "source": ("source",),
    "url": ("url",),
}
_MOMENT = "2026-01-01T00:00:00Z"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=data.DATA)
    parser.add_argument("--each", type=int, help="records of each set (default: all)")
    options = parser.parse_args()
    lost: Counter[str] = Counter()
    values = 0
    for path in sorted(options.data.glob("*.jsonl.gz")):
        if ".pairs" not in path.name:
            for record in _records(path, options.each):
                given = {field for field in NAMES if _says(record, field)}
                values += len(given)
                for field in given & lost_fields(record):
                    lost[f"{path.name} {field}"] += 1
    print(f"{values:,} values, {lost.total():,} lost without a word")
    for where, times in lost.most_common():
        print(f"{times:8,} {where}")
    return int(lost.total() > 0)


def lost_fields(record: dict[str, Any]) -> set[str]:
    """Returns our fields that are empty in the article of a record, and nothing says why."""
    arrival = Arrival(Origin(file="bench", line=1), _MOMENT, Format.JSON)
    ready: Ready = prepare(json.dumps(record).encode(), arrival, _stages)
    if isinstance(ready, DeadLetter):
        return set()  # which says why, and keeps the value
    article, quality = ready.article, ready.quality
    told = {finding.rule.partition("-")[0] for finding in quality.findings if finding.value}
    told |= {edit.field for repair in quality.repairs for edit in repair.edits}
    empty = {field for field in NAMES if not getattr(article, field)}
    return {field for field in empty if not told & _WORDS.get(field, set())}


# What begins the id of a finding, or names the field of a repair, that says why a field is empty.
_WORDS = {
    "headline": {"headline", "field"},
    "article_body": {"articleBody", "body"},
    "description": {"description"},
    "authors": {"author", "authors", "field"},
    "date_published": {"date"},
    "in_language": {"language"},
    "source": {"field"},
    "url": {"url", "field"},
}
_stages = Stages()


def _says(record: dict[str, Any], field: str) -> bool:
    """Returns whether one of the names of a field has more than nothing."""
    values = (record.get(name) for name in NAMES[field])
    return any(not is_nothing(value) if isinstance(value, str) else bool(value) for value in values)


def _records(path: Path, most: int | None) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, most))


if __name__ == "__main__":
    sys.exit(main())
