"""Whether any two long lines of a body begin or end alike: a native look at their folds.

Where none do, no paragraph is printed twice, and so it is in most articles. To compare the folds
as Python's texts takes three times as long, more than any other repair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.fnv import BASIS_64, PRIME_64
from pipeline.jit import Index, native, native_or
from pipeline.squeeze import squeeze
from pipeline.text import EXPANSIONS, FOLDED

# Characters by which a line is found again, at either end; and those that a long one has more than.
EDGE = 24
SHORT = 14
_BREAK = np.uint8(ord("\n"))
_ONE = np.uint64(1)
# Begun with so, the hash of an end is never that of a beginning.
_END = ~BASIS_64


def any_alike(body: NDArray[np.uint32]) -> bool:
    """Whether the folds of two lines that are not short have one beginning, or one end.

    `body`: its code points.
    """
    return bool(_look(body, FOLDED, EXPANSIONS))


def _look_at_texts(folds: NDArray[np.uint8]) -> bool:
    long = [line for line in str(folds.data, "utf-8").split("\n") if len(line) > SHORT]
    begun, ended = {line[:EDGE] for line in long}, {line[-EDGE:] for line in long}
    return min(len(begun), len(ended)) < len(long)


@native
def _look(
    codes: NDArray[np.uint32], cells: NDArray[np.uint64], expansions: NDArray[np.uint32]
) -> bool:
    return _look_at_folds(squeeze(codes, cells, expansions, True)[0])  # noqa: FBT003


@native_or(_look_at_texts)
def _look_at_folds(folds: NDArray[np.uint8]) -> bool:
    breaks = 0
    for byte in folds:
        breaks += byte == _BREAK
    most = min(breaks, len(folds) // SHORT) + 1  # lines that are not short
    bits = 3
    while 1 << bits < 4 * most:
        bits += 1
    seen = np.zeros(1 << bits, np.uint64)  # an open table of hashes, 0 where there is none
    start = 0
    while start < len(folds):
        end = start
        while end < len(folds) and folds[end] != _BREAK:
            end += 1
        if end - start > SHORT and _is_in(seen, folds[start:end]):
            return True
        start = end + 1
    return False


@native
def _is_in(seen: NDArray[np.uint64], line: NDArray[np.uint8]) -> bool:
    """Whether a line begins or ends like one before it; a long one is put among them."""
    at = chars = 0
    key = BASIS_64
    while at < len(line):
        chars += _begins(line[at])
        if chars > EDGE:
            break
        key = _mixed(key, line[at])
        at += 1
    if chars <= SHORT:
        return False
    found = _put(seen, key)
    at, chars = len(line), 0
    key = _END
    while at > 0 and chars < EDGE:
        at -= 1
        chars += _begins(line[at])
        key = _mixed(key, line[at])
    return _put(seen, key) or found


@native
def _begins(byte: np.uint8) -> bool:
    """Whether a character begins with it."""
    return bool(byte & 0xC0 != 0x80)


@native
def _mixed(key: np.uint64, byte: np.uint8) -> np.uint64:
    return (key ^ np.uint64(byte)) * PRIME_64


@native
def _put(seen: NDArray[np.uint64], key: np.uint64) -> bool:
    """Whether the key was there already; it is, then."""
    key |= _ONE
    slot: Index = key >> np.uint64(32) & np.uint64(len(seen) - 1)
    while seen[slot]:
        if seen[slot] == key:
            return True
        slot = (slot + _ONE) & np.uint64(len(seen) - 1)
    seen[slot] = key
    return False
