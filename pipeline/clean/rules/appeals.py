"""Drops appeals: paragraphs in which a paper asks its readers for money or for a subscription.

They are whole sentences amid the story, so no phrase matches the line. What gives them away is that
the paper speaks of itself and to the reader, several times in one paragraph. A person who is quoted
may speak so too: paragraphs with quotation marks stay.
"""

from __future__ import annotations

import re

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of
from pipeline.text import UNSPACED

_LONGEST = 900  # characters; the longest appeal of those read has 640
# Different calls in a paragraph, one of them about the paper itself. In all articles of the test
# data, five paragraphs of three papers have so many; each is an appeal.
_FEWEST = 2
# Where a word begins and ends: any letter of a script without spaces may. A vowel sign of an Indic
# script is no letter to `re`, so `\\b` would not do.
_BEGIN = rf"(?:(?<!\w)|(?<=[{UNSPACED}]))"
_END = rf"(?:(?!\w)|(?=[{UNSPACED}]))"
_ITSELF = re.compile(rf"{_BEGIN}{one_of('appeal_itself')}{_END}", re.IGNORECASE)
_CALLS = re.compile(rf"{_BEGIN}{one_of('appeal', 'appeal_itself')}{_END}", re.IGNORECASE)
_QUOTES = re.compile('["\u201c\u201d\u201e\u00ab\u00bb\u300c]')


def drop_appeals(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops paragraphs in which a paper asks for support.

    >>> appeal = "If you value our journalism, please support us. Every contribution helps."
    >>> after(drop_appeals, body=f"It rained.\n\n{appeal}\n\nIt stopped.")
    'It rained.\n\nIt stopped.'
    """
    spans = candidates.spans
    dropped = [i for i in candidates.lines if _is_appeal(draft.body[slice(*spans[i])])]
    return drop_lines(spans, dropped) if 0 < len(dropped) < len(spans) else []


def _is_appeal(line: str) -> bool:
    if len(line) > _LONGEST or _QUOTES.search(line) or not _ITSELF.search(line):
        return False
    return len({match.group().casefold() for match in _CALLS.finditer(line)}) >= _FEWEST


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_appeals",
        "paragraphs in which the paper asks for donations or subscriptions",
        Trigger.of(_ITSELF, longest=_LONGEST),
        drop_appeals,
        flaw=Flaw.RESIDUE,
    ),
)
