"""Two texts side by side: what they share, or what became of the one in the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from rapidfuzz.distance import Indel

from pipeline.native import squeeze
from pipeline.native.codepoints import compared
from pipeline.report.shown import Span, fold, visible
from pipeline.text import word_spans

_RUN = 5  # words: the shingle that copies are found by
_HEAD, _TAIL = 220, 160  # characters shown of a long passage
_BUDGET = 2_600  # characters shown of a text
_TOKEN = re.compile(r"\S+\s*|\s+")
_MOST_PARTS = 4_000  # lines or words of both texts: more are not compared one by one


def mark_shared(later: str, earlier: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Splits both texts into spans: `shared` for runs of five words in both.

    The rest is `new` in the later text, where there is an earlier one, and `own` in the earlier.
    """
    mine, theirs = _Words(later), _Words(earlier)
    run = max(1, min(_RUN, len(mine.folded), len(theirs.folded)))
    common = set(mine.runs(run)) & set(theirs.runs(run))
    state = "new" if theirs.places else "own"
    return _show(_pieces(mine, common, run, state)), _show(_pieces(theirs, common, run, "own"))


def mark_changes(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Splits two versions of a text into spans: `removed` from the one, `added` in the other."""
    olds: list[tuple[str, str]] = []
    news: list[tuple[str, str]] = []
    for old, new in _changes(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        if old == new:
            olds.append((old, "kept"))
            news.append((new, "kept"))
        else:
            for one, other in _changes(_TOKEN.findall(old), _TOKEN.findall(new)):
                olds.append((one, "kept" if one == other else "removed"))
                news.append((other, "kept" if one == other else "added"))
    return _show(_joined(olds)), _show(_joined(news))


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields the stretches of both that are equal, and those that are not, in order."""
    if len(before) + len(after) > _MOST_PARTS:
        yield "".join(before), "".join(after)
        return
    alike = lambda op: op.tag == "equal"  # noqa: E731 - the key of two calls
    for _, ops in groupby(Indel.opcodes(before, after), key=alike):
        old, new = "", ""
        for op in ops:
            old += "".join(before[op.src_start : op.src_end])
            new += "".join(after[op.dest_start : op.dest_end])
        yield old, new


def _joined(pieces: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Joins neighbours of the same state, and drops what is empty."""
    full = (piece for piece in pieces if piece[0])
    return [
        ("".join(text for text, _ in group), state)
        for state, group in groupby(full, key=itemgetter(1))
    ]


def _show(pieces: Sequence[tuple[str, str]]) -> tuple[Span, ...]:
    """Returns pieces of a text with their states, long ones folded, as far as there is room."""
    shown: list[Span] = []
    left = _BUDGET
    for index, (text, state) in enumerate(pieces):
        if left <= 0:
            hidden = sum(len(text) for text, _ in pieces[index:])
            dots = "\N{HORIZONTAL ELLIPSIS}"
            return (*shown, Span(f"{dots} {hidden:,} more characters", "fold"))
        spans = fold(Span(visible(text), state), _HEAD, _TAIL)
        left -= sum(len(span.text) for span in spans)
        shown += spans
    return tuple(shown)


class _Words:
    """A text, its words' places and its words as they compare."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places = word_spans(text)
        self.folded = [squeeze(text[start:end], compared()) for start, end in self.places]

    def runs(self, size: int) -> list[tuple[str, ...]]:
        shifted = (self.folded[shift:] for shift in range(size))
        return list(zip(*shifted, strict=False))


def _pieces(
    words: _Words, common: set[tuple[str, ...]], run: int, rest: str
) -> list[tuple[str, str]]:
    """Returns the whole text in order, cut where shared passages begin and end.

    `rest`: the state of what is not shared; of signs alone it is `own`.
    """
    pieces: list[tuple[str, str]] = []
    end = 0
    for start, stop in _shared_places(words, common, run):
        if start > end:
            pieces.append((words.text[end:start], _state(words.text[end:start], rest)))
        pieces.append((words.text[start:stop], "shared"))
        end = stop
    if end < len(words.text):
        pieces.append((words.text[end:], _state(words.text[end:], rest)))
    return pieces


def _state(text: str, rest: str) -> str:
    return rest if any(map(str.isalnum, text)) else "own"


def _shared_places(
    words: _Words, common: set[tuple[str, ...]], run: int
) -> Sequence[tuple[int, int]]:
    """Returns (start, end) of each shared passage; passages separated by signs only are joined."""
    places: list[tuple[int, int]] = []
    last = -1  # the last word of the passage before
    for index, words_run in enumerate(words.runs(run)):
        if words_run not in common:
            continue
        start, stop = words.places[index][0], words.places[index + run - 1][1]
        if places and index <= last + 1:
            places[-1] = (places[-1][0], stop)
        else:
            places.append((start, stop))
        last = index + run - 1
    return places
