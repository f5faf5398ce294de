"""Drops teasers: other stories without a heading, in or below this one, recognised by their form.

There are four forms: bulleted titles in a row right after a paragraph; titles in a row behind times
of day, newest first; titles that are printed twice in their line, as the text of a picture and of
its link; a title above a text that ends in the word of its link (`mehr`). A list after a colon or a
heading is part of the story and stays, as does a list whose entries end like sentences, give
advice, prices or measures; and then all lists stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.article import Draft
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import is_prose
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.languages import words_for
from pipeline.text import ends_sentence

_Spans = Sequence[tuple[int, int]]

_BULLETS = frozenset("-*+\u2022\u00b7\u25aa\u25cf\u25ba\u203a")
_BULLET = re.compile(rf"[{''.join(map(re.escape, sorted(_BULLETS)))}][^\S\n]+(?=\S)")
_HOST = re.compile(r"[\w-]{1,40}(?:\.[\w-]{2,20}){1,3}:")  # `paper.example: Title` names the source
_MAX_TITLE = 200  # characters
_MAX_DOUBLED = 2 * _MAX_TITLE  # of a line that is a title twice
_MAX_TEXT = 400  # of the text below a title
_FEWEST_TITLES = 2  # in a row, or of those that are printed twice in their line
_MOST_TITLES = 10  # in a row: a longer list is what the page is about; real ones have up to six
_FEWEST_WORDS = 4  # of a title: shorter entries are things, names or places
_NO_TITLE_ENDS = (".", ":", ";", ",", "\u3002")
_CLOSERS = "\"'\u2019\u201d\u201c\u00bb\u00ab) "
# What sets a title apart from an entry that advises or counts: a kicker before a colon, a dash, a
# question, a quotation; or capitals, as English titles are written.
_TITLE_SIGN = re.compile(
    r"\w[\"'\u201c\u201d\u00bb\u00ab)]*:\s+\S+\s+\S|\s[\u2013\u2014-]\s|\?|[\"\u201c\u201d\u201e\u00bb]"
)
_SAID = re.compile(r":\s+[\"\u201c\u201e\u00ab]")  # in each entry: a list of who said what
_VALUE = re.compile(r"[:?]\s+[^\w\s]?\d")  # `Length: 2 km`, `Windows: $450`: no title
_LONG_WORD = re.compile(r"\b[^\W\d_]{4,}")
_FEWEST_CAPITALS = 3  # long words of a title in capitals, and their share
_CAPITALS = 0.8
# `12:40 Title`, as news tickers print it; many in a row, below a story. A chronicle goes forward.
_TIMED = re.compile(r"[^\w\s]?\s?(?:\|\s)*([0-2]?\d):([0-5]\d)(?!\d)\W{1,5}\w")
_FEWEST_TIMED, _FEWEST_PARAGRAPHS, _SHORTEST_TIMED = 5, 3, 20
_MOST_RISES = 0.25  # of the lines: at midnight, and where the page prints the list twice
_LINK_WORDS = words_for("link_word")
_LINK_WORD = re.compile(rf"(?<!\.)[.!?][\"\u201c\u201d\u00bb]?\s+(?:{'|'.join(_LINK_WORDS)})$")


def drop_teasers(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the lines of teasers of each form, if a story is above them."""
    text, spans = draft.body, candidates.spans
    if len(spans) < 2:
        return []
    found = {*_lists(text, candidates), *_cards(text, candidates), *_linked(text, candidates)}
    found.update(_ticker(text, candidates))
    return drop_lines(spans, found) if found and 0 not in found else []


def _lists(text: str, candidates: Candidates) -> Sequence[int]:
    """Returns the rows of bulleted titles, each below a paragraph that ends in a full stop.

    A text that has other lists too is a guide: what its lists say belongs to it.
    """
    spans, found = candidates.spans, list[int]()
    for row in _rows(text, candidates):
        above, entries = text[slice(*spans[row[0] - 1])], [text[slice(*spans[i])] for i in row]
        if len(row) > _MOST_TITLES or not _are_titles(entries):
            return ()
        if not (is_prose(above) and ends_sentence(above)):
            return ()
        found += row
    return found


def _rows(text: str, candidates: Candidates) -> Iterator[range]:
    """Yields the lists below the first line: lines in a row that begin with a bullet."""
    spans, end = candidates.spans, 1
    for first in candidates.lines:
        if first >= end:
            end = first
            while end < len(spans) and text[spans[end][0]] in _BULLETS:
                end += 1
            if end - first >= _FEWEST_TITLES:
                yield range(first, end)


