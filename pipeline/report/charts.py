"""Histograms: stacked bars over equally wide bins, with ticks at round numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pipeline.report.axes import Bar, Frame, Tick, count_ticks, round_up, stack
from pipeline.report.labels import count
from pipeline.report.spread import Spread

_FRAME = Frame(width=460, height=220, left=60, right=8, top=10, bottom=42)
# Eight bins a decade from 10 to 10,000 words: lengths of news spread over decades.
WORD_EDGES = (0, *(round(10 ** (1 + step / 8)) for step in range(25)))
_WORD_TICKS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
LIKENESS_EDGES = tuple(range(0, 100, 5))  # percent


class Histogram(Struct, frozen=True):
    """The drawing of one histogram."""

    title: str
    about: str  # the same in a sentence, for those who don't see it
    x_title: str
    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    legend: tuple[tuple[str, str], ...]  # tone, name
    frame: Frame = _FRAME


class Series(Struct, frozen=True):
    """A part of each bar: its name in the spread, its colour, its name for people."""

    key: str
    tone: str
    label: str


class Axis(Struct, frozen=True):
    """The bins: their edges, their names, and the round numbers below the axis."""

    title: str
    edges: tuple[int, ...]
    names: tuple[str, ...]
    ticks: tuple[Tick, ...]


def lengths(words: Spread, series: Sequence[Series]) -> Histogram:
    """Returns the histogram of the lengths of articles in words, on a logarithmic axis."""
    ends = [*WORD_EDGES[1:], None]
    names = tuple(
        f"{start:,}\N{EN DASH}{end - 1:,} words" if end else f"{start:,} words or more"
        for start, end in zip(WORD_EDGES, ends, strict=True)
    )
    step = _FRAME.slot(len(WORD_EDGES))
    ticks = tuple(Tick(_FRAME.left + step * _word_bin(tick), f"{tick:,}") for tick in _WORD_TICKS)
    axis = Axis("words, log scale", WORD_EDGES, names, ticks)
    articles = count(words.count, "article")
    about = f"Lengths of {articles}; the median is {count(words.median or 0, 'word')}."
    return _draw("Length", about, axis, words, series)


def likenesses(likeness: Spread, series: Sequence[Series]) -> Histogram:
    """Returns the histogram of Jaccard similarities of articles and their matches."""
    names = tuple(f"{start / 100:.2f} to {(start + 5) / 100:.2f}" for start in LIKENESS_EDGES)
    step = _FRAME.slot(len(LIKENESS_EDGES))
    ticks = tuple(Tick(_FRAME.left + step * at / 5, f"{at / 100:g}") for at in range(0, 101, 20))
    axis = Axis("Jaccard similarity, 1 = the same words", LIKENESS_EDGES, names, ticks)
    drawn = sum(sum(likeness.binned(part.key, LIKENESS_EDGES)) for part in series)
    about = (
        f"Jaccard similarity to the earlier article, where one matched ({drawn:,});"
        f" exact copies ({likeness.count - drawn:,}) are not drawn."
    )
    return _draw("Likeness to the earlier article", about, axis, likeness, series)


def _draw(
    title: str, about: str, axis: Axis, spread: Spread, series: Sequence[Series]
) -> Histogram:
    counts = [spread.binned(part.key, axis.edges) for part in series]
    top = round_up(max(map(sum, zip(*counts, strict=True)), default=0))
    used = [part for part, numbers in zip(series, counts, strict=True) if any(numbers)]
    return Histogram(
        title=title,
        about=about,
        x_title=axis.title,
        bars=tuple(_bars(counts, series, axis, top)),
        x_ticks=axis.ticks,
        y_ticks=count_ticks(_FRAME, top),
        legend=tuple((part.tone, part.label) for part in used),
    )


def _bars(
    counts: Sequence[Sequence[int]], series: Sequence[Series], axis: Axis, top: int
) -> Iterator[Bar]:
    step = _FRAME.slot(len(axis.edges))
    for index, name in enumerate(axis.names):
        parts = [
            (part.tone, numbers[index], f"{name}: {numbers[index]:,} {part.label.lower()}")
            for part, numbers in zip(series, counts, strict=True)
        ]
        yield from stack(parts, _FRAME, top, _FRAME.left + step * index + 0.75, step - 1.5)


def _word_bin(words: int) -> float:
    """Returns the position of a number of words on the axis, in bins.

    The first bin is 0..9, then there are 8 a decade.
    """
    index = bisect_right(WORD_EDGES, words) - 1
    start, *after = WORD_EDGES[index:]
    return index + ((words - start) / (after[0] - start) if after else 0.0)
