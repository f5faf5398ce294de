"""Drops captions and titles of videos and galleries.

A caption below a broadcaster's video ends in a date and a running time in minutes
(`... 21.04.2024 | 3:18 min`). The title of a video or a gallery follows a label (`VIDEO: ...`); a
post with such a label stays.
"""

from __future__ import annotations

import re

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of
from pipeline.text import ends_sentence

_MAX_CAPTION = 400  # characters
_MAX_TITLE = 120
_FEWEST_BARS = 3  # of a row of a table
_STAMP_CHARS = 40
_STAMP = re.compile(
    r"\b\d{1,2}\.\d{1,2}\.\d{4}\s*"
    rf"(?:\|\s*|\d{{1,2}}:\d{{2}}\s*{one_of('clock')}\s*(?:\|\s*)?)\d{{1,3}}:\d{{2}}\s*min$"
)
_TITLE = re.compile(rf"\W{{0,3}}(?i:{one_of('media_label')})\s*[:|]\s*[^\s\d]")  # not `Video: 4K`
_POST = re.compile(r"https?:|pic\.twitter|[@#]\w")


def drop_clip_captions(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops lines that end in the date and the running time of a video.

    >>> after(drop_clip_captions, body="Es regnet.\n\nDie Brücke 21.04.2024 | 3:18 min")
    'Es regnet.'
    """
    text, spans = draft.body, candidates.spans
    found = [i for i in candidates.lines if _is_stamped(text, *spans[i])]
    return drop_lines(spans, found) if 0 < len(found) < len(spans) else []


def _is_stamped(text: str, start: int, end: int) -> bool:
    if end - start > _MAX_CAPTION or not text.endswith(" min", start, end):
        return False
    return _STAMP.search(text, max(start, end - _STAMP_CHARS), end) is not None


def drop_media_titles(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops titles after a label for a video or gallery.

    >>> after(drop_media_titles, body="It rained.\n\nVIDEO: Goats cross the old bridge")
    'It rained.'
    """
    text, spans = draft.body, candidates.spans
    dropped = [i for i in candidates.lines if i and _is_title(text[slice(*spans[i])])]
    return drop_lines(spans, dropped) if dropped else []


def _is_title(line: str) -> bool:
    if len(line) > _MAX_TITLE or line.count("|") >= _FEWEST_BARS:
        return False
    return _TITLE.match(line) is not None and not (ends_sentence(line) or _POST.search(line))


CAPTION_RULES: tuple[Rule, ...] = (
    Rule(
        "drop_clip_captions",
        "captions of videos that end in a date and a running time",
        Trigger.of(_STAMP, longest=_MAX_CAPTION),
        drop_clip_captions,
    ),
)
TITLE_RULES: tuple[Rule, ...] = (
    Rule(
        "drop_media_titles",
        "titles of videos and galleries after a label",
        Trigger.of(_TITLE, from_first=True, longest=_MAX_TITLE),
        drop_media_titles,
    ),
)
