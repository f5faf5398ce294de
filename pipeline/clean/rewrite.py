"""Helpers that make splices: from a pattern, from a rewritten text, from whole lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import accumulate

from rapidfuzz.distance import Indel

from pipeline.article import Draft, FieldName
from pipeline.clean.edits import Splice

_TOKEN = re.compile(r"\s+|\S+")
# Word-by-word comparison is quadratic at worst; longer lines are logged as one edit.
_MAX_TOKENS = 2_000


def fields(draft: Draft) -> Iterator[tuple[FieldName, str]]:
    """Yields the name and text of each field that is not empty."""
    if draft.body:
        yield "articleBody", draft.body
    if draft.headline:
        yield "headline", draft.headline
    if draft.description:
        yield "description", draft.description
    if draft.authors:
        yield "authors", draft.authors


def substitute(
    draft: Draft, pattern: re.Pattern[str], added: str | Callable[[re.Match[str]], str]
) -> list[Splice]:
    """Returns a splice for each match of the pattern in any field."""
    put = added if callable(added) else lambda _: added
    return [
        Splice(field, match.start(), match.end(), put(match))
        for field, text in fields(draft)
        for match in pattern.finditer(text)
    ]


def rewrite_lines(
    draft: Draft, may_change: Callable[[str], bool], rewrite: Callable[[str], str]
) -> list[Splice]:
    """Returns splices for the changes of `rewrite`, line by line, in fields that `may_change`."""
    found: list[Splice] = []
    for field, text in fields(draft):
        if not may_change(text):
            continue
        start = 0
        for line in text.split("\n"):
            rewritten = rewrite(line)
            if rewritten != line:
                found += compare(field, start, line, rewritten)
            start += len(line) + 1
    return found


def compare(field: FieldName, start: int, old: str, new: str) -> list[Splice]:
    """Returns splices for the words that differ; `start` is the offset of `old` in the field."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    offsets = list(accumulate(map(len, before), initial=start))
    if len(before) == len(after):
        return [
            Splice(field, at, at + len(word), put)
            for at, word, put in zip(offsets, before, after, strict=False)
            if word != put
        ]
    if len(before) + len(after) > _MAX_TOKENS:
        return [Splice(field, start, start + len(old), new)]
    return [
        Splice(
            field,
            offsets[op.src_start],
            offsets[op.src_end],
            "".join(after[op.dest_start : op.dest_end]),
        )
        for op in Indel.opcodes(before, after)
        if op.tag != "equal"
    ]


def drop_lines(
    spans: Sequence[tuple[int, int]],
    lines: Collection[int],
    copies: Mapping[int, int] | None = None,
) -> list[Splice]:
    """Returns splices that remove whole lines of the body, each with one line break.

    `spans` are `text.line_spans(body)`, `lines` are indices into them; `copies` maps a repeated
    line to the copy that stays.
    """
    gone = frozenset(lines)
    last_kept = len(spans) - 1
    while last_kept in gone:
        last_kept -= 1
    found = []
    for i in sorted(gone):
        if i < last_kept:
            start, end = spans[i][0], spans[i + 1][0]
        else:
            start, end = (spans[i - 1][1] if i else 0), spans[i][1]
        copy_of = spans[copies[i]] if copies and i in copies else None
        found.append(Splice("articleBody", start, end, "", copy_of))
    return found
