"""The line scan: the twin of `src/scan.c`; `native.scan_signals` describes its signals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pipeline.native.codepoints import UNSPACED, folded
from pipeline.native.folds import NO_SIGN, fold
from pipeline.native.scan_signals import Field, Kind, Signal
from pipeline.native.twins.text import squeeze

Span = tuple[int, int]
Hits = list[tuple[int, list[int]]]

_TAIL = 16  # letters and digits that line and headline are compared by
_LONGEST_WORD = 30
_FIRST_WORD = re.compile(rf"[^\w{re.escape(NO_SIGN)}]{{0,12}}(\w{{1,{_LONGEST_WORD}}}|\u00a9)")
# Such a word ends where one begins that needs no space before it: `Facebook\u3067`.
_SPACED_WORD = re.compile(rf"[a-zA-Z0-9]+(?=[{UNSPACED}])")
_SECOND_WORD = re.compile(rf"[\W_]*((?:[^\W_]|\u0307){{1,{_LONGEST_WORD}}})")
_LEADING_WORD = re.compile(rf"\w{{1,{_LONGEST_WORD}}}")
_UNSPACED = re.compile(f"[{UNSPACED}]")


class Scanner:
    """Finds the signals of all triggers in a draft."""

    def __init__(self, _table: object, _folded: object, signals: Sequence[Signal]) -> None:
        self._signals = [(*one[:6], _prepared(one[1], one[6])) for one in signals]

    def scan(
        self, body: str, headline: str, description: str, authors: str, _before: object = None
    ) -> tuple[tuple[Span, ...], Hits, object]:
        """Returns (start, end) of each line of the body, the hits by trigger, and a memory.

        A hit is (trigger, ascending numbers of lines). They are empty if a signal is found that is
        not about lines, or in another field only. The memory of a scan makes the next one faster,
        if it is given as `_before`, and changes nothing else.
        """
        spans = tuple(_line_spans(body))
        folds = [squeeze(body[start:end], folded()) for start, end in spans]
        found: dict[int, set[int]] = {}
        for i, (start, end) in enumerate(spans):
            line, row = body[start:end], _row(body, start, end)
            for trigger, kind, longest, head, tail, fields, data in self._signals:
                counts = not head | tail or i < head or len(spans) - i <= tail
                counts = counts and len(line) <= (longest or len(line))
                is_found = (
                    _is_alike(i, folds, *data)
                    if kind == Kind.ALIKE
                    else _is_in_line(Kind(kind), line, row, data, headline)
                )
                if is_found and counts and fields & Field.BODY:
                    found.setdefault(trigger, set()).add(i)
        for trigger, kind, *_, fields, data in self._signals:
            for field, text in zip(Field, (body, headline, description, authors), strict=True):
                if field & fields and _is_in_text(Kind(kind), field, text, data):
                    found.setdefault(trigger, set())
        return spans, [(trigger, sorted(found[trigger])) for trigger in sorted(found)], None


def opening(line: str) -> tuple[str, str] | None:
    """Returns the keys of a line's first two words, the second empty where there is none.

    No phrase matches a line without a first word.
    """
    begun = _FIRST_WORD.match(line)
    if begun is None:
        return None
    first = _SPACED_WORD.match(line, begun.start(1), begun.end()) or begun
    second = _SECOND_WORD.match(line, first.end())
    return key_of(first.group(first.lastindex or 0)), second_key(second[1]) if second else ""


def key_of(word: str) -> str:
    """Returns the key under which phrases that begin with a word are indexed.

    The folded word; `#` for any number; its first character where words are not separated by
    spaces.
    """
    if word[0].isdigit():
        return "#"
    return word[0] if _UNSPACED.match(word[0]) else fold(word)


def second_key(word: str) -> str:
    """Returns the key of a second word, which is its part that a folded phrase can match."""
    key = key_of(word)
    start = _LEADING_WORD.match(key)
    return start.group() if start else key


def _line_spans(text: str) -> Iterator[Span]:
    start = 0
    for row in text.split("\n"):
        if row.strip():
            first = start + len(row) - len(row.lstrip())
            yield first, first + len(row.strip())
        start += len(row) + 1


def _row(body: str, start: int, end: int) -> str:
    """Returns the line with the white space around it, its line break included."""
    return body[body.rfind("\n", 0, start) + 1 : body.find("\n", end) + 1 or len(body)]


@lru_cache(maxsize=8)  # all literals are compared with the same line
def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", fold(re.sub(r"\s+", " ", text)))


def _is_in_line(kind: Kind, line: str, row: str, data: Any, headline: str) -> bool:
    """Returns whether a signal is found in a line; `row` is the line with the space around it."""
    if kind is Kind.LITERALS:  # of those that may be anywhere, white space around may be part
        return any(_holds_literal(line if one[1] else row, *one) for one in data)
    return kind in _IN_LINES and _IN_LINES[kind](line, data, headline)


def _holds_literal(text: str, literal: str, side: int, within: int) -> bool:
    folds = _folded(text)
    reach = within + len(literal)
    return literal in folds and literal in (folds, folds[:reach], folds[-reach:])[side]


def _prepared(kind: int, data: Any) -> Any:
    """Returns the data of a signal; that of OPENINGS as the longest reach of each."""
    if kind != Kind.OPENINGS:
        return data
    reaches: dict[tuple[str, str | None], int] = {}
    for first, second, reach in data:
        reaches[first, second] = max(reach, reaches.get((first, second), 0))
    return reaches


def _opens(line: str, reaches: Mapping[tuple[str, str | None], int], _: str) -> bool:
    opened = opening(line)
    if opened is None:
        return False
    return any(len(line) <= reaches.get(one, -1) for one in (opened, (opened[0], None)))


def _is_doubled(line: str, _: object, __: str) -> bool:
    half = len(line) // 2
    return line == f"{line[:half]} {line[:half]}"


def _comes_again(line: str, data: tuple[int], _: str) -> bool:
    (probe,) = data
    return len(line) > 2 * probe and line.find(line[:probe], probe) >= 0


def _is_like(line: str, _: object, headline: str) -> bool:
    one, other = ("".join(filter(str.isalnum, fold(text)))[-_TAIL:] for text in (line, headline))
    return headline != "" and (one.endswith(other) or other.endswith(one))


_IN_LINES: dict[Kind, Callable[[str, Any, str], bool]] = {
    Kind.OPENINGS: _opens,
    Kind.LINES: lambda *_: True,
    Kind.DOUBLED: _is_doubled,
    Kind.RECURRING: _comes_again,
    Kind.LIKE_HEADLINE: _is_like,
}


def _is_in_text(kind: Kind, field: Field, text: str, data: Any) -> bool:
    if kind is Kind.LITERALS:
        return field is not Field.BODY and any(_holds_literal(text, *one) for one in data)
    if kind is Kind.CHARACTERS:
        return any(_holds(text, *way) for way in data)
    if kind is Kind.UNLAID:
        lines = [text[start:end] for start, end in _line_spans(text)]
        return field is Field.BODY and text != "\n\n".join(lines)
    if kind is Kind.UNTIDY:
        return text != " ".join(text.split())
    return kind is Kind.EMPTY and not text


def _holds(text: str, one: str, following: str | None = None) -> bool:
    if following is None:
        return any(char in one for char in text)
    return any(text[i] in one and text[i + 1] in following for i in range(len(text) - 1))


def _is_alike(i: int, folds: Sequence[str], edge: int, shortest: int) -> bool:
    """Returns whether a line shares an edge with another one, and some long line does."""
    begun, ended = Counter(one[:edge] for one in folds), Counter(one[-edge:] for one in folds)
    alike = [one for one in folds if begun[one[:edge]] > 1 or ended[one[-edge:]] > 1]
    return folds[i] != "" and folds[i] in alike and any(len(one) > shortest for one in alike)