def _are_titles(entries: Sequence[str]) -> bool:
    """Returns whether all entries could be titles and at least every second one must be."""
    if not all(_may_be_title(entry) for entry in entries) or all(map(_SAID.search, entries)):
        return False
    return 2 * sum(map(_reads_like_title, entries)) >= len(entries)


def _may_be_title(entry: str) -> bool:
    bullet = _BULLET.match(entry)
    return (
        bullet is not None
        and len(entry) <= _MAX_TITLE
        and not _VALUE.search(entry)
        and not (entry[bullet.end()].islower() and _HOST.match(entry, bullet.end()) is None)
        and len(entry.split()) > _FEWEST_WORDS
        and not entry.rstrip(_CLOSERS).endswith(_NO_TITLE_ENDS)
    )


def _reads_like_title(entry: str) -> bool:
    title = _BULLET.sub("", entry, count=1)
    if _TITLE_SIGN.search(title):
        return True
    long = _LONG_WORD.findall(title)
    capitals = sum(word[0].isupper() for word in long)
    return bool(capitals >= max(_FEWEST_CAPITALS, _CAPITALS * len(long)))


def _cards(text: str, candidates: Candidates) -> Iterator[int]:
    """Yields titles that are printed twice in their line, each with the next line.

    There must be at least two.
    """
    spans = candidates.spans
    titles = [i for i in candidates.lines if _is_doubled(text, *spans[i])]
    if len(titles) < _FEWEST_TITLES:
        return
    ends = {*titles, len(spans)}
    for i in titles:
        yield i
        below = i + 1
        if below + 1 in ends and below not in ends and _is_short(spans[below]):
            yield below


def _is_doubled(text: str, start: int, end: int) -> bool:
    """Returns whether the line is `title title`."""
    middle = (start + end) // 2
    return (
        end - start <= _MAX_DOUBLED
        and text[middle] == " "
        and text[start:middle] == text[middle + 1 : end]
        and text.count(" ", start, middle) + 1 >= _FEWEST_WORDS
        and _LONG_WORD.search(text, start, middle) is not None
        and text.find("|", start, middle) < 0  # no row of a table
    )


def _ticker(text: str, candidates: Candidates) -> Iterator[int]:
    """Yields titles in a row behind times of day, if these go back and a story is above."""
    spans = candidates.spans
    times = {i: time for i in candidates.lines if (time := _time_before(text[slice(*spans[i])]))}
    while times:
        first = end = min(times)
        row = []
        while end in times:
            row.append(times.pop(end))
            end += 1
        rises = sum(above < below for above, below in pairwise(row))
        if len(row) < _FEWEST_TIMED or rises > _MOST_RISES * len(row):
            continue
        if sum(is_prose(text[slice(*span)]) for span in spans[:first]) >= _FEWEST_PARAGRAPHS:
            yield from range(first, end)


def _time_before(line: str) -> tuple[int, int] | None:
    """Returns the hour and the minute that stand before a title."""
    if not _SHORTEST_TIMED <= len(line) <= _MAX_TITLE or ends_sentence(line):
        return None
    found = _TIMED.match(line)
    return (int(found[1]), int(found[2])) if found else None


def _linked(text: str, candidates: Candidates) -> Iterator[int]:
    """Yields titles with the text below them that ends in the word of its link."""
    spans = candidates.spans
    for i in candidates.lines:
        start, end = spans[i]
        if i > 1 and _is_short(spans[i]) and _LINK_WORD.search(text, max(start, end - 20), end):
            above = text[slice(*spans[i - 1])]
            if len(above) <= _MAX_TITLE and not ends_sentence(above):
                yield from (i - 1, i)


def _is_short(span: tuple[int, int]) -> bool:
    return span[1] - span[0] <= _MAX_TEXT


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_teasers",
        "teasers of other stories: bulleted titles, titles printed twice, texts that end in `mehr`",
        Trigger.begins(*_BULLETS)
        | Trigger.doubled(_MAX_DOUBLED)
        | Trigger.of(_LINK_WORD, longest=_MAX_TEXT)
        | Trigger.of(_TIMED, from_first=True, longest=_MAX_TITLE),
        drop_teasers,
    ),
)
