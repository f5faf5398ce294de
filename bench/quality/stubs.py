"""Stubs and their neighbours that were listed before any rule was tried on them.

    python -m bench.quality.stubs [--list]

`stubs.jsonl` was written beside this project, `stubs_blind.jsonl` by someone who had not seen its
rules, the third to fifth before the model was trained anew; no text of any was used to train.
`right` says what should become of a text: `withhold`, `publish`, or `flag`, which is to publish it
with a finding that says what is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from bench.quality.data import desked, share
from bench.quality.table import Figure, print_table
from pipeline.check.limits import GENERAL, NAMED

FILES = ("stubs", "stubs_blind", "stubs_third", "stubs_fourth", "stubs_fifth")
# The findings that say of a published text that it is no whole article.
_SIGNS = {"little-prose", "headline-list", "few-ended-lines", "table", "empty"}
_OF_STUBS = frozenset(
    {limit.rule for limit in (*NAMED, *GENERAL)} - {"html-left-over", "code-lines"} | _SIGNS
)


class Judged(NamedTuple):
    """One text of the lists, and what became of it."""

    file: str
    id: str
    language: str
    kind: str
    right: str  # withhold, publish, flag
    is_withheld: bool
    findings: tuple[str, ...]  # of those that say that it is no whole article
    prose: float

    @property
    def is_right(self) -> bool:
        if self.right == "flag":
            return bool(self.findings)
        return self.is_withheld == (self.right == "withhold")


@lru_cache(maxsize=1)
def judged() -> tuple[Judged, ...]:
    """Returns every text of the lists with what became of it."""
    return tuple(one for file in FILES for one in _judged(file))


def figures() -> list[Figure]:
    """Stubs withheld, withheld or found, neighbours published, texts flagged."""
    every = judged()
    stubs = [one for one in every if one.right == "withhold"]
    found = [
        Figure("listed.stubs_withheld", len(stubs), _share(stubs, lambda one: one.is_withheld)),
        Figure("listed.stubs_withheld_or_found", len(stubs),
               _share(stubs, lambda one: one.is_withheld or bool(one.findings))),
    ]  # fmt: skip
    for file, name in zip(FILES, ("own", "blind", "third", "fourth", "fifth"), strict=True):
        part = [one for one in stubs if one.file == file]
        found.append(Figure(f"listed.{name}_withheld", len(part),
                            _share(part, lambda one: one.is_withheld)))  # fmt: skip
    for right, name in (("publish", "published"), ("flag", "flagged")):
        part = [one for one in every if one.right == right]
        found.append(
            Figure(f"listed.neighbours_{name}", len(part), _share(part, lambda one: one.is_right))
        )
    return found


def listing() -> Iterator[str]:
    """Yields each text that is not treated as it should be."""
    for one in judged():
        if not one.is_right:
            done = "withheld" if one.is_withheld else "published"
            found = " ".join(one.findings) or "no finding"
            yield f"{one.right.upper():9}{done:10}{one.prose:6.2f}  {one.id}: {found}"


def main() -> int:
    """Prints the figures, and those of each kind and language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print what is wrong, one by one")
    if parser.parse_args().list:
        print("\n".join(listing()))
        return 0
    kept = print_table(figures())
    for what in ("kind", "language"):
        print(f"\n{what:18}{'stubs':>7}{'withheld':>10}{'or found':>10}{'others':>8}{'right':>7}")
        groups: dict[str, Counter[str]] = defaultdict(Counter)
        for one in judged():
            group = groups[getattr(one, what)]
            if one.right == "withhold":
                seen = one.is_withheld or bool(one.findings)
                group.update(stubs=1, withheld=one.is_withheld, seen=seen)
            else:
                group.update(others=1, right=one.is_right)
        for name, of in sorted(groups.items()):
            print(
                f"{name:18}{of['stubs']:7}{of['withheld']:10}{of['seen']:10}{of['others']:8}"
                f"{of['right']:7}"
            )
    return int(not kept)


def _judged(file: str) -> Iterator[Judged]:
    path = Path(__file__).with_name(f"{file}.jsonl")
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        slug = "".join(char for char in row["id"] if char.isalnum())
        record = {
            "title": row["headline"],
            "text": row["body"],
            "url": f"https://paper.example/a/{slug}",
            "source": "paper.example",
            "date": "2024-10-05T08:00:00Z",
        }
        result = desked(record)
        quality = result.quality
        rules = [finding.rule for finding in quality.findings] if quality else []
        yield Judged(
            file, row["id"], row["language"], row["kind"], row["right"], result.rejected,
            tuple(rule for rule in rules if rule in _OF_STUBS),
            quality.measures.get("prose", 0.0) if quality else 0.0,
        )  # fmt: skip


def _share(part: list[Judged], holds: Callable[[Judged], bool]) -> float:
    return share(sum(map(holds, part)), len(part))


if __name__ == "__main__":
    sys.exit(main())
