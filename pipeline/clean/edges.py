"""What the lines of a body begin and end with, and how short they are: bits beside `suspects`' own.

Many repairs know a line by its first or last two characters, or by its length, and each looked at
every line. One native look says for all of them where there is no such line.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import native

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
# A copy inside one line is looked for by so many of its first characters.
PROBE = 60


def _bits_of(pairs: _Pairs) -> int:
    return sum(1 << (FIRST_EDGE + _PAIRS.index(pair)) for pair in pairs)


MARK, BULLET, PICTURED, ORDER, MINUTES, LINK_WORD = map(
    _bits_of, (_MARK, _BULLET, _PICTURED, _ORDER, _MINUTES, _LINK_WORD)
)
UP_TO_40, UP_TO_60, UP_TO_120, DOUBLED, REPEATED, UNLAID = (
    1 << (FIRST_EDGE + len(_PAIRS) + i) for i in range(len(_LIMITS) + 3)
)
# A line of at most so many characters; one of at most 400 whose two halves are the same; one whose
# first 60 characters come in it again. Whether the body is anything but lines with one empty line
# between two, and no white space around them.

_SECOND = np.uint32(16)  # so much higher is the bit of a pair's second character
_BEGIN = np.uint32((1 << len(_BEGINNINGS)) - 1)
_END = np.uint32((1 << len(_PAIRS)) - 1) & ~_BEGIN
_LENGTH = len(_PAIRS)
_REPEATED, _UNLAID = np.uint32(REPEATED >> FIRST_EDGE), np.uint32(UNLAID >> FIRST_EDGE)
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


BITS = _table()
_WHITE = np.uint32(1 << 31)


@native
def find_edges(
    codes: NDArray[np.uint32], bits: NDArray[np.uint32]
) -> tuple[int, NDArray[np.int64]]:
    """(the bits of all lines, start and end of each that is not blank, one after the other).

    `codes`: a body's code points and a line break after them; `bits`: `BITS`. What is found stands
    from `FIRST_EDGE` on among the bits of `suspects`.
    """
    found = np.uint32(0)
    ends = np.flatnonzero(codes == _BREAK)
    places = np.empty(2 * len(ends), np.int64)
    count = start = 0
    for i in range(len(ends)):
        first, last = _bare(codes, start, int(ends[i]), bits)
        # In a body that is laid out every other line is empty, and the others are bare.
        bare = first == start and last == ends[i] and (first < last) == (i % 2 == 0)
        start = int(ends[i]) + 1
        if not bare and len(codes) > 1:
            found |= _UNLAID
        if first < last:
            found |= _look_at_line(codes, first, last, bits)
            places[2 * count], places[2 * count + 1] = first, last
            count += 1
    if len(ends) % 2 == 0:
        found |= _UNLAID
    return int(found), places[: 2 * count]


@native
def _bare(
    codes: NDArray[np.uint32], start: int, end: int, bits: NDArray[np.uint32]
) -> tuple[int, int]:
    """Where the line begins and ends without the white space around it."""
    while start < end and _bits_of_code(codes[start], bits) & _WHITE:
        start += 1
    while start < end and _bits_of_code(codes[end - 1], bits) & _WHITE:
        end -= 1
    return start, end


@native
def _look_at_line(
    codes: NDArray[np.uint32], start: int, end: int, bits: NDArray[np.uint32]
) -> np.uint32:
    size = end - start
    found = np.uint32(0)
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
    if size > 2 * PROBE and _comes_again(codes[start:end]):
        found |= _REPEATED
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


@native
def _comes_again(line: NDArray[np.uint32]) -> bool:
    """Whether what the line begins with stands in it again."""
    for at in range(PROBE, len(line) - PROBE + 1):
        i = 0
        while i < PROBE and line[i] == line[at + i]:
            i += 1
        if i == PROBE:
            return True
    return False
