"""Which lines of a body may be phrases: one native look at the first two words of each.

Hardly any line of a story begins like one. The look says so of a few too many: of lines whose words
share a cell of its tables with a phrase's, and of those whose words have more than ASCII letters.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from pipeline.clean.kinds import PHRASES
from pipeline.clean.phrases import LINE_BEGINNING, MOST_SIGNS, Phrases
from pipeline.fnv import BASIS_64, PRIME_64
from pipeline.jit import native
from pipeline.languages.grammar import ANY, LONGEST_WORD

# What characters are to words. No stop may stand before the first one; of what a word with an
# unsure character is filed under this look knows nothing.
_SIGN, _STOP, _UNDERSCORE, _LETTER, _DIGIT, _UNSURE = range(6)
# Code points from here on are unsure.
_BEYOND = 0x3000


def _kind(char: str) -> int:
    if re.match(r"\w|\u00a9|\u0307", char) and not char.isascii():
        return _UNSURE
    if char.isalnum():
        return _DIGIT if char.isdigit() else _LETTER
    if char == "_":
        return _UNDERSCORE
    return _SIGN if LINE_BEGINNING.match(f"{char}a") else _STOP


KINDS = np.array([*map(_kind, map(chr, range(_BEYOND))), _UNSURE], np.uint8)
_GAP, _NUMBER, _CAPITAL = ord(" "), ord("#"), ord("a") - ord("A")
# A cell is of all words, or pairs of words, whose hash ends in its number. The first table is small
# enough to stay near the core, for most lines are asked of it alone.
_NEAR, _FAR = 1 << 14, 1 << 18  # cells
_IS_OPEN, _IS_PAIR = 1, 2


def _reach(phrases: Phrases) -> NDArray[np.int16]:
    """Of a first word, the characters of the longest line that a phrase takes."""
    cells = np.zeros(_NEAR, np.int16)
    for first, longest in phrases.reach.items():
        cell = _key(first) % _NEAR
        cells[cell] = max(cells[cell], longest)
    return cells


def _seconds(phrases: Phrases) -> NDArray[np.uint8]:
    """Of a first word, whether any may come second; of two words, whether a phrase begins so."""
    cells = np.zeros(_FAR, np.uint8)
    for (first, second), matching in phrases.by_opening.items():
        if second != ANY:
            cells[_key(f"{first} {second}") % _FAR] |= _IS_PAIR
        elif matching:
            cells[_key(first) % _FAR] |= _IS_OPEN
    return cells


def _key(words: str) -> int:
    key = int(BASIS_64)
    for char in words:
        key = (key ^ ord(char)) * int(PRIME_64) % (1 << 64)
    return key


REACH, SECONDS = _reach(PHRASES), _seconds(PHRASES)


@native
def find_openings(
    codes: NDArray[np.uint32],
    places: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    reach: NDArray[np.int16],
    seconds: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """The numbers of the lines that may match a phrase.

    `codes`: the body's code points; `places`: start and end of each line, one after the other;
    the others: `KINDS`, `REACH` and `SECONDS`.
    """
    found = np.empty(len(places) // 2, np.int64)
    count = 0
    for i in range(len(found)):
        found[count] = i
        count += _may_match(codes[places[2 * i] : places[2 * i + 1]], kinds, reach, seconds)
    return found[:count]


@native
def _may_match(
    line: NDArray[np.uint32],
    kinds: NDArray[np.uint8],
    reach: NDArray[np.int16],
    seconds: NDArray[np.uint8],
) -> bool:
    at = 0
    while at < min(len(line), MOST_SIGNS) and _kind_of(line[at], kinds) == _SIGN:
        at += 1
    end, key = _read_word(line, kinds, at, BASIS_64, _UNDERSCORE)
    if end < 0:
        return True
    if end == at or len(line) > reach[key % np.uint64(_NEAR)]:
        return False
    if seconds[key % np.uint64(_FAR)] & _IS_OPEN:
        return True
    at = end
    while at < len(line) and _kind_of(line[at], kinds) < _LETTER:
        at += 1
    end, key = _read_word(line, kinds, at, (key ^ np.uint64(_GAP)) * PRIME_64, _LETTER)
    return bool(end < 0 or seconds[key % np.uint64(_FAR)] & _IS_PAIR)


@native
def _read_word(
    line: NDArray[np.uint32], kinds: NDArray[np.uint8], at: int, key: np.uint64, lowest: int
) -> tuple[int, np.uint64]:
    """(where a word of such kinds or higher ends, -1 where that is unsure; its hash after `key`).

    A number counts as `#`, and so does all that begins with one.
    """
    is_number = at < len(line) and _kind_of(line[at], kinds) == _DIGIT
    if is_number:
        key = (key ^ np.uint64(_NUMBER)) * PRIME_64
    end = at
    while end < min(len(line), at + LONGEST_WORD):
        code, kind = line[end], _kind_of(line[end], kinds)
        if kind == _UNSURE:
            return -1, key
        if kind < lowest:
            break
        if not is_number:
            small = code + np.uint32(_CAPITAL) if ord("A") <= code <= ord("Z") else code
            key = (key ^ np.uint64(small)) * PRIME_64
        end += 1
    return end, key


@native
def _kind_of(code: np.uint32, kinds: NDArray[np.uint8]) -> int:
    return int(kinds[min(code, np.uint32(_BEYOND))])
