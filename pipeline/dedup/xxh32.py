"""xxh32 as its specification has it (seed 0, little endian), for other kernels to use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.native import Index, load_word, native

MARGIN = 4  # bytes behind the end that are read, and don't count

_P1 = np.uint32(2654435761)
_P2 = np.uint32(2246822519)
_P3 = np.uint32(3266489917)
_P4 = np.uint32(668265263)
_P5 = np.uint32(374761393)


@native
def xxh32(text: NDArray[np.uint8], start: Index, end: Index) -> np.uint32:
    """xxh32 of `text[start:end]`; `MARGIN` bytes more must be there."""
    at = start
    value = _P5
    if end - start >= 16:
        one, two = np.uint32(_P1 + _P2), _P2
        three, four = np.uint32(0), np.uint32(0 - _P1)
        while at <= end - 16:
            one = _round(one, load_word(text, at))
            two = _round(two, load_word(text, at + 4))
            three = _round(three, load_word(text, at + 8))
            four = _round(four, load_word(text, at + 12))
            at += 16
        value = np.uint32(_rotate(one, 1) + _rotate(two, 7) + _rotate(three, 12))
        value = np.uint32(value + _rotate(four, 18))
    value = np.uint32(value + np.uint32(end - start))
    # At most three words and three bytes are left. All steps are taken and those that count are
    # kept: loops that end sooner are guessed wrong for each shingle, and take longer.
    for _ in range(3):
        is_left = at <= end - 4
        word = np.uint32(value + np.uint32(load_word(text, at) * _P3))
        value = np.uint32(_rotate(word, 17) * _P4) if is_left else value
        at += 4 if is_left else 0
    for _ in range(3):
        is_left = at < end
        byte = np.uint32(value + np.uint32(np.uint32(text[at]) * _P5))
        value = np.uint32(_rotate(byte, 11) * _P1) if is_left else value
        at += 1 if is_left else 0
    value = np.uint32((value ^ (value >> np.uint32(15))) * _P2)
    value = np.uint32((value ^ (value >> np.uint32(13))) * _P3)
    return np.uint32(value ^ (value >> np.uint32(16)))


@native
def _round(accumulator: np.uint32, word: np.uint32) -> np.uint32:
    turned = _rotate(np.uint32(accumulator + np.uint32(word * _P2)), 13)
    return np.uint32(turned * _P1)


@native
def _rotate(value: np.uint32, bits: int) -> np.uint32:
    return np.uint32((value << np.uint32(bits)) | (value >> np.uint32(32 - bits)))
