"""Repairs layout: one blank line between paragraphs, no white space at the ends of lines.

A single line break is the end of a paragraph, a hard wrap at some width, or a break inside a
paragraph (verse, tables). The whole text decides which of these it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import fields
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.native.scan_signals import Field
from pipeline.text import ends_sentence, is_unspaced

_TABLE_ROW = re.compile(r"\S(?:\s{3,}|\t+|\s*\|\s*)\S+.*?(?:\s{2,}|\t+|\s*\|\s*)\S")
_MARKED = re.compile(r"[#>*\-+\u2022|]|\d{1,3}[.)]\s")  # a heading, quote, list item or table row
_SPACES = re.compile(r"\s*\n\s*|[^\S\n]{2,}")

# Widths at which plain-text systems wrap lines (terminals, wires, e-mail): 50 to 100 columns.
_WRAP_WIDTHS = range(50, 101)
# The least number of lines of a verse in a row, and the length of its longest line in characters.
_VERSE_LINES = 4
_VERSE_WIDTH = 60


class _Break(Struct, frozen=True, gc=False):
    """The white space between two lines, and the lines around it."""

    start: int
    end: int
    before: str
    after: str
    blank: bool  # the break contains an empty line
    indented: bool  # the line after is indented, the line before is not
    is_in_table: bool  # both lines are rows


def lay_out_paragraphs(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Separates paragraphs by one blank line, and joins lines that were hard-wrapped.

    >>> after(lay_out_paragraphs, body="It rained. \n\n\n\nIt stopped.")
    'It rained.\n\nIt stopped.'
    """
    text = draft.body
    spans = candidates.spans
    if not spans:
        return [Splice("articleBody", 0, len(text))]
    breaks = _breaks(text, spans)
    separate = _separator(breaks)
    return [
        Splice("articleBody", 0, spans[0][0]),
        *(Splice("articleBody", brk.start, brk.end, separate(brk)) for brk in breaks),
        Splice("articleBody", spans[-1][1], len(text)),
    ]


def tidy_fields(draft: Draft, _: Candidates, __: Context) -> list[Splice]:
    r"""Puts headline and description on one line, with single spaces and none at the ends.

    >>> after(tidy_fields, headline=" Trains \n late ")
    {'headline': 'Trains late'}
    """
    found = []
    for field, text in fields(draft):
        if field in {"headline", "description"} and " ".join(text.split()) != text:
            inner = text.strip()
            start = text.index(inner) if inner else len(text)
            found.append(Splice(field, 0, start))
            found += [
                Splice(field, start + match.start(), start + match.end(), " ")
                for match in _SPACES.finditer(inner)
            ]
            if inner:
                found.append(Splice(field, start + len(inner), len(text)))
    return found


def _breaks(text: str, spans: Sequence[tuple[int, int]]) -> list[_Break]:
    breaks = []
    indent = 0
    lines = [text[start:end] for start, end in spans]
    for ((_, end), (after, _)), (line, below) in zip(pairwise(spans), pairwise(lines), strict=True):
        gap = text[end:after]
        before_indent, indent = indent, len(gap) - gap.rindex("\n") - 1
        is_in_table = _is_row(line) and _is_row(below)
        blank, indented = gap.count("\n") > 1, indent > before_indent
        breaks.append(_Break(end, after, line, below, blank, indented, is_in_table))
    return breaks


def _separator(breaks: Sequence[_Break]) -> Callable[[_Break], str]:
    single = [brk for brk in breaks if not brk.blank]
    width = _wrap_width(single)
    if width:
        return lambda brk: _unwrap(brk, width)
    keep = len(single) <= len(breaks) - len(single) or _is_verse(single)
    return lambda brk: "\n" if not brk.blank and (keep or brk.is_in_table) else "\n\n"


def _is_verse(single: Sequence[_Break]) -> bool:
    """Returns whether the lines are those of a poem, a song or a list: short, and no sentences."""
    if len(single) < _VERSE_LINES:
        return False
    short = [brk for brk in single if max(len(brk.before), len(brk.after)) <= _VERSE_WIDTH]
    open_ended = [brk for brk in short if not ends_sentence(brk.before)]
    return len(short) >= 0.9 * len(single) and 2 * len(open_ended) > len(short)


def _wrap_width(single: Sequence[_Break]) -> int | None:
    """Returns the column at which the text was wrapped; None if its lines are not wrapped.

    Wrapped lines are about equally long, stop in mid-sentence and go on in lower case.
    """
    inner = [brk for brk in single if not brk.indented and not brk.is_in_table]
    enough = 1 if len(single) - len(inner) > 1 else 3  # indents already speak for paragraphs
    if len(inner) < enough or is_unspaced(inner[0].before):
        return None
    width = max(len(brk.before) for brk in inner)
    if width not in _WRAP_WIDTHS:
        return None
    full = [brk for brk in inner if len(brk.before) >= 0.7 * width]
    open_ended = [brk for brk in full if not ends_sentence(brk.before)]
    going_on = [brk for brk in open_ended if not brk.after[0].isupper()]
    wrapped = 2 * len(full) > len(inner) and 2 * len(open_ended) > len(full)
    return width if wrapped and 2 * len(going_on) > len(open_ended) else None


def _unwrap(brk: _Break, width: int) -> str:
    if brk.blank or brk.indented:
        return "\n" if brk.is_in_table and not brk.blank else "\n\n"
    if _is_row(brk.before) or _is_row(brk.after):
        return "\n"
    short = len(brk.before) + len(brk.after.split(maxsplit=1)[0]) + 1 < 0.8 * width
    if _MARKED.match(brk.after) or (short and ends_sentence(brk.before)):
        return "\n\n"
    return "" if brk.before.endswith("-") and brk.after[0].islower() else " "


def _is_row(line: str) -> bool:
    # One of the gaps between cells first, which few lines contain.
    may_be = len(line) < 200 and ("|" in line or "\t" in line or "   " in line)
    return may_be and _TABLE_ROW.search(line) is not None


RULES: tuple[Rule, ...] = (
    Rule(
        "tidy_fields",
        "headline and description on one line",
        Trigger.untidy(Field.HEADLINE | Field.DESCRIPTION),
        tidy_fields,
    ),
    Rule(
        "lay_out_paragraphs",
        "one blank line between paragraphs, hard-wrapped lines joined",
        Trigger.unlaid(),
        lay_out_paragraphs,
    ),
)
