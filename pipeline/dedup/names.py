"""The names in a text: whom and what a story is about, small enough to keep of every article.

A name is a run of three or more letters that begins with a capital and stands behind another
word, or a comma, on its line, so that no sentence begins with it. Scripts without capitals have
none, German has all its nouns.
"""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

from pipeline.native import native
from pipeline.squeeze import MARK, PART
from pipeline.text import WORD_PARTS, code_points

LEAST_LETTERS = 3
_COMMA, _SPACE = 0x2C, 0x20
_FNV_BASIS, _FNV_PRIME = np.uint32(0x811C9DC5), np.uint32(0x01000193)


def _lower() -> NDArray[np.uint32]:
    """Each capital's small letter, each other code point itself; up to the last capital."""
    capitals = [code for code in range(0x20000) if unicodedata.category(chr(code)) in {"Lu", "Lt"}]
    lower = np.arange(capitals[-1] + 1, dtype=np.uint32)
    for code in capitals:
        lower[code] = ord(chr(code).lower()[0])
    return lower


_LOWER = _lower()


def name_hashes(text: str) -> NDArray[np.uint32]:
    """A hash of each name in order of standing: FNV-1a over its small letters' code points."""
    return _hash_names(code_points(text), WORD_PARTS, _LOWER)


@native
def _hash_names(
    codes: NDArray[np.uint32], kinds: NDArray[np.uint8], lower: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    found = np.empty(len(codes) // (LEAST_LETTERS + 1) + 1, np.uint32)
    size = 0
    at = 2
    while at < len(codes):
        if codes[at - 1] != _SPACE or not _is_capital(codes[at], lower):
            at += 1
            continue
        before = codes[at - 2]
        start = at
        value = _FNV_BASIS
        while at < len(codes) and _is_part(codes[at], kinds):
            small = lower[codes[at]] if codes[at] < len(lower) else codes[at]
            value = np.uint32((value ^ small) * _FNV_PRIME)
            at += 1
        if at - start >= LEAST_LETTERS and (before == _COMMA or _is_part(before, kinds)):
            found[size] = value
            size += 1
        at = max(at, start + 1)
    return found[:size]


@native
def _is_capital(code: np.uint32, lower: NDArray[np.uint32]) -> bool:
    return bool(code < len(lower) and lower[code] != code)


@native
def _is_part(code: np.uint32, kinds: NDArray[np.uint8]) -> bool:
    kind = kinds[min(code, np.uint32(len(kinds) - 1))]
    return bool(kind in (PART, MARK))  # a set would be built anew each time
