"""Whether forms with other facts are published, and copies with small edits withheld.

    python -m bench.quality.forms [--errors] [FILE...]

The texts are made up, in 24 languages: forms of what papers print again and again (warnings,
results, notices of deaths, lists of a court ...), of one paper or of two. Each gives two pairs:
with other facts, which is other news, and with other function words, another verb, a sentence less,
which is a copy. They go through the whole flow. Exit 1 where a floor is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.article import Arrival, Match, Origin, Prepared
from pipeline.dedup import CompactIndex, entry_of
from pipeline.dedup.index import MemoryDetails
from pipeline.flow import Stages, decide, prepare

TEXTS = Path(__file__).with_name("forms")
FLOORS = {"form": 0.95, "copy": 0.90}  # the parts that are published, and withheld
_SEEN_AT = ("2026-03-02T08:00:00Z", "2026-03-02T12:00:00Z")

Given = dict[str, Any]


class Pair(NamedTuple):
    """An earlier text and a later one, made of one text of a list."""

    text: Given
    is_form: bool
    earlier: Given
    later: Given


class Judged(NamedTuple):
    """A pair with the verdict on the later text."""

    pair: Pair
    is_withheld: bool
    match: Match | None

    @property
    def is_right(self) -> bool:
        return self.is_withheld is not self.pair.is_form


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", action="store_true", help="print each pair judged wrongly")
    parser.add_argument("files", nargs="*", type=Path, default=sorted(TEXTS.glob("*.toml")))
    asked = parser.parse_args()
    return max(_report(path, errors=asked.errors) for path in asked.files)


def _report(path: Path, *, errors: bool) -> int:
    right, every = Counter[str](), Counter[str]()
    for one in map(judge, pairs(path)):
        text, kind = one.pair.text, "form" if one.pair.is_form else "copy"
        for name in (kind, f"{kind}, {text['papers']}", f"{kind}, {text['language']}"):
            every[name] += 1
            right[name] += one.is_right
        if errors and not one.is_right:
            found = one.match
            said = f"{found.kind}, {found.new_words} new, {found.difference}" if found else "-"
            print(f"  {kind} ({text['language']}, {text['papers']}) {text['kind']}: {said}")
    print(path.stem, *(f"  {name}: {right[name]} of {every[name]}" for name in every), sep="\n")
    return int(any(right[name] < floor * every[name] for name, floor in FLOORS.items()))


def pairs(path: Path) -> Iterator[Pair]:
    """Returns the pairs of a list."""
    for text in tomllib.loads(path.read_text())["text"]:
        earlier = _record(text, text["headline"], text["body"], 0)
        if text["form"]:
            headline, body = (_edited(text[name], text["form"]) for name in ("headline", "body"))
            yield Pair(text, earlier=earlier, later=_record(text, headline, body, 1), is_form=True)
        if text["copy"]:
            headline = text.get("copy_headline", text["headline"])
            body = _edited(text["body"], text["copy"])
            yield Pair(text, earlier=earlier, later=_record(text, headline, body, 1), is_form=False)


def _edited(text: str, edits: list[list[str]]) -> str:
    for old, new in edits:
        text = text.replace(old, new)
    return text


def _record(text: Given, headline: str, body: str, at: int) -> Given:
    paper = at if text["papers"] == "two" else 0
    page = 0 if text["papers"] == "address" else at
    return {
        "url": f"https://paper{paper}.example/news/{page}-story",
        "headline": headline,
        "articleBody": body,
        "inLanguage": text["language"],
        "source": f"Paper {paper}",
    }


def judge(pair: Pair) -> Judged:
    """Takes two records through the flow and returns the verdict on the second."""
    stages = Stages()
    index = CompactIndex(stages.dedup, MemoryDetails())
    for at, record in enumerate((pair.earlier, pair.later)):
        arrival = Arrival(Origin(file=f"{at}.json", line=1), _SEEN_AT[at])
        ready = prepare(json.dumps(record).encode(), arrival, stages)
        if not isinstance(ready, Prepared):
            sys.exit(f"{pair.text['kind']}: does not reach the comparison")
        outcome = decide(ready, index.neighbours(ready), stages)
        index.add(entry_of(ready, outcome.quality.match))
    return Judged(pair, str(outcome.quality.verdict) == "duplicate", outcome.quality.match)


if __name__ == "__main__":
    sys.exit(main())
