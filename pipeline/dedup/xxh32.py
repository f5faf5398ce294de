"""xxh32 as its specification has it (seed 0, little endian), for other kernels to use.

One hash at a time waits for its own last step most of the time; of short texts the compiler makes
many side by side, where their words lie beside each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import Index, load_word, native

MARGIN = 4  # bytes behind the end that are read, and don't count
LANES = 64  # texts hashed side by side
SHORT = 48  # bytes: two stripes of 16 and a rest of less
_STRIPES = 2
_WORDS = 4 * _STRIPES + 4  # of each text: its stripes, three that are left, and that of last bytes

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
        value = _joined(one, two, three, four)
    value = np.uint32(value + np.uint32(end - start))
    # At most three words and three bytes are left. All steps are taken and those that count are
    # kept: loops that end sooner are guessed wrong for each shingle, and take longer.
    for _ in range(3):
        is_left = at <= end - 4
        value = _with_word(value, load_word(text, at)) if is_left else value
        at += 4 if is_left else 0
    for _ in range(3):
        is_left = at < end
        value = _with_byte(value, np.uint32(text[at])) if is_left else value
        at += 1 if is_left else 0
    return _finished(value)


@native
def lanes() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Room for the words of `LANES` texts, and for their sizes in bytes."""
    return np.zeros(_WORDS * LANES, np.uint32), np.zeros(LANES, np.uint32)


@native
def put_lane(
    words: NDArray[np.uint32], lane: int, text: NDArray[np.uint8], start: Index, size: Index
) -> None:
    """The words of `text[start:start + size]` where `hash_lanes` looks for them.

    `SHORT` bytes from the start on must be there.
    """
    for i in range(4 * _STRIPES):
        words[i * LANES + lane] = load_word(text, start + 4 * i)
    rest = start + (size & ~15)
    for i in range(3):
        words[(4 * _STRIPES + i) * LANES + lane] = load_word(text, rest + 4 * i)
    words[(_WORDS - 1) * LANES + lane] = load_word(text, start + (size & ~3))


@native
def hash_lanes(
    words: NDArray[np.uint32], sizes: NDArray[np.uint32], hashes: NDArray[np.uint32], first: int
) -> None:
    """xxh32 of each lane, into `hashes` from `first` on: for texts of less than `SHORT` bytes."""
    for i in range(LANES):
        size = sizes[i]
        one = _round(np.uint32(_P1 + _P2), words[i])
        two = _round(_P2, words[LANES + i])
        three = _round(np.uint32(0), words[2 * LANES + i])
        four = _round(np.uint32(0 - _P1), words[3 * LANES + i])
        value = _P5 if size < 16 else _joined(one, two, three, four)
        one = _round(one, words[4 * LANES + i])
        two = _round(two, words[5 * LANES + i])
        three = _round(three, words[6 * LANES + i])
        four = _round(four, words[7 * LANES + i])
        value = value if size < 32 else _joined(one, two, three, four)
        value = np.uint32(value + size)
        left, rest = size & np.uint32(15), words[11 * LANES + i]
        value = _with_word(value, words[8 * LANES + i]) if left >= 4 else value
        value = _with_word(value, words[9 * LANES + i]) if left >= 8 else value
        value = _with_word(value, words[10 * LANES + i]) if left >= 12 else value
        left &= np.uint32(3)
        value = _with_byte(value, rest) if left >= 1 else value
        value = _with_byte(value, rest >> np.uint32(8)) if left >= 2 else value
        value = _with_byte(value, rest >> np.uint32(16)) if left >= 3 else value
        hashes[first + i] = _finished(value)


@native
def _joined(one: np.uint32, two: np.uint32, three: np.uint32, four: np.uint32) -> np.uint32:
    value = np.uint32(_rotate(one, 1) + _rotate(two, 7) + _rotate(three, 12))
    return np.uint32(value + _rotate(four, 18))


@native
def _with_word(value: np.uint32, word: np.uint32) -> np.uint32:
    return np.uint32(_rotate(np.uint32(value + np.uint32(word * _P3)), 17) * _P4)


@native
def _with_byte(value: np.uint32, word: np.uint32) -> np.uint32:
    """A value and the lowest byte of a word."""
    byte = word & np.uint32(0xFF)
    return np.uint32(_rotate(np.uint32(value + np.uint32(byte * _P5)), 11) * _P1)


@native
def _finished(value: np.uint32) -> np.uint32:
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
