"""Drops signatures and credits below a story.

A statement printed in full ends in its signature: a name, an office, perhaps the place and date. A
paper that takes a story from another one prints the name of that one after the last sentence; only
names of papers and stations are cut. The mark of an agency (`... he said. (NAN)`) is part of the
story as delivered and stays, as does the close of a letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of
from pipeline.languages.phrases import CAPITAL

_MAX_LINES = 6  # of a signature: the word for it, name, rank, office, place, date
_MAX_LINE = 80  # characters
_SIGNED = re.compile(rf"\W{{0,3}}(?i:{one_of('signed')})\W{{0,3}}")
_PERSON = re.compile(
    rf"(?:(?i:{one_of('signed')})\s*:\s*)?{CAPITAL}[\w'\u2019.-]*(?:\s+{CAPITAL}[\w'\u2019.-]*){{1,5}}"
    rf"(?:,?\s+(?:{one_of('degree')}|[A-Z]{{2,4}})\.?){{0,2}}"
)
_OFFICE = re.compile(rf"\b(?i:{one_of('office')})\b")
# A line of capitalised words only, with particles between them and signs: an office, a
# place, a date (`Dated this 3rd day of May, 2021`).
_TITLES = re.compile(
    rf"""
    [(\u2013-]?\s*
    (?: (?: {CAPITAL}[\w'\u2019.-]*+ | \d[\w.,:/-]*+ | [\u2013-]
          | {one_of("title_particle")}\b )
        [\s,;:/()&]*+ )+
    """,
    re.VERBOSE,
)
_TAIL = 60  # characters at the end of the last line that contain its credit
_CREDIT = re.compile(
    rf"[.!?\u2026][\"'\u2019\u201d)]*(?P<credit>\s*[-\u2013\u2014/]?\s*(?:{one_of('outlet')}))$"
)


def drop_signatures(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the lines below the last paragraph if they are a name with office, place or date."""
    text, spans = draft.body, candidates.spans
    last = len(spans)
    first = next(
        (
            i
            for i in range(last, max(0, last - _MAX_LINES - 1), -1)
            if _is_prose(text, spans[i - 1])
        ),
        last,
    )
    if last - first < 2:
        return []
    lines = [text[start:end] for start, end in spans[first:]]
    return drop_lines(spans, range(first, last)) if _is_signature(lines) else []


def _is_prose(text: str, span: tuple[int, int]) -> bool:
    return is_prose(text[slice(*span)])


def _is_signature(lines: Sequence[str]) -> bool:
    """Returns whether a name comes first, then offices, places and dates."""
    if any(len(line) > _MAX_LINE for line in lines):
        return False
    names = lines[1:] if _SIGNED.fullmatch(lines[0]) else lines
    if len(names) < 2 or not _PERSON.fullmatch(names[0]) or _OFFICE.search(names[0]):
        return False
    return all(_TITLES.fullmatch(line) for line in names[1:]) and any(
        _OFFICE.search(line) for line in names[1:]
    )


def cut_glued_credits(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    """Cuts the name of the paper from which a story was taken off the very end.

    >>> after(cut_glued_credits, body="It rained, said the mayor. Guardian")
    'It rained, said the mayor.'
    """
    text = draft.body.rstrip()
    found = _CREDIT.search(text, max(0, len(text) - _TAIL))
    return [Splice("articleBody", *found.span("credit"))] if found else []


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_signatures",
        "the signature of a statement printed in full",
        Trigger.of(_OFFICE, longest=_MAX_LINE, tail=_MAX_LINES),
        drop_signatures,
    ),
    Rule(
        "cut_glued_credits",
        "the name of another paper after the last sentence",
        Trigger.of(_CREDIT, tail=1),
        cut_glued_credits,
    ),
)
