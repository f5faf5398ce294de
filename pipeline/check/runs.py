"""Runs of words that come again, counted on one number per word."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# An odd constant to mix word numbers by: the multiplier of Knuth's MMIX generator.
_MIX = np.int64(6364136223846793005)
_NONE = np.empty(0, np.intp)
TOP_SIZES = (2, 3, 4)
REPEAT_SIZES = (5, 6, 7, 8, 9, 10)


class Runs(NamedTuple):
    """Shares of a text's words, by the length of the run."""

    top: dict[int, float]  # in the most frequent run; one that stands once counts as none
    repeated: dict[int, float]  # in runs that stand further up already


def count_runs(keys: NDArray[np.int64]) -> Runs:
    """The shares for all sizes. `keys`: int64, shape (words,), equal for equal words."""
    shares = Runs(dict.fromkeys(TOP_SIZES, 0.0), dict.fromkeys(REPEAT_SIZES, 0.0))
    runs = keys
    for size in TOP_SIZES:
        runs = runs[:-1] * _MIX + keys[size - 1 :]
        most = _most_frequent(runs)
        if most <= 1:
            return shares  # where no run comes again, no longer one does
        shares.top[size] = min(1.0, most * size / len(keys))
    _count_repeated(keys, runs[:-1] * _MIX + keys[REPEAT_SIZES[0] - 1 :], shares.repeated)
    return shares


def _count_repeated(
    keys: NDArray[np.int64], runs: NDArray[np.int64], shares: dict[int, float]
) -> None:
    """Fills the shares. Each size looks only at the places the size before it left."""
    places = np.arange(len(runs))
    for size in REPEAT_SIZES:
        again, members = _repeats(runs)
        if not len(again):
            return
        shares[size] = _covered(np.sort(places[again]), size) / len(keys)
        members = members[places[members] + size < len(keys)]
        places = places[members]
        runs = runs[members] * _MIX + keys[places + size]


def _most_frequent(runs: NDArray[np.int64]) -> int:
    """How often the most frequent value stands."""
    ordered = np.sort(runs)
    changes = (ordered[1:] != ordered[:-1]).nonzero()[0]
    if not len(changes) or len(changes) == len(runs) - 1:
        return len(runs) if not len(changes) else 1
    inner = int((changes[1:] - changes[:-1]).max()) if len(changes) > 1 else 1
    return max(inner, int(changes[0]) + 1, len(runs) - 1 - int(changes[-1]))


def _repeats(runs: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the values that stand further up already; of all values that stand twice."""
    # Value and index in one number: one sort brings equal values together, in their order.
    bits = len(runs).bit_length()
    packed = np.sort((runs << bits) | np.arange(len(runs)))
    values = packed >> bits
    equal = values[1:] == values[:-1]
    if not equal.any():
        return _NONE, _NONE
    order = packed & ((1 << bits) - 1)
    is_member = np.zeros(len(runs), np.bool_)
    is_member[:-1] = equal
    is_member[1:] |= equal
    return order[1:][equal], np.sort(order[is_member])


def _covered(starts: NDArray[np.intp], size: int) -> int:
    """How many words lie in a run of `size` that begins at one of the ascending `starts`."""
    return int(np.minimum(np.diff(starts), size).sum()) + size
