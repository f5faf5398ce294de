"""What the lines of a body begin and end with, and how short they are: bits beside `suspects`' own.

Many repairs know a line by its first or last two characters, or by its length, and each looked at
every line. One native look says for all of them where there is no such line.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.native import native

FIRST_EDGE = 96  # the bit of `suspects` from which on these stand

# Code points from here on are no white space, and no first character of a pair.
_BEYOND = 0x3001
WHITE_SPACE = "".join(char for char in map(chr, range(_BEYOND)) if char.isspace())
_ANY = "".join(map(chr, range(_BEYOND + 1)))  # the last stands for all beyond

# A line has a pair where its first two characters, or its last two, are of these. The second of
# a line of one character is the white space after it.
_Pairs = tuple[tuple[str, str], ...]
_MARK: _Pairs = ((".,;:|\u2022\u00b7", WHITE_SPACE),)
_BULLET: _Pairs = (("-*+\u2022\u00b7\u25aa\u25cf\u25ba\u203a", WHITE_SPACE),)
_PICTURED: _Pairs = (("P", "iI"),)
_ORDER: _Pairs = (
    ("Ll", f"-\u2013/eE{WHITE_SPACE}"),  # L-R, left to right
    ("Ff", "rR"),  # from
    ("Vv", ".oOaA"),  # v. l. n. r., von, van
    ("Dd", "eEaA"),  # de, da
    ("([*\u2022\u2013-", _ANY),  # a sign before one of them
)
_MINUTES: _Pairs = (("i", "n"),)  # 3:18 min
_LINK_WORD: _Pairs = (("h", "r"), ("e", "n"), ("r", "e"))  # mehr, weiterlesen, more
_BEGINNINGS = (*_MARK, *_BULLET, *_PICTURED, *_ORDER)
_PAIRS = (*_BEGINNINGS, *_MINUTES, *_LINK_WORD)
# Characters of short lines.
_LIMITS = (40, 60, 120)
_LONGEST_DOUBLED = 400


def _bits_of(pairs: _Pairs) -> int:
    return sum(1 << (FIRST_EDGE + _PAIRS.index(pair)) for pair in pairs)


MARK, BULLET, PICTURED, ORDER, MINUTES, LINK_WORD = map(
    _bits_of, (_MARK, _BULLET, _PICTURED, _ORDER, _MINUTES, _LINK_WORD)
)
UP_TO_40, UP_TO_60, UP_TO_120, DOUBLED = (
    1 << (FIRST_EDGE + len(_PAIRS) + i) for i in range(len(_LIMITS) + 1)
)  # a line of at most so many characters; one of at most 400 whose two halves are the same

_SECOND = np.uint32(16)  # so much higher is the bit of a pair's second character
_BEGIN = np.uint32((1 << len(_BEGINNINGS)) - 1)
_END = np.uint32((1 << len(_PAIRS)) - 1) & ~_BEGIN
_LENGTH = len(_PAIRS)
_BREAK, _SPACE = ord("\n"), ord(" ")


def _table() -> NDArray[np.uint32]:
    bits = np.zeros(_BEYOND + 1, np.uint32)  # the last cell for all beyond

    def add(chars: Iterable[str], bit: int) -> None:
        bits[[*map(ord, chars)]] |= np.uint32(1 << bit)

    for i, (first, second) in enumerate(_PAIRS):
        add(first, i)
        add(second, i + int(_SECOND))
    add(WHITE_SPACE, 31)
    return bits


_BITS = _table()
_WHITE = np.uint32(1 << 31)


def edges(body: NDArray[np.uint32]) -> int:
    """The bits of all lines of a body; `body`: its code points and a line break after them."""
    return _look(body, _BITS) << FIRST_EDGE


@native
def _look(codes: NDArray[np.uint32], bits: NDArray[np.uint32]) -> int:
    found = np.uint32(0)
    start = 0
    for end in np.flatnonzero(codes == _BREAK):
        found |= _look_at_line(codes, start, int(end), bits)
        start = int(end) + 1
    return int(found)


@native
def _look_at_line(
    codes: NDArray[np.uint32], start: int, end: int, bits: NDArray[np.uint32]
) -> np.uint32:
    while start < end and _bits_of_code(codes[start], bits) & _WHITE:
        start += 1
    while start < end and _bits_of_code(codes[end - 1], bits) & _WHITE:
        end -= 1
    size = end - start
    found = np.uint32(0)
    if size == 0:
        return found
    first, second = _bits_of_code(codes[start], bits), _bits_of_code(codes[start + 1], bits)
    found |= first & (second >> _SECOND) & _BEGIN
    if size > 1:
        before, last = _bits_of_code(codes[end - 2], bits), _bits_of_code(codes[end - 1], bits)
        found |= before & (last >> _SECOND) & _END
    for i in range(len(_LIMITS)):
        if size <= _LIMITS[i]:
            found |= np.uint32(1 << (_LENGTH + i))
    if (
        size <= _LONGEST_DOUBLED
        and codes[start + size // 2] == _SPACE
        and _is_doubled(codes[start:end])
    ):
        found |= np.uint32(1 << (_LENGTH + len(_LIMITS)))
    return found


@native
def _bits_of_code(code: np.uint32, bits: NDArray[np.uint32]) -> np.uint32:
    found: np.uint32 = bits[min(code, np.uint32(_BEYOND))]
    return found


@native
def _is_doubled(line: NDArray[np.uint32]) -> bool:
    """Whether what stands before the middle stands after it again."""
    middle = len(line) // 2
    i = 0
    while i < middle and line[i] == line[len(line) - middle + i]:
        i += 1
    return i == middle and len(line) == 2 * middle + 1
