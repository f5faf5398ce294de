"""Scores of boosted regression trees: the twin of `src/trees.c`.

A model is little-endian bytes, which `pipeline.trees.pack` makes:

    8 bytes     CDTREES1
    3 x uint32  the number of features, of trees, of nodes
    uint32 ...  the number of each tree's root in the table of nodes
    16 bytes .. each node: uint32 number of its left child, whose neighbour is the right one, 0 for
                a leaf; uint32 number of its feature; float threshold; float value

A row goes to the left child if its feature is at most the threshold, else (also if it is not a
number) to the right one. The value of a leaf is its score, that of an inner node is the mean score
of the rows that it saw in training. Sums are of doubles, in the order of the trees.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import TYPE_CHECKING

MAGIC = b"CDTREES1"
_HEAD = struct.Struct("<8s3I")
_NODE = struct.Struct("<IIff")
_MOST_FEATURES, _MOST_NODES = 1 << 16, 1 << 24

if TYPE_CHECKING:
    from array import array

    Buffer = bytes | bytearray | memoryview | array[float]


class Trees:
    """Boosted regression trees; raises ValueError if `data` is no whole model."""

    def __init__(self, data: bytes) -> None:
        whole = len(data) >= _HEAD.size
        magic, self.features, trees, nodes = _HEAD.unpack_from(data) if whole else (b"", 0, 0, 0)
        first = _HEAD.size + 4 * trees
        if (
            magic != MAGIC
            or not 0 < self.features <= _MOST_FEATURES
            or nodes > _MOST_NODES
            or len(data) != first + _NODE.size * nodes
        ):
            raise ValueError("this is no whole model of trees")
        self._roots = struct.unpack_from(f"<{trees}I", data, _HEAD.size)
        self._nodes = list(_NODE.iter_unpack(data[first:]))
        ends = (*self._roots[1:], nodes)
        if not trees or self._roots[0] or not all(map(self._is_whole, self._roots, ends)):
            raise ValueError("this is no whole model of trees")

    def score(self, rows: Buffer, most: int | None = None) -> list[float]:
        """Returns the score of each row, a float32 for each feature, by the first `most` trees."""
        return [self._score(row, most) for row in self._rows(rows)]

    def explain(self, row: Buffer) -> list[float]:
        """Returns what each feature of one row adds to its score.

        At each inner node on the row's way the mean score changes, and the feature of that node
        gets the difference. Source: Saabas 2014, https://blog.datadive.net/interpreting-random-forests/.
        """
        rows = self._rows(row)
        if len(rows) != 1:
            raise ValueError("explain takes one row")
        parts = [0.0] * self.features
        for path in self._paths(rows[0]):
            for node, child in pairwise(path):
                parts[self._nodes[node][1]] += self._nodes[child][3] - self._nodes[node][3]
        return parts

    def _score(self, row: tuple[float, ...], most: int | None) -> float:
        score = 0.0  # `sum` would round otherwise from Python 3.12 on
        for path in islice(self._paths(row), most):
            score += self._nodes[path[-1]][3]
        return score

    def _is_whole(self, first: int, end: int) -> bool:
        inner = [(i, node) for i, node in enumerate(self._nodes[first:end], first) if node[0]]
        return first < end <= len(self._nodes) and all(
            i < child < end - 1 and feature < self.features for i, (child, feature, *_) in inner
        )

    def _rows(self, rows: Buffer) -> list[tuple[float, ...]]:
        data = bytes(rows)
        row = struct.Struct(f"<{self.features}f")
        if len(data) % row.size:
            raise ValueError(f"a row has {self.features} numbers of 4 bytes")
        return list(row.iter_unpack(data))

    def _paths(self, row: tuple[float, ...]) -> Iterator[list[int]]:
        """Yields the numbers of the nodes that the row passes, tree by tree."""
        for root in self._roots:
            path = [root]
            while child := self._nodes[path[-1]][0]:
                _, feature, threshold, _ = self._nodes[path[-1]]
                path.append(child + (not row[feature] <= threshold))
            yield path
