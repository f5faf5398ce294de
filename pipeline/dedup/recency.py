"""Rows in the order in which they were last seen: two links a row, no search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import native

NONE = 0xFFFFFFFF


class Recency:
    """One queue over links that several may share: a row is in one of them at a time.

    `before`, `after`: (rows,) uint32; `seen`: (rows,) uint32, seconds. Rows are appended as time
    goes on; where one came with an older time, `sort` puts all in order.
    """

    def __init__(
        self,
        before: NDArray[np.uint32],
        after: NDArray[np.uint32],
        seen: NDArray[np.uint32],
    ) -> None:
        self._before, self._after, self._seen = before, after, seen
        self.first = self._last = NONE
        self._is_sorted = True

    def append(self, row: int) -> None:
        """Put a row at the end."""
        last = self._last
        self._before[row], self._after[row] = last, NONE
        if last == NONE:
            self.first = row
        else:
            self._after[last] = row
            self._is_sorted &= bool(self._seen[last] <= self._seen[row])
        self._last = row

    def extend(self, rows: NDArray[np.int64]) -> None:
        """Put rows at the end, one after the other."""
        if not len(rows):
            return
        self.append(int(rows[0]))
        self._before[rows[1:]], self._after[rows[:-1]] = rows[:-1], rows[1:]
        self._after[rows[-1]] = NONE
        self._last = int(rows[-1])
        self._is_sorted &= bool(np.all(self._seen[rows[:-1]] <= self._seen[rows[1:]]))

    def remove(self, row: int) -> None:
        """Take a row out."""
        before, after = int(self._before[row]), int(self._after[row])
        if before == NONE:
            self.first = after
        else:
            self._after[before] = after
        if after == NONE:
            self._last = before
        else:
            self._before[after] = before

    def sort(self) -> None:
        """Bring the rows into order where they are not; a tenth of a second for a million."""
        if self._is_sorted:
            return
        rows = self.rows()
        rows = rows[np.argsort(self._seen[rows], kind="stable")]
        self.first, self._last = int(rows[0]), int(rows[-1])
        self._before[rows[1:]], self._after[rows[:-1]] = rows[:-1], rows[1:]
        self._before[rows[0]] = self._after[rows[-1]] = NONE
        self._is_sorted = True

    def rows(self) -> NDArray[np.int64]:
        """All rows, the one seen longest ago first."""
        return _walk(self._after, self.first)


@native
def _walk(after: NDArray[np.uint32], first: int) -> NDArray[np.int64]:
    count = 0
    row = first
    while row != NONE:
        count += 1
        row = int(np.int64(after[row]))
    rows = np.empty(count, np.int64)
    row = first
    for i in range(count):
        rows[i] = row
        row = int(np.int64(after[row]))
    return rows
