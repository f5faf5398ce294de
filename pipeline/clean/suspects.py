"""One look at a draft that says which repairs of characters and marks have nothing to do.

Most articles hold nothing to repair, and each repair used to look for itself: 60 us an article
for nine looks, against 7 for this one. What it says is "there may be": the repair then looks
closely. The bits of a pair are found where the first of two kinds stands right before the second.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from ftfy.chardata import CHARMAP_ENCODINGS
from numpy.typing import NDArray

from pipeline.article import Draft
from pipeline.native import native_or
from pipeline.text import code_points

# Pairs: the bit of the first character; that of the second is eight higher.
_LEAD, _A_TILDE, _STAR, _LINE, _WAVE, _BRACKET, _HASH = (1 << bit for bit in range(7))
_SECOND = 8
# What one character alone is suspected of.
ODD, LOOSE, ENTITY, TAG, ESCAPE = (1 << bit for bit in range(16, 21))
MOJIBAKE = (_LEAD | _A_TILDE) << _SECOND
MARKDOWN = (_STAR | _LINE | _WAVE | _BRACKET | _HASH) << _SECOND

# Control codes, hard spaces, separators, joiners and other characters not to be seen.
ODD_CHARACTERS = (
    "\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u2007\u200b-\u200d\u2028\u2029\u202f\u2060\ufeff\ufffc"
)
# Code points from here on are never suspect.
_BEYOND = 0x30000


def read_as(first: int, last: int) -> str:
    """What the bytes `first`..`last` read as in any alphabet ftfy knows, but for ASCII."""
    block = bytes(range(first, last + 1))
    read = {char for name in CHARMAP_ENCODINGS for char in block.decode(name, "ignore")}
    return "".join(sorted(char for char in read if not char.isascii()))


@lru_cache(maxsize=4)  # the rules of a pass ask for the same draft one after the other
def suspects(draft: Draft) -> int:
    """The bits of all that may stand in any of the four texts."""
    texts = f"{draft.headline}\n{draft.description}\n{draft.body}\n{draft.authors}"
    return _look(code_points(texts), _BITS)


def _loose() -> Iterable[int]:
    """Code points that NFC changes, or that it may join to or sort among those before them."""
    # Hangul is composed by rule, not by table: its vowels and final consonants join.
    yield from range(0x1161, 0x1176)
    yield from range(0x11A8, 0x11C3)
    for point in range(0x300, _BEYOND):  # below, all is composed and nothing joins
        char = chr(point)
        if unicodedata.combining(char) or not unicodedata.is_normalized("NFC", char):
            yield point
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and "<" not in parts[0]:
            yield int(parts[1], 16)


def _bits() -> NDArray[np.uint32]:
    bits = np.zeros(_BEYOND + 1, np.uint32)  # the last cell for all beyond

    def add(points: Iterable[int], bit: int) -> None:
        bits[[*points]] |= np.uint32(bit)

    white = [point for point in range(_BEYOND) if chr(point).isspace()]
    for first, second, bit in (
        (map(ord, read_as(0xC2, 0xF4)), map(ord, read_as(0x80, 0xBF)), _LEAD),
        ([0xC3], white, _A_TILDE),
        ([ord("*")], [ord("*")], _STAR),
        ([ord("_")], [ord("_")], _LINE),
        ([ord("~")], [ord("~")], _WAVE),
        ([ord("]")], [ord("(")], _BRACKET),
        ([ord("#")], [ord(" ")], _HASH),
    ):
        add(first, bit)
        add(second, bit << _SECOND)
    odd = re.compile(f"[{ODD_CHARACTERS}]")
    add((point for point in range(0x10000) if odd.match(chr(point))), ODD)
    add(_loose(), LOOSE)
    for sign, bit in (("&", ENTITY), ("<", TAG), ("\\", ESCAPE)):
        add([ord(sign)], bit)
    return bits


_BITS = _bits()


def _look_by_numpy(codes: NDArray[np.uint32], bits: NDArray[np.uint32]) -> int:
    found = bits[np.minimum(codes, len(bits) - 1)]
    singles = np.bitwise_or.reduce(found)
    pairs = np.bitwise_or.reduce(found[1:] & ((found[:-1] & 0xFF) << _SECOND))
    return int((singles & 0xFFFF0000) | pairs)


@native_or(_look_by_numpy)
def _look(codes: NDArray[np.uint32], bits: NDArray[np.uint32]) -> int:
    last = np.uint32(len(bits) - 1)
    singles = pairs = before = np.uint32(0)
    for code in codes:
        found = bits[min(code, last)]
        singles |= found
        pairs |= found & (before << np.uint32(_SECOND))
        before = found & np.uint32(0xFF)
    return int((singles & np.uint32(0xFFFF0000)) | pairs)
