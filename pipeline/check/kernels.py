"""A text read in native passes over its code points: characters, words, lines, runs of words.

Compiled by numba at first use and kept beside this file, or in the user's cache folder. The
bits of a sign, which say what a code point is, are those of `alphabet.SIGNS`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.check.alphabet import (
    AFTER_END,
    AFTER_WIDE_END,
    BAR,
    BULLET,
    CASELESS,
    CLOSER,
    DECIMAL,
    END,
    FIGURE,
    KIND_BITS,
    KINDS,
    NUMERIC,
    ROW_END,
    SCRIPT_BITS,
    SCRIPT_SHIFT,
    SCRIPTS,
    SMALL,
    SPACED_BULLET,
    SYMBOL_MARK,
    WHITE,
    WIDE_END,
    WORD_BITS,
    WORD_SHIFT,
)
from pipeline.fnv import BASIS_64, PRIME_64
from pipeline.jit import native
from pipeline.squeeze import ALONE, ALONE_MARK, MARK, NONE, PART

# What a line is, as bits.
ENDED, HEADLINE, ROW, BULLETED, BROKEN_OFF, GAPPED = 1, 2, 4, 8, 16, 32

TOP_SIZES = (2, 3, 4)
LONGEST_RUN = 10  # words

# A headline in a list: longer than a menu entry, shorter than a paragraph; in characters.
_SHORTEST_HEADLINE, _LONGEST_HEADLINE = 25, 160
# Digits that make a line a row of a table: figures and units, hardly a word between them.
_ROW_DIGITS = 0.25

_BREAK, _TAB, _SPACE, _BAR, _DOT, _OPEN, _CLOSE = map(ord, "\n\t |.[]")
_DOTS = 3  # make an ellipsis
_ELLIPSIS = ord("\N{HORIZONTAL ELLIPSIS}")
_SCRIPTS = len(SCRIPTS)
# All other signs are letters to a line.
_SPECIAL = CLOSER | END | DECIMAL | SYMBOL_MARK | BAR
# Odd constants to mix by: the multiplier of Knuth's MMIX generator, 2 ** 64 / golden ratio.
_MIX, _GOLDEN = np.uint64(6364136223846793005), np.uint64(11400714819323198485)
_ONE = np.uint64(1)


@native
def read_words(
    codes: NDArray[np.uint32], signs: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64], int]:
    """(characters by kind, letters by script, a key for each word, words that are numbers).

    `codes`: the text in UTF-32. Equal words have equal keys, in every process. What a word is
    says `pipeline.text`; a number is a word of numerals only, like `str.isnumeric`.
    """
    # Two counters, used in turn: one alone would wait for itself at each of a run of letters.
    classes = np.zeros((2, (KIND_BITS | SCRIPT_BITS) + 1), np.int64)
    keys = np.empty(len(codes), np.uint64)
    words = numbers = 0
    before = NONE  # the kind of word that the character before belongs to
    key, numeric = BASIS_64, np.uint32(0)
    for i in range(len(codes)):
        code = codes[i]
        sign = signs[code]
        classes[i & 1, sign & (KIND_BITS | SCRIPT_BITS)] += 1
        part = (sign >> WORD_SHIFT) & WORD_BITS
        goes_on = before != NONE and (
            part == MARK
            or (part == PART and before == PART)
            or (part == ALONE_MARK and before == ALONE)
        )
        if not goes_on:
            if before != NONE:
                keys[words] = key
                words += 1
                numbers += numeric != 0
            if part == NONE:
                before = NONE
                continue
            before = PART if part in (PART, MARK) else ALONE
            key, numeric = BASIS_64, np.uint32(NUMERIC)
        key = (key ^ np.uint64(code)) * PRIME_64
        numeric &= sign
    if before != NONE:
        keys[words] = key
        words += 1
        numbers += numeric != 0
    kinds, scripts = _by_kind_and_script(classes[0] + classes[1])
    return kinds, scripts, keys[:words].copy(), int(numbers)


@native
def _by_kind_and_script(
    classes: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    kinds = np.zeros(KINDS, np.int64)
    scripts = np.zeros(_SCRIPTS, np.int64)
    for i in range(len(classes)):
        if classes[i]:
            kinds[i & KIND_BITS] += classes[i]
            if SMALL <= i & KIND_BITS <= CASELESS:
                scripts[i >> SCRIPT_SHIFT] += classes[i]
    return kinds, scripts


@native
def read_lines(  # noqa: C901 - one pass, one loop
    codes: NDArray[np.uint32], signs: NDArray[np.uint32]
) -> tuple[NDArray[np.uint8], int, int]:
    """(what each line is, sentences, hash signs and ellipses); blank lines are left out.

    A line has the bits ENDED: ends like a sentence, closing quotes and brackets set aside;
    HEADLINE: as long as one, and not ENDED; ROW: begins or ends with a figure and has many;
    BULLETED: begins with a bullet; BROKEN_OFF: ends in an ellipsis; GAPPED: holds a tab, a bar
    or two spaces in a row. Sentences are those of `text.count_sentences`.
    """
    lines = np.empty(1 + len(codes) // 2, np.uint8)
    count = ends = digits = symbols = dots = 0
    first = tail = -1  # places of the line's first and last character that is not white space
    final = np.uint32(0)  # the sign of its last character that is not a closer either
    gapped = False  # so far, from the line's first character on
    resume = 0  # no sentence ends before this place
    closing = np.uint32(0)  # the sign of the text's last character that is not a closer
    for i in range(len(codes) + 1):
        if i == len(codes) or codes[i] == _BREAK:
            if first >= 0:
                found = _line(codes[first : tail + 1], signs, final, digits)
                lines[count] = found | (GAPPED if gapped else 0)
                count += 1
                closing = final
            first, digits, dots, final, gapped = -1, 0, 0, np.uint32(0), False
            continue
        sign = signs[codes[i]]
        if sign & WHITE:
            dots = 0
            gapped |= first >= 0 and (codes[i] == _TAB or (codes[i - 1] == _SPACE == codes[i]))
            continue
        if first < 0:
            first = i
        tail = i
        if not sign & _SPECIAL:
            final = sign
            dots = 0
            continue
        if not sign & CLOSER:
            final = sign
        gapped |= codes[i] == _BAR
        dots = dots + 1 if codes[i] == _DOT else 0
        if sign & SYMBOL_MARK or dots == _DOTS:
            symbols += 1
            dots = 0
        digits += sign & DECIMAL != 0
        if sign & END and i >= resume:
            resume, ended = _after_end(codes, signs, i)
            ends += ended
    if count and not (ends and closing & END):
        ends += 1
    return lines[:count].copy(), ends, symbols


@native
def _line(
    line: NDArray[np.uint32], signs: NDArray[np.uint32], final: np.uint32, digits: int
) -> int:
    """The bits of a line, all but GAPPED; white space around it is cut off."""
    size = len(line)
    begins, ends = signs[line[0]], signs[line[-1]]
    found = 0
    if final & END:
        found |= ENDED
    elif _SHORTEST_HEADLINE <= size <= _LONGEST_HEADLINE:
        found |= HEADLINE
    if (begins & FIGURE or ends & (FIGURE | ROW_END)) and digits > _ROW_DIGITS * size:
        found |= ROW
    if begins & BULLET or (begins & SPACED_BULLET and size > 1 and line[1] == _SPACE):
        found |= BULLETED
    return found | (BROKEN_OFF if _ends_in_ellipsis(line) else 0)


@native
def _ends_in_ellipsis(line: NDArray[np.uint32]) -> bool:
    """Whether an ellipsis is the last sign, or the last in square brackets."""
    size = len(line)
    bracket = line[-1] == _CLOSE
    end = size - 1 if bracket else size
    start = end
    while start > 0 and end - start < _DOTS and line[start - 1] == _DOT:
        start -= 1
    if start == end and end > 0 and line[end - 1] == _ELLIPSIS:
        start -= 1
    elif end - start < _DOTS:
        return False
    return not bracket or (start > 0 and line[start - 1] == _OPEN)


@native
def _after_end(codes: NDArray[np.uint32], signs: NDArray[np.uint32], at: int) -> tuple[int, bool]:
    """(where to go on, whether a sentence ends here) for an end mark at `at`.

    Marks that are as wide as their script's letters end one by themselves, others only before
    white space.
    """
    size = len(codes)
    wide = signs[codes[at]] & WIDE_END
    after = AFTER_WIDE_END if wide else AFTER_END
    stop = at + 1
    while stop < size and signs[codes[stop]] & END and signs[codes[stop]] & WIDE_END == wide:
        stop += 1
    end = stop
    while end < size and signs[codes[end]] & after:
        end += 1
    if wide or end == size or signs[codes[end]] & WHITE:
        return end, True
    return stop, False


@native
def count_runs(  # noqa: C901 - one table for all lengths
    keys: NDArray[np.uint64],
) -> tuple[int, NDArray[np.int64]]:
    """(distinct words, words in runs that come again by the length of the run, 0 to 10).

    For runs of 2 to 4 words, of `TOP_SIZES`: how many words the most frequent one stands for,
    overlaps counted twice; for 5 to 10: how many words stand in runs that stand further up
    already. `keys`: one number for each word. A run that comes again begins with a shorter
    one that does, so each length looks only at the places the one before left.
    """
    found = np.zeros(LONGEST_RUN + 1, np.int64)
    words = len(keys)
    bits = 4
    while 1 << bits < 2 * words:
        bits += 1
    shift, mask = np.uint64(64 - bits), np.uint64((1 << bits) - 1)
    slots = np.empty(1 << bits, np.uint64)  # an open table of runs
    used = np.zeros(1 << bits, np.uint8)  # the length for which the slot was filled
    origin = np.empty(1 << bits, np.int64)  # where that run stands first
    times = np.empty(1 << bits, np.int64)
    runs = np.zeros(words, np.uint64)
    comes_again = np.zeros(words, np.uint8)  # the longest run from here that does
    places = np.arange(words)
    left = words
    distinct = 0
    for size in range(1, LONGEST_RUN + 1):
        most, covered, end, fresh = 1, 0, 0, 0
        for i in range(left):
            place = places[i]
            run = runs[place] * _MIX + keys[place + size - 1]
            runs[place] = run
            slot = (run * _GOLDEN) >> shift
            while used[slot] == size and slots[slot] != run:
                slot = (slot + _ONE) & mask
            if used[slot] != size:
                used[slot], slots[slot], origin[slot], times[slot] = size, run, place, 1
                fresh += 1
                continue
            times[slot] += 1
            most = max(most, times[slot])
            comes_again[origin[slot]] = comes_again[place] = size
            covered += min(size, place + size - end)
            end = place + size
        if size == 1:
            distinct = fresh
        if most == 1:
            break
        if size > 1:
            found[size] = most * size if size <= TOP_SIZES[-1] else covered
        kept = 0
        for i in range(left):
            place = places[i]
            if comes_again[place] == size and place + size < words:
                places[kept] = place
                kept += 1
        left = kept
    return distinct, found


@native
def count_among(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> int:
    """How many of the `wanted` keys, all different, stand among `keys`."""
    bits = 6
    while 1 << bits < 4 * len(wanted):
        bits += 1
    shift, mask = np.uint64(64 - bits), np.uint64((1 << bits) - 1)
    slots = np.full(1 << bits, -1)  # an open table of indices of `wanted`
    for i in range(len(wanted)):
        slot = (wanted[i] * _GOLDEN) >> shift
        while slots[slot] >= 0:
            slot = (slot + _ONE) & mask
        slots[slot] = i
    found = np.zeros(len(wanted), np.bool_)
    for key in keys:
        slot = (key * _GOLDEN) >> shift
        while slots[slot] >= 0:
            if wanted[slots[slot]] == key:
                found[slots[slot]] = True
                break
            slot = (slot + _ONE) & mask
    return int(found.sum())
