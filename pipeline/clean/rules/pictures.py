"""Drops captions without a credit, recognised by their words.

A caption begins with `Pictured`, or it says who stands where (`L-R: ...`, `Ana Lima (left)`), or it
only names the person shown. Since a heading of the text may be a name too, a name is dropped only
if it is the one short line of the whole body, between two paragraphs, and another line has it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import capitalises_nouns, one_of
from pipeline.languages.phrases import CAPITAL
from pipeline.text import ends_sentence, sentences

_MAX_CAPTION = 400  # characters; names and offices of half a dozen people
_MAX_SENTENCES = 2
_MAX_NAME = 40
_MAX_SHORT = 80  # a heading of the text, a caption, an item of a list
_PARAGRAPH = 80  # characters of the lines above and below a name, at least
_FEWEST_LETTERS = 5  # of a name of one word: shorter ones are parties and groups

_PICTURED = re.compile(rf"{one_of('pictured')}(?::|,|\s{one_of('pictured_then')}\b)")
# As lists have it `l-r`, `v.l.n.r.`, `from left:`; in captions also `L / R`, `v. l. n. r.`.
_WHO_STANDS_WHERE = (
    one_of("order")
    .replace(r"\-", r"\s?[-\u2013/]\s?")
    .replace(r"\.", r"\.\s?")
    .replace(":)", r"\s*:)")
    .replace(":|", r"\s*:|")
)
_ORDER = re.compile(rf"\W{{0,3}}{_WHO_STANDS_WHERE}(?!(?<=\w)\w)", re.IGNORECASE)
_POINTER = re.compile(
    rf"\((?:{one_of('position_opening')}\s+){{0,3}}{one_of('position')}(?:\s+[a-z ]{{1,20}})?\)",
    re.IGNORECASE,
)
_PART = rf"{CAPITAL}[\w'\u2019-]+"
_NAME = re.compile(rf"{_PART}(?:\s+(?:{one_of('name_particle')}\s+)?{_PART}){{0,3}}")


def drop_pictured_lines(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops lines that begin with `Pictured` and who or where.

    >>> after(drop_pictured_lines, body="It rained.\n\nPictured: the old bridge\n\nIt stopped.")
    'It rained.\n\nIt stopped.'
    """
    text, spans = draft.body, candidates.spans
    found = [
        i
        for i in candidates.lines
        if spans[i][1] - spans[i][0] <= _MAX_CAPTION and _PICTURED.match(text, *spans[i])
    ]
    return drop_lines(spans, found) if 0 < len(found) < len(spans) else []


def drop_placed_captions(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops captions that say who stands where.

    They say so at their beginning, or amid a line that ends no sentence.

    >>> after(drop_placed_captions, body="It rained.\n\nL-R: Ana Lima and Bo Ek\n\nIt stopped.")
    'It rained.\n\nIt stopped.'
    """
    text, spans = draft.body, candidates.spans
    dropped = [i for i in candidates.lines if _says_who_is_where(text[slice(*spans[i])])]
    return drop_lines(spans, dropped) if 0 < len(dropped) < len(spans) else []


def _says_who_is_where(line: str) -> bool:
    if len(line) > _MAX_CAPTION:
        return False
    if _ORDER.match(line) and len(sentences(line)) <= _MAX_SENTENCES:
        return True
    return _POINTER.search(line) is not None and not ends_sentence(line)


def drop_name_captions(draft: Draft, candidates: Candidates, context: Context) -> list[Splice]:
    """Drops a line with only the name of a person of the story.

    No other line of the body may be as short, since the line may be one of several headings.
    """
    text, spans = draft.body, candidates.spans
    if capitalises_nouns(context.language):
        return []
    short = [*islice(_short_lines(text, candidates), 2)]
    if len(short) != 1 or not 0 < short[0] < len(spans) - 1:
        return []
    i = short[0]
    line = text[slice(*spans[i])]
    if not _is_name(line):
        return []
    if not all(_is_paragraph(text[slice(*spans[beside])]) for beside in (i - 1, i + 1)):
        return []
    return drop_lines(spans, [i]) if _comes_again(line, draft, spans[i]) else []


def _is_name(line: str) -> bool:
    return len(line) <= _MAX_NAME and _NAME.fullmatch(line) is not None


def _short_lines(text: str, candidates: Candidates) -> Iterator[int]:
    for i in candidates.lines:
        start, end = candidates.spans[i]
        if end - start <= _MAX_SHORT and not ends_sentence(text[start:end]):
            yield i


def _is_paragraph(line: str) -> bool:
    return len(line) >= _PARAGRAPH and ends_sentence(line)


def _comes_again(name: str, draft: Draft, span: tuple[int, int]) -> bool:
    """Returns whether another line has the name too; a name of one word must be in the headline."""
    if " " not in name:
        known = name in draft.headline and len(name) >= _FEWEST_LETTERS
        return known and not name.isupper()
    others = (draft.headline, draft.body[: span[0]], draft.body[span[1] :])
    return any(name in other for other in others)


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_pictured_lines",
        "captions of pictures that begin with `Pictured`",
        Trigger.of(_PICTURED, from_first=True, longest=_MAX_CAPTION),
        drop_pictured_lines,
    ),
    Rule(
        "drop_placed_captions",
        "captions that say who stands where",
        Trigger.of(_ORDER, from_first=True, longest=_MAX_CAPTION)
        | Trigger.of(_POINTER, longest=_MAX_CAPTION),
        drop_placed_captions,
    ),
    Rule(
        "drop_name_captions",
        "captions that only name who is shown",
        Trigger.lines(longest=_MAX_SHORT),
        drop_name_captions,
    ),
)
