"""Two texts side by side, with the passages that they share and what is new in the later one."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.native import squeeze
from pipeline.native.codepoints import compared
from pipeline.report.shown import Span, fold, visible
from pipeline.text import word_spans

_RUN = 5  # words: the shingle that copies are found by
_HEAD, _TAIL = 220, 160  # characters shown of a long passage
_BUDGET = 2_600  # characters shown of a text


def mark_shared(later: str, earlier: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Splits both texts into spans: `shared` for runs of five words in both.

    The rest is `new` in the later text, where there is an earlier one, and `own` in the earlier.
    """
    mine, theirs = _Words(later), _Words(earlier)
    run = max(1, min(_RUN, len(mine.folded), len(theirs.folded)))
    common = set(mine.runs(run)) & set(theirs.runs(run))
    state = "new" if theirs.places else "own"
    return tuple(_show(mine, common, run, state)), tuple(_show(theirs, common, run, "own"))


class _Words:
    """A text, its words' places and its words as they compare."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places = word_spans(text)
        self.folded = [squeeze(text[start:end], compared()) for start, end in self.places]

    def runs(self, size: int) -> list[tuple[str, ...]]:
        shifted = (self.folded[shift:] for shift in range(size))
        return list(zip(*shifted, strict=False))


def _show(words: _Words, common: set[tuple[str, ...]], run: int, rest: str) -> list[Span]:
    shown: list[Span] = []
    left = _BUDGET
    pieces = _pieces(words, common, run, rest)
    for index, (text, state) in enumerate(pieces):
        if left <= 0:
            hidden = sum(len(text) for text, _ in pieces[index:])
            dots = "\N{HORIZONTAL ELLIPSIS}"
            return [*shown, Span(f"{dots} {hidden:,} more characters", "fold")]
        spans = fold(Span(visible(text), state), _HEAD, _TAIL)
        left -= sum(len(span.text) for span in spans)
        shown += spans
    return shown


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
