"""Text to words joined by one space, in one native pass over the code points.

Compiled by numba at first use and kept beside this file, or in the user's cache folder.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.native import native

# What a code point is to a word.
NONE = 0  # no part of one
PART = 1  # of a word that stands between spaces
ALONE = 2  # a word by itself: a character of an unspaced script
MARK = 3  # belongs to the character before it, else begins a word
ALONE_MARK = 4  # the same in an unspaced script: else a word by itself

_SPACE = np.uint32(0x20)
_BREAK = np.uint32(0x0A)


@native
def squeeze(codes: NDArray[np.uint32], kinds: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The code points of the words, one space between two, line breaks where they were.

    `codes`: the text in UTF-32; `kinds`: the kind of each code point, the last cell's for all
    beyond the table.
    """
    out = np.empty(2 * len(codes), np.uint32)
    size = 0
    before = NONE  # the kind of word that the character before belongs to
    first = True  # no word yet on this line
    last = len(kinds) - 1
    for code in codes:
        kind = kinds[min(code, last)]
        if kind == NONE:
            before = NONE
            if code == _BREAK:
                out[size] = _BREAK
                size += 1
                first = True
            continue
        if kind == MARK:
            starts = before == NONE
            before = PART if starts else before
        elif kind == ALONE_MARK:
            starts = before != ALONE
            before = ALONE
        else:
            starts = kind == ALONE or before != PART
            before = kind
        if starts:
            if not first:
                out[size] = _SPACE
                size += 1
            first = False
        out[size] = code
        size += 1
    return out[:size]
