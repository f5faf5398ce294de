"""Finds the best settings on labelled pairs, and estimates them by cross-validation.

Pairs that share a text are not independent, so pairs linked by a text are in the same fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

from msgspec.structs import replace

from pipeline.article import Change, Match
from pipeline.dedup import DedupOptions, entry_of
from pipeline.dedup.verdict import compare
from pipeline.tune.labelled import Labelled, Score, score

FOLDS = 5

Grid = Mapping[str, Sequence[float]]
Verdicts = Sequence[Sequence[bool]]  # by pair, then by choice


class Choice(NamedTuple):
    """One setting of the numbers."""

    numbers: dict[str, float]
    options: DedupOptions


def choices(options: DedupOptions, grid: Grid) -> list[Choice]:
    """Returns every combination of a grid's numbers; that of the current options comes first."""
    names = list(grid)
    rows = [dict(zip(names, values, strict=True)) for values in product(*grid.values())]
    found = [Choice(row, replace(options, **row)) for row in rows]
    return sorted(found, key=lambda one: one.options != options)


def links(found: Match | None) -> bool:
    """Returns whether two articles are one story: not those that only share an address."""
    return found is not None and found.change is not Change.OTHER_STORY


def merged_under(pairs: Sequence[Labelled], tried: Sequence[DedupOptions]) -> list[list[bool]]:
    """Returns whether each pair is merged under each of the options. 40 us for each."""
    merged = []
    for pair in pairs:
        earlier = entry_of(pair.earlier, None)
        merged.append([links(compare(pair.later, earlier, one)) for one in tried])
    return merged


def choose(labels: Sequence[str], verdicts: Verdicts, among: Sequence[int], precise: float) -> int:
    """Returns the choice with the best recall at this precision, else the most precise.

    Recalls that differ by less than a hundredth are a pair or two: there precision decides, then
    order. `among`: the pairs that count.
    """

    def worth(choice: int) -> tuple[float, float, float]:
        one = score_of(labels, verdicts, among, choice)
        return min(one.precision, precise), round(one.recall, 2), one.precision

    return max(range(len(verdicts[0])), key=worth)


def score_of(labels: Sequence[str], verdicts: Verdicts, among: Sequence[int], choice: int) -> Score:
    """Scores one choice on some of the pairs."""
    return score([labels[at] for at in among], [verdicts[at][choice] for at in among])


def folded(
    names: Sequence[tuple[str, str]],
    labels: Sequence[str],
    verdicts: Verdicts,
    *,
    precise: float,
    seed: int = 1,
) -> tuple[Score, Counter[int]]:
    """Cross-validates: chooses on four fifths and scores the other; also counts the choices.

    `names`: the two texts of each pair.
    """
    folds, chosen = split(names, seed), Counter[int]()
    total = Score(Counter(), Counter())
    for fold in range(FOLDS):
        train = [at for at, own in enumerate(folds) if own != fold]
        test = [at for at, own in enumerate(folds) if own == fold]
        best = choose(labels, verdicts, train, precise)
        chosen[best] += 1
        total = total.plus(score_of(labels, verdicts, test, best))
    return total, chosen


def split(names: Sequence[tuple[str, str]], seed: int) -> list[int]:
    """Returns the fold of each pair: pairs with a common text share one; folds are about equal."""
    root = _roots(names)
    sizes = Counter(root[one] for one, _ in names)
    groups = sorted(sizes)
    Random(seed).shuffle(groups)  # noqa: S311 - no secret
    load, fold_of = [0] * FOLDS, dict[str, int]()
    for group in sorted(groups, key=lambda name: -sizes[name]):  # stable: shuffled within a size
        fold_of[group] = load.index(min(load))
        load[fold_of[group]] += sizes[group]
    return [fold_of[root[one]] for one, _ in names]


def _roots(names: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Returns, for each text, the representative of all texts linked to it by pairs."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for one, other in names:
        parent[root(one)] = root(other)
    return {name: root(name) for name in list(parent)}


def as_numbers(numbers: Mapping[str, float], options: DedupOptions) -> dict[str, Any]:
    """Returns the numbers that differ from the options in force."""
    return {name: value for name, value in numbers.items() if getattr(options, name) != value}
