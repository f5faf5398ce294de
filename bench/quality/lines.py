"""Lines of labelled pages: how much furniture goes, and how much of the story with it.

    python -m bench.quality.lines [--folds FOLDER] [--worst N] [--every N]

Of `pages_dev`, pages as up to five extractors saw them: the rules alone, the model alone, and
both; then both by language, and the publishers that lose most, with their lines. The model in the
package has learned from these pages. `--folds` names the models that
`pipeline.lines.train --folds` keeps, each of which scores the publishers that it has not seen.

A line is gone if less than half of its letters and digits are left, and no line of the same words.
Lines of unsure label do not count, nor do titles and descriptions. `line_labels.jsonl` corrects
labels.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.quality import data
from bench.quality.data import Row, rows, share
from bench.quality.table import Figure
from pipeline import lines
from pipeline.article import Draft, Repair
from pipeline.clean import Context, clean, repair, trace
from pipeline.clean.options import CleanOptions
from pipeline.clean.rules import encoding, scored_lines
from pipeline.text import fold, line_spans

_MENDED = Path(__file__).with_name("line_labels.jsonl")
_STORY, _FURNITURE = 1, 0
_NAIVE = "naive"
_EVERY = 5  # of the pages one in so many, in the table of all figures
_SHOWN = 100  # characters
_FEWEST_PUBLISHERS = 5  # of a language that is judged by itself
_WITHOUT = CleanOptions(disabled=(scored_lines.RULE,))
_Cleaned = tuple[Draft, tuple[Repair, ...]]
WAYS: dict[str, Callable[[Draft, Context], _Cleaned]] = {
    "rules": lambda draft, context: clean(draft, context, _WITHOUT),
    "model": lambda draft, context: repair(draft, context, scored_lines.RULES),
    "both": lambda draft, context: clean(draft, context, CleanOptions()),
}


class Page(NamedTuple):
    """A page as one extractor saw it, repaired where it was decoded wrongly."""

    row: Row
    draft: Draft
    labels: tuple[Any, ...]


class Tally:
    """Counts lines and pages."""

    def __init__(self) -> None:
        self.lines: Counter[int] = Counter()
        self.gone: Counter[int] = Counter()
        self.pages = self.hit = 0
        self.wrong: list[str] = []
        self.publishers: set[str] = set()

    def add(self, page: Page, gone: set[int]) -> None:
        """Adds a page with the numbers of the lines that are gone."""
        known = [(i, label) for i, label in enumerate(page.labels) if label in {0, 1}]
        known = [(i, label) for i, label in known if not isinstance(label, str)]
        lost = [i for i, label in known if label == _STORY and i in gone]
        self.lines.update(label for _, label in known)
        self.gone.update(label for i, label in known if i in gone)
        self.pages += 1
        self.hit += bool(lost)
        self.publishers.add(page.row["source"])
        spans = line_spans(page.draft.body)
        self.wrong += [page.draft.body[slice(*spans[i])] for i in lost]

    @property
    def recall(self) -> float:
        return share(self.gone[_FURNITURE], self.lines[_FURNITURE])

    @property
    def precision(self) -> float:
        return share(self.gone[_FURNITURE], self.gone.total())

    @property
    def lost(self) -> float:
        return share(self.gone[_STORY], self.lines[_STORY])

    def __str__(self) -> str:
        return (
            f"{self.lines[_FURNITURE]:8,}{self.lines[_STORY]:9,}   {self.recall:.3f}"
            f"      {self.precision:.3f}   {self.lost:7.2%}   {share(self.hit, self.pages):7.2%}"
        )


_HEAD = f"{'':24}furniture    story  recall  precision  story lost  on pages"
Tallies = dict[tuple[str, str], Tally]  # by way and part


def figures() -> list[Figure]:
    """Recall, precision and lost story of the rules, the model and both, by the model we ship."""
    found = measured(every=_EVERY)
    return [
        Figure(f"lines.{way}_{name}", tally.pages, number)
        for way in WAYS
        for tally in [found[way, "all"]]
        for name, number in (
            ("recall", tally.recall),
            ("precision", tally.precision),
            ("story_lost_most", tally.lost),
        )
    ]


def listing() -> Iterator[str]:
    """Lines of stories that are gone."""
    found = measured(every=_EVERY, ways=("both",))
    for (_, part), tally in sorted(found.items()):
        if part.startswith("publisher "):
            yield from (f"LOST  {part[10:]}: {line[:150]}" for line in tally.wrong)


def measured(
    *, every: int = 1, folds: Path | None = None, ways: Sequence[str] = tuple(WAYS)
) -> Tallies:
    """Returns the tallies by way and part: extractors, languages, publishers, `all`.

    `every`: of the pages one in so many. `folds`: the folder with the models of the folds.
    """
    found: Tallies = defaultdict(Tally)
    chosen = [page for i, page in enumerate(_pages()) if i // 5 % every == 0]
    fold_of = json.loads((folds / "folds.json").read_text("utf-8")) if folds else {}
    for number in sorted({*fold_of.values()}) or [None]:
        model = lines.load(str(folds / f"{number}.bin")) if folds else lines.model()
        with lines.using(model):
            for page in chosen:
                if number is None or fold_of.get(page.row["source"]) == number:
                    _measure(page, ways, found)
    return found


def gone(draft: Draft, cleaned: Draft, repairs: Sequence[Repair]) -> set[int]:
    """Returns the numbers of the body's lines that cleaning removed."""
    spans = line_spans(draft.body)
    if not repairs:
        return set()
    kept: Counter[int] = Counter()
    line = 0
    for piece in trace(draft.body, "articleBody", repairs):
        if piece.state != "kept":
            continue
        for at, char in enumerate(piece.text, piece.start):
            while line < len(spans) and spans[line][1] <= at:
                line += 1
            kept[line] += char.isalnum()
    left = {fold(cleaned.body[slice(*span)]) for span in line_spans(cleaned.body)}
    whole = [draft.body[slice(*span)] for span in spans]
    return {
        i
        for i, text in enumerate(whole)
        if 2 * kept[i] < sum(map(str.isalnum, text)) or not kept[i]
        if fold(text) not in left
    }


