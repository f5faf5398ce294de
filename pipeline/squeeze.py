"""Text to words in UTF-8, joined by one space: one native pass over the code points.

Compiled by numba at first use and kept beside this file, or in the user's cache folder.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.jit import native, native_or, store_word

# What a code point is to a word. NONE is 0 and PART is 1: `squeeze` counts with them.
NONE = 0  # no part of one
PART = 1  # of a word that stands between spaces
ALONE = 2  # a word by itself: a character of an unspaced script
MARK = 3  # belongs to the character before it, else begins a word
ALONE_MARK = 4  # the same in an unspaced script: else a word by itself
BREAK = 5  # ends a line
EXPANDED = 6  # stands for several code points: a row of a table of its own

# A cell says all that `squeeze` needs of a code point: up to four bytes of UTF-8 in its lower
# half, the first the lowest; above, how many; above that, the kind. Of what is no part of a word
# they are one space and 0: it is written, and stays behind a word. Of an expanded one the lower
# half is its row.
_LENGTH, _KIND = np.uint64(32), np.uint64(36)
_BITS, _LOW = np.uint64(7), np.uint64(0xFFFFFFFF)
PLANES = 0x20000  # code points with a cell; beyond are Han, variation selectors, and no words

# A code point takes at most a space and three others of two bytes each.
_WIDEST = 7
PADDING = 64  # bytes behind the words that may be read without harm

_SPACE, _NEWLINE = np.uint8(0x20), np.uint8(0x0A)
_NO, _ONE = np.uint64(0), np.uint64(1)


def cells(
    codes: NDArray[np.uint32], kinds: NDArray[np.uint8], lines: NDArray[np.bool_]
) -> NDArray[np.uint64]:
    """The cell of each code point up to `PLANES`.

    `codes`: what stands for it, itself or its fold, or a row where its kind is EXPANDED; `kinds`:
    the kind of that; `lines`: whether it ends a line.
    """
    code, kind = codes.astype(np.uint64), np.where(lines, BREAK, kinds).astype(np.uint64)
    is_row = kind == EXPANDED
    packed, length = utf8(np.where(is_row, 0, code).astype(np.uint64))
    has_none = (kind == NONE) | (kind == BREAK)
    length[has_none], packed[has_none] = 0, _SPACE
    packed[is_row] = code[is_row]
    packed |= length << _LENGTH | kind << _KIND
    return packed


def utf8(code: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """(bytes of UTF-8, the first the lowest; how many) of code points."""
    six = np.uint64(6)
    tail, rest = code & np.uint64(0x3F) | np.uint64(0x80), code >> six
    packed, length = code.copy(), np.ones_like(code)
    for size, lead in ((2, 0xC0), (3, 0xE0), (4, 0xF0)):
        longer = code >= (0, 0, 0x80, 0x800, 0x10000)[size]
        packed[longer] = (np.uint64(lead) | rest | tail << np.uint64(8))[longer]
        length[longer] = size
        tail, rest = tail << np.uint64(8) | rest & np.uint64(0x3F) | np.uint64(0x80), rest >> six
    return packed, length


def _squeeze_by_numpy(
    codes: NDArray[np.uint32],
    cells: NDArray[np.uint64],
    expansions: NDArray[np.uint32],
    lines: bool,  # noqa: FBT001 - as `squeeze` has it
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """The same as `squeeze`, for where that can't be compiled."""
    found, places = _expand(_look_up(codes, cells), cells, expansions)
    kind = (found >> _KIND).astype(np.uint8)
    begins = _beginnings(kind)
    breaks = (kind == BREAK) & lines
    count = np.cumsum(begins)  # words so far
    # The first word of a line has no space before it.
    begun = count > np.maximum.accumulate(np.where(breaks, count, 0))
    spaced = begins & np.append(False, begun[:-1])
    length = (found >> _LENGTH & _BITS).astype(np.int64)
    ends = np.cumsum(length + spaced + breaks)
    at = ends - length
    size = int(ends[-1]) if len(ends) else 0
    out = np.full(size, _SPACE)
    out[ends[breaks] - 1] = _NEWLINE
    for byte in range(4):
        chosen = length > byte
        out[at[chosen] + byte] = found[chosen] >> np.uint64(8 * byte) & np.uint64(0xFF)
    behind = size + int(len(begun) > 0 and begun[-1])
    starts = np.append(at[begins], behind).astype(np.uint64) << np.uint64(32)
    return out, starts | np.append(places[begins], len(codes)).astype(np.uint64)


