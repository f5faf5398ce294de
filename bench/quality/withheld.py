"""What is withheld of the labelled pairs: that of which a reader of the earlier text has all.

    python -m bench.quality.withheld [--errors] [--data ../shared/data]

The answers are the project's own (`withhold.jsonl`, by ids). 60 pairs tell the same in other words
(`reworded`). They add nothing, but were called so by looking at how much of the wording is new, so
every figure is printed with them and without. The floors are for the latter. The address does not
count here: a revision is published by policy, whatever it adds. Exit 1 where a floor is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from bench.quality.pairs import ANSWERS, DATA, SHIPPED, SPLITS, Pair, cleaned, compared, texts_of
from pipeline.article import Match
from pipeline.dedup import entry_of
from pipeline.dedup.verdict import compare
from pipeline.tune import Score, folded, score
from pipeline.tune.search import FOLDS, choices
from pipeline.tune.withholding import GRID, adds_nothing, judge_withheld

FLOORS = {"precision": 0.98, "recall": 0.95, "template": 0.02, "different": 0.0, "same-event": 0.02}
PRECISE = 0.985  # to choose by: a little above the floor
CURVE = (0.0, 0.02, 0.05, 0.08, 0.1, 0.13, 0.15, 0.18, 0.2, 0.25, 0.3, 0.4, 0.5)
NO_TEXT, REWORDED = "no-text", "reworded"


class Answer(NamedTuple):
    """A pair with the old label and the answer to the new question."""

    pair: Pair
    adds: bool
    why: str
    sure: bool

    @property
    def side(self) -> str:
        """The label by which `pipeline.tune` scores: whether it is to be withheld."""
        return "other" if self.adds else "copy"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", action="store_true", help="print each pair judged wrongly")
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"no data: {asked.data} is not there; it holds the labelled pairs")
    return report(asked.data, errors=asked.errors)


def report(data: Path, *, errors: bool) -> int:
    """Prints what is withheld, in folds, as shipped and over novelty; 1 where a floor is missed."""
    every = answers(data)
    plain = [one for one in every if one.why != REWORDED]
    found = [matched(one) for one in every]
    hits = [one is not None and adds_nothing(one) for one in found]
    parts = [at for at, one in enumerate(every) if one.why != REWORDED]
    print(f"withheld is what adds nothing: all {len(every)} pairs")
    _print_figures(five_fold(every), score([one.side for one in every], hits))
    print(f"without the {len(every) - len(plain)} that tell the same in other words")
    held = five_fold(plain)
    _print_figures(held, score([one.side for one in plain], [hits[at] for at in parts]))
    by_label = Counter(one.pair.label for one in every)
    merged = Counter(one.pair.label for one, hit in zip(every, hits, strict=True) if hit)
    print("withheld: " + "  ".join(f"{name} {merged[name]}/{by_label[name]}" for name in by_label))
    if errors:
        for one, hit, match in zip(every, hits, found, strict=True):
            if hit == one.adds:
                show(one, match)
    curve(plain)
    wrong = {
        name: merged[name] / by_label[name] for name in ("template", "different", "same-event")
    }
    missed = [
        f"{name} {value:.3f} is past {FLOORS[name]}"
        for name, value in {"precision": held.precision, "recall": held.recall, **wrong}.items()
        if (value > FLOORS[name] if name in wrong else value < FLOORS[name])
    ]
    print("\n" + ("; ".join(missed) if missed else "withheld: every floor is held"))
    return 1 if missed else 0


def answers(data: Path) -> list[Answer]:
    """The pairs with an article's text on both sides, with the answers."""
    records = texts_of(data)
    given = {(one["a"], one["b"]): one for one in map(json.loads, ANSWERS.open())}
    rows: list[Any] = [json.loads(line) for line in (data / "labels" / "pairs.jsonl").open()]
    found = []
    for facts in rows:
        one = given[facts["a_id"], facts["b_id"]]
        if one["why"] != NO_TEXT:
            pair = Pair(facts["label"], records[one["a"]], records[one["b"]], facts)
            found.append(Answer(pair, one["adds"], one["why"], one["sure"]))
    return found


def five_fold(plain: Sequence[Answer]) -> Score:
    """The pooled score of all folds, each judged by numbers chosen on the other four."""
    tried = choices(SHIPPED, GRID)
    verdicts = judge_withheld(
        [compared(one.pair, cleaned) for one in plain], [one.options for one in tried]
    )
    names = [(one.pair.earlier["id"], one.pair.later["id"]) for one in plain]
    labels = [one.side for one in plain]
    total, counts = Score(Counter(), Counter()), Counter[int]()
    for seed in range(SPLITS):
        one, chosen = folded(names, labels, verdicts, precise=PRECISE, seed=seed)
        total, counts = total.plus(one), counts + chosen
        print(f"  split {seed + 1}: {_figures(one)}")
    for best, folds in counts.most_common(3):
        numbers = (f"{name} {value:g}" for name, value in tried[best].numbers.items())
        print(f"    {folds} of {FOLDS * SPLITS} folds: {', '.join(numbers)}")
    return total


def curve(plain: Sequence[Answer]) -> None:
    """Prints precision and recall over the novelty that is withheld, all else as shipped."""
    tried = [replace(SHIPPED, withhold_novelty=share) for share in CURVE]
    verdicts = judge_withheld([compared(one.pair, cleaned) for one in plain], tried)
    labels = [one.side for one in plain]
    print("\nwithhold_novelty  precision  recall")
    for at, share in enumerate(CURVE):
        one = score(labels, [row[at] for row in verdicts])
        print(f"{share:16.2f}  {one.precision:9.3f}  {one.recall:6.3f}")


def matched(one: Answer) -> Match | None:
    """What `dedup` says of a pair by its defaults."""
    pair = compared(one.pair, cleaned)
    return compare(pair.later, entry_of(pair.earlier, None), SHIPPED)


def show(one: Answer, found: Match | None) -> None:
    ids = f"{one.pair.earlier['id']} {one.pair.later['id']}"
    doubt = "" if one.sure else "(unsure) "
    said = (
        f"{found.kind}, novelty {found.novelty}, {found.new_words} new words, {found.difference}"
        if found
        else "no match"
    )
    print(f"     {one.pair.label}, {one.why} {doubt}{ids}: {said}")


def _print_figures(folds: Score, shipped: Score) -> None:
    print(f"  {f'{FOLDS}-fold x {SPLITS}':<12} {_figures(folds)}")
    print(f"  {'as shipped':<12} {_figures(shipped)}")


def _figures(one: Score) -> str:
    return f"precision {one.precision:.3f}   recall {one.recall:.3f}"


if __name__ == "__main__":
    sys.exit(main())
