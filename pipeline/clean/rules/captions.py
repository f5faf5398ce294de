"""Drops captions: lines below a picture, recognised by the credit that ends them.

The label (`Photo: Ana Lima`), the agency (`Ana Lima/Reuters`) or the sign (`© Ana Lima`) must end
the line, and the line must be as short as a caption. If the credit is glued to a paragraph, only
the credit is dropped. Captions without a credit are in `pictures.py` and `video_captions.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of
from pipeline.text import sentences

# Characters of the longest caption. Of the captions with a credit on 133 pages of 94 publishers
# all but one are shorter.
_MAX_CAPTION = 300
_MAX_SENTENCES = 2

_LABELS, _FILE = one_of("caption_label"), one_of("credit_opening")
_AGENCIES = one_of("credited_agency")
_NAME = r"[^\W\d_a-z][^\n.!?:;|()\[\]\"\u201c-\u201f\u00ab\u00bb]{1,60}"
_PERSON = r"[^\W\d_a-z][\w'\u2019-]*[^\W\d_A-Z][\w .'\u2019-]{1,40}"  # `(dpa/NAN)` names none
_CREDIT = re.compile(
    rf"""
    (?: # Photo: Ana Lima; the label comes first, or after a sign or a wide space
        (?: ^\W{{0,3}}(?:(?i:{_FILE})\s*)?
          | (?<=[.!?,;:(\[|/\u2013\u2014\u2022"'\u201d\u3002\uff09])\s*(?:(?i:{_FILE})\s+)?
          | (?<=\s\s) )
        (?i:{_LABELS})\s*[:\uff1a]\s*(?:\u00a9\s*)?{_NAME}
      | (?:^|(?<=\W)) # the sign and a name
        \u00a9\s*{_NAME}
      | (?:^|(?<=[\s(\[|.,;])) # AP Photo/Ana Lima, Ana Lima/AFP
        (?: (?:{_AGENCIES})\s?/\s?{_PERSON}
          | {_PERSON}\s?/\s?(?:{_AGENCIES})(?:\s+via\s+[\w ]{{2,20}})? )
      | (?:^|(?<=[.!?,;:(\[|/]\s)|(?<=[(\[|])) # Photo by Ana Lima
        (?i:{one_of("photo")})\s+(?i:{one_of("photo_by")})\s+{_NAME}
    )
    [)\]\s]*\.?[)\]\s]*$
    """,
    re.VERBOSE,
)
# What an agency asks of those who print its picture; no story says so, in these capitals.
_NOTICE = re.compile(rf"\b{one_of('editors_notice')}\b")
_MAX_NOTICE = 700  # characters of a caption with such a notice
_TAIL = 120  # characters at the end of a line in which its credit begins
_YEARS = re.compile(r"\u00a9\s*\d")  # a copyright notice: not of this rule


def drop_captions(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops lines that end in a picture's credit; of longer paragraphs, only the credit.

    >>> after(drop_captions, body="It rained.\n\nThe bridge. Photo: Ana Lima\n\nIt stopped.")
    'It rained.\n\nIt stopped.'
    """
    text, spans = draft.body, candidates.spans
    dropped: list[int] = []
    cuts: list[Splice] = []
    for i in candidates.lines if len(spans) > 1 else ():
        start, end = spans[i]
        if end - start <= _MAX_NOTICE and _NOTICE.search(text, start, end):
            dropped.append(i)
            continue
        credit = _credit(text[start:end])
        if credit is None:
            continue
        if _is_caption(text[start:end], credit):
            dropped.append(i)
        else:
            cuts += _cut(text, start, end, credit)
    if len(dropped) == len(spans):
        return []
    return [*drop_lines(spans, dropped), *cuts]


def _credit(line: str) -> int | None:
    """Returns the offset of the credit that ends the line, or None."""
    tail = max(0, len(line) - _TAIL)
    if _YEARS.search(line, tail):
        return None
    found = _CREDIT.search(line, tail)
    return found.start() if found else None


def _is_caption(line: str, credit: int) -> bool:
    if len(line) > _MAX_CAPTION or line[0] in '"\u201c\u201e\u00ab':
        return False
    return sum(1 for _ in sentences(line[:credit])) <= _MAX_SENTENCES


def _cut(text: str, start: int, end: int, credit: int) -> Iterator[Splice]:
    """Yields the splice of the credit, if a sentence ends before it."""
    rest = text[start : start + credit].rstrip(" ([|/\u2013\u2014-")
    if rest.endswith((".", "!", "?", "\u201d", '"')):
        yield Splice("articleBody", start + len(rest), end)


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_captions",
        "captions that end in the picture's credit",
        Trigger.of(_CREDIT) | Trigger.of(_NOTICE, longest=_MAX_NOTICE),
        drop_captions,
    ),
)
