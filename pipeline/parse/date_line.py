"""Finds the line above a story that says when it was published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from pipeline.article import RawArticle
from pipeline.parse.date_lexicon import says_update
from pipeline.parse.dates import read_date
from pipeline.parse.options import DateOrder
from pipeline.parse.problems import DATE_FROM_BODY

_LINES = 4  # kicker, byline, second byline, date
_LONGEST = 60  # characters of a line that is a date
_PROSE = 90  # characters: below a longer line the story has begun
_DIGIT = re.compile(r"\d")
_LETTER_OR_MARK = re.compile(r"[^\W\d_]|[./-]\d")


class DateLine(NamedTuple):
    """A line that is nothing but a date, and the date in ISO 8601."""

    line: str
    iso: str


def with_date_line(article: RawArticle, order: DateOrder | None = None) -> RawArticle:
    """Returns the article with the line above its story that is its date.

    The line gives the date if no field does. If one does, the line must be of the same day.
    """
    found = date_line(article.body, order, article.language)
    if found is None:
        return article
    if article.date_published is not None:
        same = found.iso[:10] == article.date_published[:10]
        return replace(article, date_line=found.line) if same else article
    if article.date_published_raw is not None:
        return article
    return replace(
        article,
        date_line=found.line,
        date_published=found.iso,
        date_published_raw=found.line,
        findings=(*article.findings, DATE_FROM_BODY.finding(found.line)),
    )


def date_line(
    body: str, order: DateOrder | None = None, language: str | None = None
) -> DateLine | None:
    r"""Returns the one line at the top of a body that is a date; None where several are.

    >>> date_line("By Ana Lima\n\nOct. 14, 2024\n\nThe ferry sails again.").iso
    '2024-10-14'
    """
    found: list[DateLine] = []
    for line in _short_lines_above(body):
        if len(line) <= _LONGEST and _DIGIT.search(line) and _LETTER_OR_MARK.search(line):
            reading = read_date(line, order, language, in_prose=True)
            if reading.iso and not says_update(line):
                found.append(DateLine(line, reading.iso))
    return found[0] if len(found) == 1 else None


def _short_lines_above(body: str) -> Iterator[str]:
    """Yields the first lines that are not empty, up to one of prose."""
    start = 0
    for _ in range(2 * _LINES):  # every other one may be empty
        end = body.find("\n", start, start + _PROSE + 2)
        if end < 0:
            return
        if line := body[start:end].strip():
            yield line
        start = end + 1
