"""Drops readers' comments below the story.

The text of a comment looks like a story. It is recognised by the line above it, which names its
author and its age (`Ana 2 hours ago`). If there are two such lines below a story, everything from
the first one on is dropped.
"""

from __future__ import annotations

import re
from itertools import islice

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of

_MAX_HEADER = 60  # characters
_FEWEST_HEADERS = 2  # one alone may be the date of a video or of the page
_FEWEST_PARAGRAPHS = 3  # above: a live page has its times from the top on
# A name of one to three words and a time before now. A time alone is that of a live page's entry.
_HEADER = re.compile(
    rf"@?\w[\w.'\u2019-]*(?:\s+[\w.'\u2019-]+){{0,2}}[\s,\u00b7|\u2022\u2013-]+{one_of('ago')}",
    re.IGNORECASE,
)


def drop_reader_comments(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops everything from the first comment's header on, if a second one is below a story too."""
    text, spans = draft.body, candidates.spans
    headers = [i for i in candidates.lines if _is_header(text[slice(*spans[i])])]
    if len(headers) < _FEWEST_HEADERS:
        return []
    first = headers[0]
    prose = (start for start, end in spans[:first] if is_prose(text[start:end]))
    if len(list(islice(prose, _FEWEST_PARAGRAPHS))) < _FEWEST_PARAGRAPHS:
        return []
    return drop_lines(spans, range(first, len(spans)))


def _is_header(line: str) -> bool:
    return len(line) <= _MAX_HEADER and _HEADER.fullmatch(line) is not None


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_reader_comments",
        "readers' comments below the story, from the first line with an author and an age",
        Trigger.of(_HEADER, from_first=True, to_last=True, longest=_MAX_HEADER),
        drop_reader_comments,
    ),
)
