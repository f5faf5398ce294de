"""The type of a measure, which all modules of measures share."""

from __future__ import annotations

from typing import NamedTuple

YES_OR_NO = "1 yes, 0 no"
CHARACTERS, WORDS, LINES = "share of characters", "share of words", "share of lines"

# What the `take` of a module returns: its measures by id, in the order of its `MEASURES`. None
# means that a measure does not apply to the article.
Taken = dict[str, float | None]


class Measure(NamedTuple):
    """A number about an article: its public id, its unit, and what it says."""

    id: str
    unit: str
    summary: str
