"""Which numbers withhold what adds nothing: tried on pairs that say whether the later text adds.

A reader who has the earlier text misses something in one that adds. Whether two texts are linked
is the question of `tuning`; here the links are taken as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from pipeline.article import Kind, Match
from pipeline.dedup import DedupOptions, entry_of
from pipeline.dedup.verdict import compare
from pipeline.tune.labelled import COPIES, OTHERS, Labelled, Score
from pipeline.tune.search import as_numbers, choices, choose, folded, score_of

GRID = {
    "withhold_novelty": (0.05, 0.1, 0.13, 0.15, 0.18, 0.2, 0.25),
    "withhold_words": (0, 3),
    "withhold_most": (40, 60, 80, 120),
    "withhold_run": (16, 20, 24, 32),
}
CURVE = tuple(round(0.02 * step, 2) for step in range(21))
_NOTHING_NEW = (Kind.EXACT, Kind.NEAR, Kind.EXCERPT)


def adds_nothing(found: Match) -> bool:
    """Returns whether an article with this match adds nothing, whatever the policy."""
    return found.kind in _NOTHING_NEW


def judge_withheld(pairs: Sequence[Labelled], tried: Sequence[DedupOptions]) -> list[list[bool]]:
    """Returns whether the later text of each pair adds nothing under each of the options."""
    judged = []
    for pair in pairs:
        earlier = entry_of(pair.earlier, None)
        found = [compare(pair.later, earlier, one) for one in tried]
        judged.append([one is not None and adds_nothing(one) for one in found])
    return judged


class Withholding(NamedTuple):
    """How well what adds nothing is told, and the numbers to set instead of those in force."""

    in_force: Score  # of pairs labelled `copy` where the later text adds nothing, else `other`
    best: Score
    folded: Score
    numbers: dict[str, float]
    curve: tuple[tuple[float, Score], ...]  # over `withhold_novelty`


def tune_withholding(
    pairs: Sequence[Labelled], options: DedupOptions, precise: float, splits: int
) -> Withholding | None:
    """Tries the numbers of `GRID` on the pairs that say whether they add something.

    None where these are not of both sides.
    """
    known = [pair for pair in pairs if pair.adds is not None]
    labels = [OTHERS[-1] if pair.adds else COPIES[0] for pair in known]
    if not {OTHERS[-1], COPIES[0]} <= set(labels):
        return None
    tried = choices(options, GRID)
    values = [replace(options, withhold_novelty=value) for value in CURVE]
    verdicts = judge_withheld(known, [options, *(one.options for one in tried), *values])
    shown = 1 + len(tried)  # where the curve begins
    everyone = range(len(known))
    to_choose = [row[:shown] for row in verdicts]
    best = choose(labels, to_choose, everyone, precise)
    names, held = [pair.names for pair in known], Score(Counter(), Counter())
    for seed in range(splits):
        held = held.plus(folded(names, labels, to_choose, precise=precise, seed=seed)[0])
    return Withholding(
        in_force=score_of(labels, verdicts, everyone, 0),
        best=score_of(labels, verdicts, everyone, best),
        folded=held,
        numbers=as_numbers(tried[best - 1].numbers, options) if best else {},
        curve=tuple(
            (value, score_of(labels, verdicts, everyone, at))
            for at, value in enumerate(CURVE, start=shown)
        ),
    )