def _pages() -> Iterator[Page]:
    mended = {row["id"]: row["labels"] for row in map(json.loads, _MENDED.open(encoding="utf-8"))}
    for row in rows("pages_dev"):
        labels = dict(enumerate(row["labels"]))
        labels |= {int(key): label for key, label in mended.get(row["id"], {}).items()}
        texts = [(" ".join(text.split()), labels[i]) for i, text in enumerate(row["lines"])]
        texts = [(text, label) for text, label in texts if text]
        draft = Draft(
            headline=row["title"] or "",
            description=row["description"] or "",
            body="\n\n".join(text for text, _ in texts),
        )
        fixed, _ = repair(draft, Context(), encoding.RULES)
        if len(line_spans(fixed.body)) == len(texts):
            draft = fixed
        if len(line_spans(draft.body)) == len(texts):
            yield Page(row, draft, tuple(label for _, label in texts))


def _measure(page: Page, ways: Sequence[str], found: Tallies) -> None:
    row = page.row
    context = Context(source=row["source"], language=row["language"])
    parts = [row["variant"]]
    if row["variant"] != _NAIVE:
        parts += ["all", f"language {row['language']}", f"publisher {row['source']}"]
    for way in ways:
        removed = gone(page.draft, *WAYS[way](page.draft, context))
        for part in parts:
            found[way, part].add(page, removed)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folds", type=Path, metavar="FOLDER")
    parser.add_argument("--worst", type=int, default=10, metavar="N", help="publishers")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of the pages")
    options = parser.parse_args()
    if not data.DATA.is_dir():
        print(f"skipped: {data.DATA} is not there")
        return 0
    found = measured(every=options.every, folds=options.folds)
    print("publishers that the model has not seen" if options.folds else "the model that we ship")
    print(_HEAD)
    for part in ("all", "newspaper4k", "trafilatura", "readability", "boilerpy3", _NAIVE):
        for way in WAYS:
            print(f"{part:16}{way:8}{found[way, part]}")
    print("\nBoth, by language")
    for (way, part), tally in sorted(found.items(), key=lambda one: -one[1].pages):
        enough = len(tally.publishers) >= _FEWEST_PUBLISHERS
        if way == "both" and part.startswith("language ") and enough:
            print(f"{part:24}{tally}")
    print("\nBoth, the publishers that lose most")
    publishers = [(one[1], tally) for one, tally in found.items() if one[1].startswith("publisher ")
                  if one[0] == "both"]  # fmt: skip
    for part, tally in sorted(publishers, key=lambda one: -one[1].gone[_STORY])[: options.worst]:
        print(f"{part[10:34]:24}{tally}")
        for line in list(dict.fromkeys(tally.wrong))[:5]:
            print(f"    {line[:_SHOWN]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
