"""The names in a text: whom and what a story is about, small enough to keep of every article.

A name is a run of three or more letters that begins with a capital and stands behind another
word, or a comma, on its line, so that no sentence begins with it. Scripts without capitals have
none, German has all its nouns.
"""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

from pipeline.fnv import BASIS_32, PRIME_32
from pipeline.jit import native
from pipeline.squeeze import MARK, PART

LEAST_LETTERS = 3
_COMMA, _SPACE = 0x2C, 0x20
_PLACE = np.uint64(0xFFFFFFFF)  # the half of a word's start that says where in the text


def _lower() -> NDArray[np.uint32]:
    """Each capital's small letter, each other code point itself; up to the last capital."""
    capitals = [code for code in range(0x20000) if unicodedata.category(chr(code)) in {"Lu", "Lt"}]
    lower = np.arange(capitals[-1] + 1, dtype=np.uint32)
    for code in capitals:
        lower[code] = ord(chr(code).lower()[0])
    return lower


LOWER = _lower()


@native
def hash_names(
    codes: NDArray[np.uint32],
    starts: NDArray[np.uint64],
    kinds: NDArray[np.uint8],
    lower: NDArray[np.uint32],
) -> NDArray[np.uint32]:
    """A hash of each name in order of standing: FNV-1a over its small letters' code points.

    `codes`: the text in UTF-32; `starts`: where its words begin, as `squeeze` has it; `kinds`:
    `text.WORD_PARTS`; `lower`: `LOWER`.
    """
    found = np.empty(len(starts), np.uint32)
    size = 0
    for word in starts[:-1]:
        start = np.int64(word & _PLACE)
        if start < 2 or codes[start - 1] != _SPACE or not _is_capital(codes[start], lower):
            continue
        before = codes[start - 2]
        if before != _COMMA and not _is_part(before, kinds):
            continue
        value, length = BASIS_32, 0
        while start + length < len(codes) and _is_part(codes[start + length], kinds):
            code = codes[start + length]
            small = lower[code] if code < len(lower) else code
            value = np.uint32((value ^ small) * PRIME_32)
            length += 1
        found[size] = value
        size += length >= LEAST_LETTERS
    return found[:size]


@native
def _is_capital(code: np.uint32, lower: NDArray[np.uint32]) -> bool:
    return bool(code < len(lower) and lower[code] != code)


@native
def _is_part(code: np.uint32, kinds: NDArray[np.uint8]) -> bool:
    kind = kinds[min(code, np.uint32(len(kinds) - 1))]
    return bool(kind in (PART, MARK))  # a set would be built anew each time
