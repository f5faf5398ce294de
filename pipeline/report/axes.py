"""The geometry that charts share: a frame with margins, bars on each other, round ticks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

_LEAST_HEIGHT = 0.8  # SVG units; keeps a bar of a small value visible


class Frame(Struct, frozen=True, kw_only=True):
    """The size of a chart and the margins around what it plots, in SVG units."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int

    @property
    def end(self) -> int:
        """The x of the right edge of the plot."""
        return self.width - self.right

    @property
    def base(self) -> int:
        """The y of the lower edge of the plot."""
        return self.height - self.bottom

    def y(self, value: float, most: float) -> float:
        """Returns the y of a value on an axis from 0 (lower edge) to `most` (upper edge)."""
        return self.base - (self.base - self.top) * value / most

    def slot(self, count: int) -> float:
        """Returns the width of one of `count` equal parts of the plot."""
        return (self.end - self.left) / count


class Bar(Struct, frozen=True):
    """A rectangle with a colour class and a tooltip."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str


class Tick(Struct, frozen=True):
    """A labelled place on an axis."""

    at: float
    label: str


def stack(
    parts: Iterable[tuple[str, int, str]], frame: Frame, most: int, x: float, width: float
) -> Iterator[Bar]:
    """Bars on each other, the first (tone, number, title) at the bottom; none for 0."""
    base = 0
    for tone, number, title in parts:
        if number:
            y = frame.y(base + number, most)
            height = max(frame.y(base, most) - y, _LEAST_HEIGHT)
            yield Bar(x, y, width, height, tone, title)
        base += number


def count_ticks(frame: Frame, most: int) -> tuple[Tick, ...]:
    """Ticks at 0, the half and the end of an axis of counts."""
    return tuple(
        Tick(frame.y(part * most / 2, most), _short(part * most // 2)) for part in range(3)
    )


def _short(number: int) -> str:
    """Returns a number of at most six characters, for the margin of a chart."""
    if number < 100_000:
        return f"{number:,}"
    return f"{number / 1_000:g}k" if number < 1_000_000 else f"{number / 1_000_000:g}M"


def round_up(number: int) -> int:
    """Returns a round even number that is not smaller: where an axis of counts ends."""
    size: int = 10 ** max(0, len(str(number)) - 1)
    ends = (end * size for end in (1, 2, 3, 4, 5, 6, 8, 10))
    return next(end for end in ends if end >= number and end % 2 == 0)
