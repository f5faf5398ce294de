"""Histograms' geometry: stacked bars over equally wide bins, with ticks of round numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pipeline.report.labels import count
from pipeline.report.spread import Spread

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 10, 42  # margins around the bars, in SVG units
WIDTH, HEIGHT = 460, 220
# Eight bins a decade from 10 to 10,000 words: lengths of news spread over decades.
WORD_EDGES = (0, *(round(10 ** (1 + step / 8)) for step in range(25)))
_WORD_TICKS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
LIKENESS_EDGES = tuple(range(0, 100, 5))  # percent


class Bar(Struct, frozen=True):
    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str


class Tick(Struct, frozen=True):
    at: float
    label: str


class Histogram(Struct, frozen=True):
    """All there is to draw of one histogram."""

    title: str
    about: str  # the same in a sentence, for those who don't see it
    x_title: str
    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    legend: tuple[tuple[str, str], ...]  # tone, name
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    bottom: float = HEIGHT - _BOTTOM


class Series(Struct, frozen=True):
    """A part of each bar: its name in the spread, its colour, its name for people."""

    key: str
    tone: str
    label: str


class Axis(Struct, frozen=True):
    """The bins: where each begins, what each is called, and the round numbers written below."""

    title: str
    edges: tuple[int, ...]
    names: tuple[str, ...]
    ticks: tuple[Tick, ...]

    @property
    def step(self) -> float:
        """The width of a bin."""
        return _step(len(self.edges))


def lengths(words: Spread, series: Sequence[Series]) -> Histogram:
    """How long articles are, in words, on a logarithmic axis."""
    ends = [*WORD_EDGES[1:], None]
    names = tuple(
        f"{start:,}\N{EN DASH}{end - 1:,} words" if end else f"{start:,} words or more"
        for start, end in zip(WORD_EDGES, ends, strict=True)
    )
    step = _step(len(WORD_EDGES))
    ticks = tuple(Tick(_LEFT + step * _word_bin(tick), f"{tick:,}") for tick in _WORD_TICKS)
    axis = Axis("words, log scale", WORD_EDGES, names, ticks)
    articles = count(words.count, "article")
    about = f"Lengths of {articles}; the median is {count(words.median or 0, 'word')}."
    return _draw("Length", about, axis, words, series)


def likenesses(likeness: Spread, series: Sequence[Series]) -> Histogram:
    """How like articles are to the earlier one they match: Jaccard similarity of 5-word runs.

    `series` leaves out exact copies, which would dwarf all others at 1.
    """
    names = tuple(f"{start / 100:.2f} to {(start + 5) / 100:.2f}" for start in LIKENESS_EDGES)
    step = _step(len(LIKENESS_EDGES))
    ticks = tuple(Tick(_LEFT + step * at / 5, f"{at / 100:g}") for at in range(0, 101, 20))
    axis = Axis("Jaccard similarity, 1 = the same words", LIKENESS_EDGES, names, ticks)
    drawn = sum(sum(likeness.binned(part.key, LIKENESS_EDGES)) for part in series)
    about = (
        f"Jaccard similarity to the earlier article, where one matched ({drawn:,});"
        f" exact copies ({likeness.count - drawn:,}) are not drawn."
    )
    return _draw("Likeness to the earlier article", about, axis, likeness, series)


def round_up(number: int) -> int:
    """A round even number that is not smaller: where an axis ends."""
    size: int = 10 ** max(0, len(str(number)) - 1)
    ends = (end * size for end in (1, 2, 3, 4, 5, 6, 8, 10))
    return next(end for end in ends if end >= number and end % 2 == 0)


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
        y_ticks=tuple(Tick(_y(part * top / 2, top), f"{part * top // 2:,}") for part in (0, 1, 2)),
        legend=tuple((part.tone, part.label) for part in used),
    )


def _bars(
    counts: Sequence[Sequence[int]], series: Sequence[Series], axis: Axis, top: int
) -> Iterator[Bar]:
    for index, name in enumerate(axis.names):
        x = _LEFT + axis.step * index + 0.75
        base = 0
        for part, numbers in zip(series, counts, strict=True):
            number = numbers[index]
            if number:
                y = _y(base + number, top)
                height = max(_y(base, top) - y, 0.8)
                title = f"{name}: {number:,} {part.label.lower()}"
                yield Bar(x, y, axis.step - 1.5, height, part.tone, title)
            base += number


def _word_bin(words: int) -> float:
    """Where a number of words lies on the axis, in bins: the first is 0..9, then 8 a decade."""
    index = bisect_right(WORD_EDGES, words) - 1
    start, *after = WORD_EDGES[index:]
    return index + ((words - start) / (after[0] - start) if after else 0.0)


def _step(bins: int) -> float:
    return (WIDTH - _LEFT - _RIGHT) / bins


def _y(number: float, top: int) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * number / top
