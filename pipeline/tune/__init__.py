"""What the numbers of `dedup` give on pairs that a person labelled, and which to set instead.

read_pairs(lines) -> pairs -> tune(pairs, options) -> Tuning -> page, table or JSON
"""

from __future__ import annotations

from pipeline.tune.labelled import COPIES, OTHERS, Labelled, Score, score
from pipeline.tune.read import read_pairs
from pipeline.tune.search import Choice, choose, folded, judge
from pipeline.tune.tuning import Tuning, tune

__all__ = [
    "COPIES",
    "OTHERS",
    "Choice",
    "Labelled",
    "Score",
    "Tuning",
    "choose",
    "folded",
    "judge",
    "read_pairs",
    "score",
    "tune",
]