def _look_up(codes: NDArray[np.uint32], cells: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The cell of each code point of a text."""
    found = cells[np.minimum(codes, PLANES - 1)]
    far = codes >= PLANES
    found[far] = [*map(_beyond, codes[far])]
    return found


def _expand(
    found: NDArray[np.uint64], cells: NDArray[np.uint64], expansions: NDArray[np.uint32]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """(cells without expanded ones, the place in the text that each is of)."""
    is_row = found >> _KIND == EXPANDED
    parts = cells[expansions[found[is_row] & _LOW]]
    is_part = np.logical_and.accumulate(parts >> _KIND != NONE, axis=1)
    times = np.ones(len(found), np.int64)
    times[is_row] = is_part.sum(axis=1)
    expanded = np.repeat(found, times)
    expanded[np.repeat(is_row, times)] = parts[is_part]
    return expanded, np.repeat(np.arange(len(found)), times)


def _beginnings(kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether a word begins at each character, by what `_begins` and `_joined` say of one."""
    is_mark = kind == MARK
    joined = np.choose(kind, (NONE, PART, ALONE, NONE, ALONE, NONE)).astype(np.uint8)
    last = np.maximum.accumulate(np.where(is_mark, 0, np.arange(len(kind))))
    joined[is_mark] = np.maximum(joined[last], PART)[is_mark]
    before = np.append(np.uint8(NONE), joined[:-1])
    begins: NDArray[np.bool_] = is_mark & (before == NONE) | (kind == PART) & (before != PART)
    begins |= (kind == ALONE) | (kind == ALONE_MARK) & (before != ALONE)
    return begins


@native_or(_squeeze_by_numpy)
def squeeze(
    codes: NDArray[np.uint32],
    cells: NDArray[np.uint64],
    expansions: NDArray[np.uint32],
    lines: bool,  # noqa: FBT001 - kernels take no keywords
) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """(the words in UTF-8, one space between two; where each begins).

    `codes`: the text in UTF-32; `cells`: as of `cells`; `expansions`: up to three code points a
    row; `lines`: whether line breaks stay. A word begins at its upper 32 bits in the bytes, at
    its lower 32 in the text; the last is where one more word would begin.
    """
    out = np.empty(_WIDEST * len(codes) + PADDING, np.uint8)
    starts = np.empty(len(codes) + 1, np.uint64)
    size = count = _NO  # bytes, words
    before = np.uint64(NONE)  # the kind of word that the character before belongs to
    for i in range(np.uint64(len(codes))):
        cell = cells[codes[i]] if codes[i] < PLANES else _beyond(codes[i])
        kind = cell >> _KIND
        if kind <= np.uint64(PART) and before <= np.uint64(PART):
            # Nearly all characters. The word's start and the character, or the space behind a
            # word, are always written, and stay if the counts grow: no branch that a processor
            # guesses wrong at both ends of each word, and a step waits for one addition only.
            starts[count] = size << np.uint64(32) | i
            count += kind & (before ^ _ONE)
            store_word(out, size, np.uint32(cell & _LOW))
            size += (cell >> _LENGTH & _BITS) + (before & (kind ^ _ONE))
            before = kind
        elif kind == np.uint64(NONE):
            out[size] = _SPACE
            size += _ONE
            before = kind
        elif kind == np.uint64(BREAK):
            size = _trimmed(out, size) if lines else size
            out[size] = _NEWLINE if lines else _SPACE
            size += _ONE if lines or before != np.uint64(NONE) else _NO
            before = np.uint64(NONE)
        else:
            for part in range(expansions.shape[1] if kind == np.uint64(EXPANDED) else 1):
                one = cells[expansions[cell & _LOW, part]] if kind == np.uint64(EXPANDED) else cell
                if one >> _KIND == np.uint64(NONE):
                    break  # a row of fewer
                if _begins(one >> _KIND, before):
                    out[size] = _SPACE
                    size += _ONE if before != np.uint64(NONE) else _NO
                    starts[count] = size << np.uint64(32) | i
                    count += _ONE
                store_word(out, size, np.uint32(one & _LOW))
                size += one >> _LENGTH & _BITS
                before = _joined(one >> _KIND, before)
    behind = size if before == np.uint64(NONE) else size + _ONE
    starts[count] = behind << np.uint64(32) | np.uint64(len(codes))
    return out[: _trimmed(out, size)], starts[: count + _ONE]


@native
def _trimmed(out: NDArray[np.uint8], size: np.uint64) -> np.uint64:
    """The size without the space behind the last word, where one was written."""
    return size - _ONE if size > _NO and out[size - _ONE] == _SPACE else size


@native
def _begins(kind: np.uint64, before: np.uint64) -> bool:
    """Whether a character begins a word behind one that belongs to a word of that kind."""
    if kind == np.uint64(MARK):
        return bool(before == np.uint64(NONE))
    if kind == np.uint64(PART):
        return bool(before != np.uint64(PART))
    return bool(kind == np.uint64(ALONE) or before != np.uint64(ALONE))


@native
def _joined(kind: np.uint64, before: np.uint64) -> np.uint64:
    """The kind of word that a character belongs to: a mark to that of the one before it."""
    if kind == np.uint64(MARK):
        return before if before != np.uint64(NONE) else np.uint64(PART)
    return np.uint64(ALONE) if kind == np.uint64(ALONE_MARK) else kind


@native
def _beyond(code: np.uint32) -> np.uint64:
    """The cell of a code point that has none: Han, assigned or not, variation selectors, others."""
    if code < np.uint32(0x40000):
        kind = np.uint64(ALONE)
    elif np.uint32(0xE0100) <= code < np.uint32(0xE01F0):
        kind = np.uint64(MARK)
    else:
        return np.uint64(_SPACE)
    packed = np.uint64(0)
    for left in range(4):
        lead = np.uint32(0xF0) if left == 0 else np.uint32(0x80)
        bits = code >> np.uint32(6 * (3 - left)) & np.uint32(0x3F)
        packed |= np.uint64(lead | bits) << np.uint64(8 * left)
    return packed | np.uint64(4) << _LENGTH | kind << _KIND
