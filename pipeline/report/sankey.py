"""The geometry of a Sankey diagram: places of nodes and ribbons with proportional areas.

Nodes are stacked in columns from left to right; the thickness of a ribbon is proportional to its
articles. Every node keeps room for its label, however thin it is, so labels never overlap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

_THINNEST = 1.2  # SVG units: anything that exists is visible
_THICKEST = 48.0  # for one article: a few should not look like many


class Node(Struct, frozen=True):
    """A bar of the picture. One without a label only leads a ribbon past a column."""

    id: str
    column: int
    count: int
    tone: str  # a name of the style sheet's colours
    label: str = ""
    note: str = ""


class Link(Struct, frozen=True):
    """`count` articles on their way between two nodes of neighbouring columns."""

    source: str
    target: str
    count: int
    tone: str
    title: str


class Frame(Struct, frozen=True):
    """The picture's measures, in the SVG's own units."""

    width: float
    columns: tuple[float, ...]  # left edge of each column
    bar: float  # width of a node
    band: float  # height of all articles together
    slot: float  # least height of a node and its label
    gap: float  # between two nodes
    last_slot: float  # the same in the last column, where name and number share a line


class PlacedNode(Struct, frozen=True):
    node: Node
    x: float
    y: float
    height: float

    @property
    def text_y(self) -> float:
        """Base line of the label: beside the bar's top, or its middle where it is thin."""
        return self.y + (13 if self.height > 20 else self.height / 2 + 5)


class PlacedLink(Struct, frozen=True):
    link: Link
    path: str


class Sankey(Struct, frozen=True):
    """All there is to draw."""

    frame: Frame
    height: float
    nodes: tuple[PlacedNode, ...]
    links: tuple[PlacedLink, ...]


def place(nodes: Sequence[Node], links: Sequence[Link], frame: Frame) -> Sankey:
    """Lay out nodes, in the order given within their column, and the ribbons between them.

    Links must be given in the order of their sources and targets, as ribbons leave and arrive in
    that order.
    """
    total = max((node.count for node in nodes), default=0) or 1
    scale = min(frame.band / total, _THICKEST)
    placed, height = _stack(nodes, frame, scale)
    ribbons = tuple(_ribbons(links, placed, frame, scale))
    return Sankey(frame, height, tuple(placed.values()), ribbons)


def _stack(
    nodes: Sequence[Node], frame: Frame, scale: float
) -> tuple[dict[str, PlacedNode], float]:
    placed: dict[str, PlacedNode] = {}
    bottoms: defaultdict[int, float] = defaultdict(float)
    for node in nodes:
        y = bottoms[node.column]
        thick = max(node.count * scale, _THINNEST)
        placed[node.id] = PlacedNode(node, frame.columns[node.column], y, thick)
        last = node.column == len(frame.columns) - 1
        slot = (frame.last_slot if last else frame.slot) if node.label else 0
        bottoms[node.column] = y + max(thick, slot) + (frame.gap / 2 if last else frame.gap)
    return placed, max(bottoms.values(), default=frame.gap) - frame.gap


def _ribbons(
    links: Sequence[Link], placed: dict[str, PlacedNode], frame: Frame, scale: float
) -> Iterator[PlacedLink]:
    leaving: defaultdict[str, float] = defaultdict(float)
    arriving: defaultdict[str, float] = defaultdict(float)
    for link in links:
        source, target = placed[link.source], placed[link.target]
        thick = link.count * scale
        y0, y1 = source.y + leaving[link.source], target.y + arriving[link.target]
        leaving[link.source] += thick
        arriving[link.target] += thick
        x0, x1 = source.x + frame.bar, target.x
        yield PlacedLink(link, _path(x0, y0, x1, y1, max(thick, _THINNEST)))


def _path(x0: float, y0: float, x1: float, y1: float, thick: float) -> str:
    middle = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"v{thick:.1f}"
        f"C{middle:.1f} {y1 + thick:.1f} {middle:.1f} {y0 + thick:.1f} {x0:.1f} {y0 + thick:.1f}z"
    )
