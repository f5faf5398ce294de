"""A repair and a check for pages of the Riverside Gazette."""

from __future__ import annotations

import re

from pipeline.article import Draft, Severity
from pipeline.check import Limit, Measure, Subject
from pipeline.clean import Candidates, Context, Rule, Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.triggers import Trigger
from pipeline.own import Check

_NUMBER = re.compile(r"article no\. \d{3,7}", re.IGNORECASE)
_LONGEST = 30  # characters


def drop_article_numbers(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Removes the last line if it is the number of the page and nothing else."""
    spans, last = candidates.spans, len(candidates.spans) - 1
    lines = [i for i in candidates.lines if i == last]
    return drop_lines(spans, [i for i in lines if _NUMBER.fullmatch(draft.body[slice(*spans[i])])])


def exclamations(subject: Subject) -> float | None:
    """Returns the exclamation marks for each 100 words; None for an empty text."""
    words = subject.reading.words
    return 100 * subject.body.count("!") / words if words else None


REPAIRS = (
    Rule(
        "drop_article_numbers",
        "the number of the page in the last line",
        Trigger.of(_NUMBER, from_first=True, to_last=True, longest=_LONGEST, tail=1),
        drop_article_numbers,
    ),
)
CHECKS = (
    Check(
        Measure("exclamations", "marks per 100 words", "How loud the text is."),
        exclamations,
        (
            Limit(
                "shouting",
                "exclamations",
                Severity.WARN,
                "The text shouts.",
                "the Gazette's style book: one mark in a story",
                high=3,
            ),
        ),
    ),
)
