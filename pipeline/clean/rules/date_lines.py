"""Drops the line above a story that is only the date of its publication.

Which line that is, parsing says: it reads dates, and takes the date where no field has one.
"""

from __future__ import annotations

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger

_HEAD_LINES = 4
_LONGEST = 60  # characters


def drop_date_lines(draft: Draft, candidates: Candidates, context: Context) -> list[Splice]:
    """Drops the line that parsing found to be the date: `Oct. 14, 2024` below a byline."""
    spans = candidates.spans
    if not context.date_line:
        return []
    found = [
        i
        for i in candidates.lines
        if draft.body[slice(*spans[i])].strip("*_ \t") == context.date_line.strip("*_ \t")
    ]
    return drop_lines(spans, found) if len(found) == 1 < len(spans) else []


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_date_lines",
        "the line above the story that is only the date of its publication",
        Trigger.lines(longest=_LONGEST, head=_HEAD_LINES),
        drop_date_lines,
    ),
)
