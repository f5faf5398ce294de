"""Drops readers' comments below the story.

The text of a comment looks like a story. It is recognised by the line above it, its header. There
are four kinds of headers: an author and an age (`Ana 2 hours ago`); a date and a time of day
(`10 January 2026 10:14 Ana`); an author who says (`Ana says`); a name to which other comments
answer (`@Ana: quite so`). If there are enough of one kind below a story, everything from the first
one on is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise
from statistics import median
from typing import NamedTuple

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import one_of

_MAX_HEADER, _MAX_DATED = 60, 90  # characters
_FEWEST_PARAGRAPHS = 3  # above: a live page has its times from the top on
# Between two headers there is a text: lines from one to the next, and at most as many at the end.
_STEP, _MAX_REST = range(2, 13), 30
_FEWEST_ANSWERED, _FEWEST_TALKERS = 3, 2  # names that are answered; of which come more than once
_NAME = r"@?\w[\w.'\u2019-]*(?:\s+[\w.'\u2019-]+){0,2}"
# A name of one to three words and a time before now. A time alone is that of a live page's entry.
_AGED = re.compile(rf"{_NAME}[\s,\u00b7|\u2022\u2013-]+{one_of('ago')}", re.IGNORECASE)
_SAYING = re.compile(rf"{_NAME}\s+{one_of('wrote')}\s?:?")
_TIME = re.compile(r"(?<!\d)[0-2]?\d:[0-5]\d(?!\d)")
_DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d\d)(?!\d)")
_NEXT_SENTENCE = re.compile("[.!?\u3002] +[^\\W\\d]")
_ANSWER = re.compile(r"@([^\s:,@][^:,@]{0,28}[^\s:,@])[:,]")


def _is_aged(line: str) -> bool:
    return len(line) <= _MAX_HEADER and _AGED.fullmatch(line) is not None


def _is_saying(line: str) -> bool:
    return len(line) <= _MAX_HEADER and _SAYING.fullmatch(line) is not None


def _is_dated(line: str) -> bool:
    return bool(
        len(line) <= _MAX_DATED
        and _TIME.search(line)
        and _DATE.search(line)
        and not _NEXT_SENTENCE.search(line)  # `Prices may be higher. As of 2 January 2026 10:40`
        and not is_prose(line)
    )


class _Kind(NamedTuple):
    """A kind of headers, and how many of them make a thread."""

    is_header: Callable[[str], bool]
    fewest: int
    in_steps: bool = True


# Of those with an age one alone may be the date of a video or of the page.
_KINDS = (_Kind(_is_aged, 2, in_steps=False), _Kind(_is_saying, 3), _Kind(_is_dated, 4))


def drop_reader_comments(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops everything from the first comment's header on, if there are more below a story."""
    text, spans = draft.body, candidates.spans
    lines = [(i, text[slice(*spans[i])]) for i in candidates.lines]
    threads = [
        headers
        for kind in _KINDS
        for headers in [[i for i, line in lines if kind.is_header(line)]]
        if len(headers) >= kind.fewest and (not kind.in_steps or _is_thread(headers, len(spans)))
    ]
    threads.append(_answered(text, spans, [line for _, line in lines]))
    firsts = sorted(headers[0] for headers in threads if headers)
    if not firsts or not _is_below_a_story(text[start:end] for start, end in spans[: firsts[0]]):
        return []
    return drop_lines(spans, range(firsts[0], len(spans)))


def _is_thread(headers: Sequence[int], lines: int) -> bool:
    steps = [below - above for above, below in pairwise(headers)]
    return int(median(steps)) in _STEP and lines - headers[-1] <= _MAX_REST


def _is_below_a_story(above: Iterable[str]) -> bool:
    return len(list(islice(filter(is_prose, above), _FEWEST_PARAGRAPHS))) == _FEWEST_PARAGRAPHS


def _answered(text: str, spans: Sequence[tuple[int, int]], lines: Iterable[str]) -> list[int]:
    """Returns the lines that are nothing but a name which is answered, if these are many."""
    names = {found[1] for line in lines if (found := _ANSWER.match(line))}
    if len(names) < _FEWEST_ANSWERED:
        return []
    headers: dict[str, list[int]] = {}
    for i, (start, end) in enumerate(spans):
        if text[start:end] in names:
            headers.setdefault(text[start:end], []).append(i)
    talkers = sum(len(found) > 1 for found in headers.values())
    enough = len(headers) >= _FEWEST_ANSWERED and talkers >= _FEWEST_TALKERS
    return sorted(i for found in headers.values() for i in found) if enough else []


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_reader_comments",
        "readers' comments below the story, from the first line that names an author and a time",
        Trigger.of(_AGED, _SAYING, from_first=True, to_last=True, longest=_MAX_HEADER)
        | Trigger.of(_TIME, longest=_MAX_DATED)
        | Trigger.begins("@"),
        drop_reader_comments,
    ),
)
