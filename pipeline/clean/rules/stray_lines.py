"""Drops stray lines: those of a single mark or number.

A lone full stop, comma, colon or bar is the rest of something on the page. Rows of marks
(`* * *`), dashes and quotes may have a meaning and stay. A number below the last sentence counts
shares or comments; in a table it is not below a sentence.
"""

from __future__ import annotations

import re

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.text import ends_sentence

_MARKS = frozenset(".,;:|\u2022\u00b7")
_COUNT = re.compile(r"\d{1,3}(?:[.,]?\d{3})*(?:[.,]\d)?[kKM]?")
_MAX_COUNT = 12  # characters


def drop_stray_marks(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops lines of a single mark.

    >>> after(drop_stray_marks, body="It rained.\n\n|\n\nIt stopped.")
    'It rained.\n\nIt stopped.'
    """
    text, spans = draft.body, candidates.spans
    dropped = [i for i in candidates.lines if text[slice(*spans[i])] in _MARKS]
    return drop_lines(spans, dropped) if 0 < len(dropped) < len(spans) else []


def drop_stray_counts(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops the last line if it is a number below a sentence.

    >>> after(drop_stray_counts, body="It rained.\n\n1,234")
    'It rained.'
    """
    text, spans = draft.body, candidates.spans
    if len(spans) < 2 or spans[-1][1] - spans[-1][0] > _MAX_COUNT:
        return []
    before, last = (text[start:end] for start, end in spans[-2:])
    stray = _COUNT.fullmatch(last) and ends_sentence(before)
    return drop_lines(spans, [len(spans) - 1]) if stray else []


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_stray_marks",
        "lines of a single full stop, comma, colon or bar",
        Trigger.begins(*_MARKS, longest=1),
        drop_stray_marks,
    ),
    Rule(
        "drop_stray_counts",
        "a number alone below the last sentence",
        Trigger.lines(longest=_MAX_COUNT, tail=1),
        drop_stray_counts,
    ),
)
