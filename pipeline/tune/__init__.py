"""Evaluates the settings of `dedup` on labelled pairs, and proposes better ones.

read_pairs(lines) -> pairs -> tune(pairs, options) -> Tuning -> page, table or JSON
"""

from __future__ import annotations

from pipeline.tune.labelled import COPIES, OTHERS, Labelled, Score, score
from pipeline.tune.read import read_pairs
from pipeline.tune.search import Choice, choose, folded, merged_under
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
    "merged_under",
    "read_pairs",
    "score",
    "tune",
]
