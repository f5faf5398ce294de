"""Runs of words that come again, counted on one number per word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# An odd constant to mix word numbers by: the multiplier of Knuth's MMIX generator.
_MIX = np.int64(6364136223846793005)

_NONE = np.empty(0, np.intp)

TOP_SIZES = (2, 3, 4)
REPEAT_SIZES = (5, 6, 7, 8, 9, 10)


def top_shares(keys: NDArray[np.int64]) -> dict[int, float]:
    """For each of TOP_SIZES: the share of the words that stand in the most frequent run.

    A run that stands once counts as none. `keys`: int64, shape (words,).
    """
    shares = dict.fromkeys(TOP_SIZES, 0.0)
    for size in TOP_SIZES:
        most = _most_frequent(_runs(keys, size))
        if most == 1:
            break  # a longer run is never more frequent
        shares[size] = min(1.0, most * size / len(keys)) if most else 0.0
    return shares


def repeated_shares(keys: NDArray[np.int64]) -> dict[int, float]:
    """For each of REPEAT_SIZES: the share of the words in runs that stand further up already.

    Only where a run comes again can a longer one do so, so each size looks at the places
    that the size before it left.
    """
    shares = dict.fromkeys(REPEAT_SIZES, 0.0)
    runs = _runs(keys, REPEAT_SIZES[0])
    places = np.arange(len(runs))
    for size in REPEAT_SIZES:
        again, members = _repeats(runs)
        if not len(again):
            break
        shares[size] = _covered(np.sort(places[again]), size) / len(keys)
        members = members[places[members] + size < len(keys)]
        places = places[members]
        runs = runs[members] * _MIX + keys[places + size]
    return shares


def _runs(keys: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """One number for each run of `size` words; empty for a shorter text."""
    count = max(0, len(keys) - size + 1)
    mixed = keys[:count].copy()
    for offset in range(1, size):
        mixed *= _MIX
        mixed += keys[offset : offset + count]
    return mixed


def _most_frequent(runs: NDArray[np.int64]) -> int:
    """How often the most frequent value stands."""
    ordered = np.sort(runs)
    changes = np.flatnonzero(ordered[1:] != ordered[:-1])
    if len(changes) == max(0, len(runs) - 1):
        return min(1, len(runs))
    if not len(changes):
        return len(runs)
    inner = int(np.diff(changes).max()) if len(changes) > 1 else 1
    return max(inner, int(changes[0]) + 1, len(runs) - 1 - int(changes[-1]))


def _repeats(runs: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the values that stand further up already; of all values that stand twice."""
    ordered = np.sort(runs)
    if not (ordered[1:] == ordered[:-1]).any():
        return _NONE, _NONE
    order = np.argsort(runs, kind="stable")
    ordered = runs[order]
    equal = ordered[1:] == ordered[:-1]
    is_member = np.zeros(len(runs), np.bool_)
    is_member[:-1] = equal
    is_member[1:] |= equal
    return order[1:][equal], np.sort(order[is_member])


def _covered(starts: NDArray[np.intp], size: int) -> int:
    """How many words lie in a run of `size` that begins at one of the ascending `starts`."""
    return int(np.minimum(np.diff(starts), size).sum()) + size
