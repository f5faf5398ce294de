"""The corpus in `tests/corpus/`: articles written for tests, with what must become of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parents[1] / "corpus"


class Copied(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The earlier article of the same file that this one matches."""

    kind: str
    of: str


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is certain of an article's outcome; what is left out is not looked at."""

    verdict: str
    reasons: Sequence[str] = ()  # among the reasons of the verdict
    unchanged: bool = False  # headline and body come out as they went in
    keep: Sequence[str] = ()  # pieces of the body that come out once each, in this order
    drop: Sequence[str] = ()  # pieces that no longer occur in headline or body
    repairs: Sequence[str] = ()  # among the rules that repaired it
    match: Copied | msgspec.UnsetType | None = msgspec.UNSET  # None: it must match nothing


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One article of the corpus."""

    label: str
    record: Mapping[str, Any]  # as a scraper sends it
    expect: Expected
    comment: str = ""
    xfail: str | None = None  # why today's rules do not do what is expected

    @property
    def value(self) -> bytes:
        """The record as one line of JSON."""
        return msgspec.json.encode(self.record)


@cache
def themes() -> Mapping[str, Sequence[Sample]]:
    """The samples by theme, in the order of their files; a theme is one stream of articles."""
    return {
        path.stem: [
            msgspec.json.decode(line, type=Sample) for line in path.read_bytes().splitlines()
        ]
        for path in sorted(FOLDER.glob("*.jsonl"))
    }
