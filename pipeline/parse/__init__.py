"""Parses bytes into a raw article, or a dead letter with the reason.

`unpack` finds the records in a value, `parse` reads one. No input raises an exception. The records
that parsing returns are frozen and well formed.
`problems` names what can be noticed and refused, `aliases` whose names mean which field, `dates`
what a date must look like to be believed.
"""

from __future__ import annotations

from itertools import chain, count

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from pipeline.article import Arrival, DeadLetter, Digest, Finding, Format, RawArticle
from pipeline.parse.arrival import arrived
from pipeline.parse.date_line import with_date_line
from pipeline.parse.decode import decode
from pipeline.parse.fields import name_members, on_one_line, read_fields
from pipeline.parse.front_matter import has_front_matter, split_front_matter
from pipeline.parse.objects import is_too_deep, looks_like_json, read_object
from pipeline.parse.options import ParseOptions, SourceParseOptions
from pipeline.parse.problems import (
    FRONT_MATTER_UNREADABLE,
    NOTICES,
    REASONS,
    Notice,
    Refusal,
    dead_letter,
)
from pipeline.parse.unpack import Unpacked, unpack
from pipeline.parse.web_page import FIELD, with_page

__all__ = [
    "NOTICES",
    "REASONS",
    "Notice",
    "ParseOptions",
    "SourceParseOptions",
    "Unpacked",
    "parse",
    "too_large",
    "unpack",
]


def parse(
    value: bytes, arrival: Arrival, options: ParseOptions
) -> tuple[RawArticle, Arrival] | DeadLetter:
    """Returns the raw article and its arrival, or a dead letter with the reason.

    If the settings name a field for the time of arrival, the arrival has that time.
    """
    if len(value) > options.max_bytes:
        return too_large(Digest.of(value), arrival, options)
    result = _read(value, arrival.format, options)
    if isinstance(result, RawArticle):
        article = _with_envelope(_with_findings(result, arrival.findings), arrival.around)
        article = with_date_line(article, options.date_order)
        return article, arrived(article, arrival, options)
    return dead_letter(value, arrival, result)


def too_large(value: Digest, arrival: Arrival, options: ParseOptions) -> DeadLetter:
    """Returns the dead letter of a value that is not kept."""
    message = (
        f"{value.size:,} bytes are more than the {options.max_bytes:,} of parse.max_bytes; the "
        "value is not kept: send it in parts, or raise the limit"
    )
    return DeadLetter.of(value, arrival, "parse", "too-large", message)


def _read(value: bytes, declared: Format, options: ParseOptions) -> RawArticle | Refusal:
    decoded = decode(value, options.encoding)
    if decoded is None:
        return Refusal("binary", "an image, archive or other file that is not text; send its text")
    text, findings = decoded
    if not text or text.isspace():
        return Refusal("empty-value", "nothing, or nothing but white space; send an article")
    if declared is Format.PAGE:
        article = _read_json(text, replace(options, html_field=FIELD))
    elif declared is Format.JSON:
        article = _read_json(text, options)
    elif declared is Format.MARKDOWN:
        article = _read_markdown(text, options)
    elif declared is Format.UNKNOWN and looks_like_json(text):
        article = _read_json(text, options)
    else:
        article = RawArticle(body=text, plain=True)
    if isinstance(article, Refusal):
        return article
    texts = (article.body, article.headline, article.description)
    # A text has no more lines than characters.
    lines = max([_count_lines(text) for text in texts if len(text) > options.max_lines], default=0)
    if lines > options.max_lines:
        return Refusal(
            "too-many-lines",
            f"a text of {lines:,} lines and tags, more than the {options.max_lines:,} of "
            "parse.max_lines; send it in parts, or raise the limit",
        )
    return _with_findings(article, findings)


def _count_lines(text: str) -> int:
    """Returns an upper bound of the lines that a text has, also once its tags are read."""
    return sum(map(text.count, "\n\r\v\f\x85\u2028\u2029<")) - text.count("\r\n")


def _with_findings(article: RawArticle, findings: tuple[Finding, ...]) -> RawArticle:
    return replace(article, findings=(*findings, *article.findings)) if findings else article


def _with_envelope(article: RawArticle, around: bytes) -> RawArticle:
    """Returns the article with what stood around its record, under a name that is free."""
    if not around:
        return article
    names = chain(("envelope",), (f"envelope{number}" for number in count(2)))
    name = next(name for name in names if name not in article.extra)
    return replace(article, extra={**article.extra, name: on_one_line(Raw(around))})


def _read_json(text: str, options: ParseOptions) -> RawArticle | Refusal:
    members = read_object(text, options.max_depth)
    if isinstance(members, Refusal):
        return members
    values: dict[str, Raw] | Refusal = members.values
    if options.html_field in members.values:
        values = with_page(members.values, options.html_field)
    article = values if isinstance(values, Refusal) else read_fields(values, options)
    return article if isinstance(article, Refusal) else _with_findings(article, members.findings)


def _read_markdown(text: str, options: ParseOptions) -> RawArticle | Refusal:
    parts = split_front_matter(text) if text.startswith("---") else None
    if parts is None:
        noticed = (FRONT_MATTER_UNREADABLE.finding(),) if has_front_matter(text) else ()
        return RawArticle(body=text, markdown=True, plain=True, findings=noticed)
    if is_too_deep(msgspec.json.encode(parts.fields).decode(), options.max_depth):
        return RawArticle(
            body=text, markdown=True, plain=True, findings=(FRONT_MATTER_UNREADABLE.finding(),)
        )
    named = (pair for pair in parts.fields.items() if pair[0] != "articleBody")
    article = read_fields(name_members((*named, ("articleBody", parts.body))), options)
    return replace(article, markdown=True) if isinstance(article, RawArticle) else article
