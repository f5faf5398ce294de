"""Clips: captions without a credit, told by the stamp that ends or the word that begins them.

A broadcaster's page prints below each video what it shows, its date and its running time
(`... 21.04.2024 | 3:18 min`). The time must stand in minutes at the very end, the date before it.
A line that begins with `Pictured` and goes on as captions do is one of a picture.
"""

from __future__ import annotations

import re

from pipeline.article import Draft
from pipeline.clean.edges import MINUTES, PICTURED
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Context, Rule
from pipeline.text import line_spans

_MAX_CAPTION = 400  # characters
_STAMP_CHARS = 40
_STAMP = re.compile(
    r"\b\d{1,2}\.\d{1,2}\.\d{4}\s*(?:\|\s*|\d{1,2}:\d{2}\s*Uhr\s*(?:\|\s*)?)\d{1,3}:\d{2}\s*min$"
)


_PICTURED = re.compile(
    r"(?:Pictured|PICTURED)(?::|,|\s(?:is|are|from|at|on|in|with|above|below|left|right|cent(?:er|re)"
    r"|here|front|back)\b)"
)


def drop_clip_captions(draft: Draft, _: Context) -> list[Splice]:
    """Lines that end in the date and the running time of a video."""
    text = draft.body
    spans = line_spans(text)
    found = [
        i
        for i, (start, end) in enumerate(spans)
        if text[end - 1] == "n"  # quick, and rare
        and text.endswith(" min", start, end)
        and end - start <= _MAX_CAPTION
        and _STAMP.search(text, max(start, end - _STAMP_CHARS), end)
    ]
    return drop_lines(spans, found) if 0 < len(found) < len(spans) else []


def drop_pictured_lines(draft: Draft, _: Context) -> list[Splice]:
    """Lines that begin with `Pictured` and who or where."""
    text = draft.body
    spans = line_spans(text)
    found = [
        i
        for i, (start, end) in enumerate(spans)
        if text[start] == "P" and end - start <= _MAX_CAPTION and _PICTURED.match(text, start, end)
    ]
    return drop_lines(spans, found) if 0 < len(found) < len(spans) else []


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_clip_captions",
        "captions of videos, told by the date and running time at their end",
        drop_clip_captions,
        MINUTES,
    ),
    Rule(
        "drop_pictured_lines",
        "captions of pictures that begin with `Pictured`",
        drop_pictured_lines,
        PICTURED,
    ),
)
