"""Text to words joined by one space, in native passes over the code points.

Compiled by numba at first use and kept beside this file, or in the user's cache folder.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.native import native

# What a code point is to a word. NONE is 0 and PART is 1: `squeeze` counts with them.
NONE = 0  # no part of one
PART = 1  # of a word that stands between spaces
ALONE = 2  # a word by itself: a character of an unspaced script
MARK = 3  # belongs to the character before it, else begins a word
ALONE_MARK = 4  # the same in an unspaced script: else a word by itself

# From here on no code points: rows of a table of what folds to several.
EXPANDED = np.uint32(0x110000)

_SPACE = np.uint32(0x20)
_BREAK = np.uint32(0x0A)


@native
def squeeze(codes: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The code points of the words, one space between two, line breaks where they were.

    `codes`: the text in UTF-32; `kinds`: the kind of each code point, the last cell's for all
    beyond the table.
    """
    out = np.empty(2 * len(codes) + 1, np.uint32)
    size = 0
    before = np.int64(NONE)  # the kind of word that the character before belongs to
    begun = 0  # 1 from the line's first word on
    last = np.uint32(len(kinds) - 1)
    for code in codes:
        kind = kinds[min(code, last)]
        if kind <= PART and before <= PART and code != _BREAK:
            # Nearly all characters. The space and the character are always written, and stay if
            # the size grows: no branch that a processor guesses wrong at both ends of each word,
            # so the whole takes half the time.
            out[size] = _SPACE
            size += begun & kind & (before ^ PART)
            out[size] = code
            size += kind
            begun |= kind
            before = np.int64(kind)
            continue
        if kind == NONE:
            before = np.int64(NONE)
            if code == _BREAK:
                out[size] = _BREAK
                size += 1
                begun = 0
            continue
        if kind == MARK:
            starts = before == NONE
            before = np.int64(PART) if starts else before
        elif kind == ALONE_MARK:
            starts = before != ALONE
            before = np.int64(ALONE)
        else:
            starts = kind == ALONE or before != PART
            before = np.int64(kind)
        if starts:
            if begun:
                out[size] = _SPACE
                size += 1
            begun = 1
        out[size] = code
        size += 1
    return out[:size]


@native
def casefold(
    codes: NDArray[np.uint32], folds: NDArray[np.uint32], expansions: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """`str.casefold`, three times as fast for any text that is not plain ASCII.

    `folds`: what each code point becomes, the same for all beyond the table; a value from
    `EXPANDED` on stands for the row of `expansions`, where up to three code points stand.
    """
    out = np.empty(expansions.shape[1] * len(codes), np.uint32)
    size = 0
    for code in codes:
        folded = folds[code] if code < len(folds) else code
        if folded < EXPANDED:
            out[size] = folded
            size += 1
            continue
        for part in expansions[folded - EXPANDED]:
            if part:
                out[size] = part
                size += 1
    return out[:size]
