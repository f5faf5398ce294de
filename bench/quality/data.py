"""The test data: where it lies, how it is read, and what the whole desk makes of one record."""

from __future__ import annotations

import gzip
import json
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from xxhash import xxh3_64_hexdigest

from pipeline.article import Arrival, DeadLetter, Format, Origin, Quality, Rejected
from pipeline.flow import Stages, prepare
from pipeline.text import fold, line_spans

Row = dict[str, Any]

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
STAGES = Stages()
SEEN_AT = "2026-01-01T00:00:00Z"  # fixed, so that no figure depends on the day it is taken
# The sets that `labels/articles.jsonl` speaks of.
LABELLED = (
    "ngr_stream", "reuters21578", "fakenewscorpus_sample", "fakenewsnet2018", "fnc1",
    "trafilatura_eval", "scraper_fixtures",
)  # fmt: skip
# Not seen, though the readers see what stands around them: they say nothing in a line.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))


class Result(NamedTuple):
    """One record after the desk: the clean body, and the account of what was done."""

    headline: str
    body: str
    quality: Quality | None  # None: a dead letter
    rejected: bool


@lru_cache(maxsize=64)
def rows(name: str) -> tuple[Row, ...]:
    """All records of a set."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return tuple(map(json.loads, lines))


@lru_cache(maxsize=8)
def labels(name: str) -> tuple[Row, ...]:
    """All records of a file of hand labels."""
    return tuple(map(json.loads, (DATA / f"labels/{name}.jsonl").read_text("utf-8").splitlines()))


@lru_cache(maxsize=1)
def labelled_rows() -> dict[str, Row]:
    """The records that labels speak of, by the ids they use."""
    return {
        key: row
        for name in LABELLED
        for row in rows(name)
        for key in (row["id"], f"{row['id']}:{row.get('variant') or row['source']}")
    }


@lru_cache(maxsize=1)
def mended() -> frozenset[str]:
    """Returns the hashes of the texts that are no articles, whatever the test data says."""
    lines = Path(__file__).with_name("mended.txt").read_text("utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines if not line.startswith("#"))


def is_mended(text: str | None) -> bool:
    """Returns whether a text of the test data is among them."""
    return xxh3_64_hexdigest((text or "").encode()) in mended()


def sets() -> list[str]:
    """Names of all sets of articles but those that serve for speed or hold lines, not texts."""
    names = (path.name.removesuffix(".jsonl.gz") for path in sorted(DATA.glob("*.jsonl.gz")))
    return [
        name
        for name in names
        if not name.endswith(".pairs") and name not in {"bench", "mojibake_ftfy", "pages_dev"}
    ]


def desked(row: Row) -> Result:
    """The record through parse, clean and check, as a line of a file."""
    arrival = Arrival(Origin(file=row.get("id"), line=1), SEEN_AT, Format.JSON)
    done = prepare(json.dumps(row).encode(), arrival, STAGES)
    if isinstance(done, DeadLetter):
        return Result("", "", None, rejected=True)
    article = done.article
    return Result(
        article.headline or "", article.article_body, done.quality, isinstance(done, Rejected)
    )


def keys(text: str) -> list[str]:
    """What each line says: its words without case and signs; lines without words left out."""
    plain = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    return [key for key in (fold(plain[start:end]) for start, end in line_spans(plain)) if key]


def squeeze(text: str) -> str:
    """The text with single spaces for all white space."""
    return " ".join(text.split())


def share(part: float, whole: float) -> float:
    """0..1; 1 of nothing: where there is nothing to find, nothing is missing."""
    return part / whole if whole else 1.0


def f1(precision: float, recall: float) -> float:
    """The harmonic mean of the two."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
