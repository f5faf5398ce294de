"""Drops author boxes: descriptions of the author below the story.

There are two forms: a heading (`About the author`) with few lines below it, and a last line that
begins with a name and names the person's desk. In the second form the surname must be nowhere else,
since the people of a story are named again.
"""

from __future__ import annotations

import re

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of, words_for
from pipeline.languages.phrases import CAPITAL
from pipeline.text import fold, words

_MOST_LINES = 3  # of a box: name, office, a paragraph
_MAX_HEADING = 60  # characters
_MAX_BOX_LINE = 700
_FEWEST_LINES = 5  # a shorter text may be about the person
_HEADINGS = frozenset(fold(heading) for heading in words_for("author_heading"))

_NAME = (
    rf"{CAPITAL}[\w'\u2019.-]*(?:\s(?:{one_of('name_particle')}\s)?"
    rf"{CAPITAL}[\w'\u2019.-]*){{1,3}}"
)
_OFFICE = rf"{one_of('desk_title')}s?"
_SIGNED = re.compile(
    rf"""
    (?P<name>{_NAME}),?\s # Ana Lima covers the river; Ana Lima is the desk's editor
    (?: {one_of("covers")}\s
      | {one_of("is_a")}\s[^.!?\n]{{0,80}}?(?<!\w)(?:\w+-)?(?i:{_OFFICE})\b )
    | (?i:{_OFFICE})\s(?P<titled>{_NAME})\s # Correspondent Ana Lima is based in Port Town
      {one_of("works_at")}\s
    """,
    re.VERBOSE,
)


def drop_author_boxes(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the last lines if they describe the author of the story."""
    text, spans = draft.body, candidates.spans
    if len(spans) < _FEWEST_LINES:
        return []
    for i in range(len(spans) - 1 - _MOST_LINES, len(spans)):
        line = text[slice(*spans[i])]
        below = spans[i + 1 :]
        if below and len(line) <= _MAX_HEADING and fold(line) in _HEADINGS:
            if all(end - start <= _MAX_BOX_LINE for start, end in below):
                return drop_lines(spans, range(i, len(spans)))
        elif not below and _is_signed(line, draft, spans[i][0]):
            return drop_lines(spans, [i])
    return []


def _is_signed(line: str, draft: Draft, start: int) -> bool:
    """Returns whether the line names the desk of a person who is not named before `start`."""
    signed = _SIGNED.match(line) if len(line) <= _MAX_BOX_LINE else None
    if signed is None or not is_prose(line):
        return False
    surname = words(signed["name"] or signed["titled"])[-1].casefold()
    return surname not in f"{draft.headline}\n{draft.body[:start]}".casefold()


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_author_boxes",
        "the box below the story that says who wrote it",
        Trigger.words(_HEADINGS, longest=_MAX_HEADING, tail=_MOST_LINES + 1)
        | Trigger.of(_SIGNED, from_first=True, longest=_MAX_BOX_LINE, tail=1),
        drop_author_boxes,
    ),
)
