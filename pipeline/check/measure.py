"""The shape of a measure, shared by the modules that hold them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.check.subject import Subject

YES_OR_NO = "1 yes, 0 no"
CHARACTERS, WORDS, LINES = "share of characters", "share of words", "share of lines"


class Measure(NamedTuple):
    """A number about an article: its public id, its unit, and how to take it.

    `take` returns None where the measure does not apply to the article.
    """

    id: str
    unit: str
    summary: str
    take: Callable[[Subject], float | None]
