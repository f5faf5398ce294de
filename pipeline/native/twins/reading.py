"""Counts of a text for the checks: the twin of `src/reading.c`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from pipeline.native.bits import (
    AFTER_END,
    AFTER_WIDE_END,
    BROKEN_OFF,
    BULLET,
    BULLETED,
    CAPITAL,
    CASELESS,
    CLASSES,
    CLOSER,
    DECIMAL,
    END,
    ENDED,
    FIGURE,
    GAPPED,
    HEADLINE,
    KIND_BITS,
    KINDS,
    LINE_BITS,
    LONGEST_HEADLINE,
    LONGEST_RUN,
    NUMERIC,
    PLANES,
    ROW,
    ROW_DIGITS,
    ROW_END,
    SCRIPT_BITS,
    SCRIPT_SHIFT,
    SCRIPTS,
    SHORTEST_HEADLINE,
    SMALL,
    SPACED_BULLET,
    SYMBOL_MARK,
    TABLE_SIZE,
    TOP_RUN,
    WHITE,
    WIDE_END,
    WORD_BITS,
    WORD_SHIFT,
)

Table = bytes | memoryview

# A letter for the role of each character in words, and the pattern of a word in these letters.
_PARTS = "-pamb---"
_WORD = re.compile("[pm]+|[ab][mb]*")
# The same for sentences: (n)arrow or (w)ide end mark, white (s)pace, closers that belong to the
# sentence after (N)arrow marks, after (W)ide ones or after (b)oth. A run of narrow marks ends a
# sentence only before white space.
_SENTENCE = re.compile("w++[bW]*+|(?<!n)n++[bN]*+(?=s|\\Z)")
_ELLIPSES = ("...", "\N{HORIZONTAL ELLIPSIS}", "[...]", "[\N{HORIZONTAL ELLIPSIS}]")

Counts = tuple[list[int], list[int], bytes, int, int, int, list[int], bytes, int, int, list[int]]
Traits = Callable[[str], int]


def read_text(text: str, table: Table) -> Counts:
    """Returns the counts of a text; `table` is that of `pipeline.traits`.

    The counts: characters by kind; letters by script; a key of 8 bytes for each word, the same in
    every process; words; words of numerals only; distinct words; by length up to 10 the words in
    repeated runs (see `_count_runs`); the bits of each line that is not blank, one byte each;
    sentences; hash signs and ellipses; the lines with each bit, ENDED first. Raises ValueError
    for another table.
    """
    traits = traits_of(bytes(table))
    classes = Counter(map(traits, text))
    kinds, scripts = [0] * KINDS, [0] * SCRIPTS
    for found, count in classes.items():
        kinds[found & KIND_BITS] += count
        if found & KIND_BITS in {SMALL, CAPITAL, CASELESS}:
            scripts[found >> SCRIPT_SHIFT & SCRIPT_BITS] += count
    parts = "".join(_PARTS[traits(char) >> WORD_SHIFT & WORD_BITS] for char in text)
    words = [text[slice(*found.span())] for found in _WORD.finditer(parts)]
    distinct, runs = _count_runs(words)
    lines = [line for line in map(str.lstrip, text.split("\n")) if line]
    bits = bytes(_bits(line, traits) for line in lines)
    ends = len(_SENTENCE.findall("".join(_sign(traits(char)) for char in text)))
    is_ended = ends > 0 and _final(lines[-1], traits) & END != 0
    return (
        kinds,
        scripts,
        b"".join(map(_key, words)),
        len(words),
        sum(all(traits(char) & NUMERIC for char in word) for word in words),
        distinct,
        runs,
        bits,
        ends + (len(lines) > 0 and not is_ended),  # text after the last end mark is a sentence too
        sum(traits(char) & SYMBOL_MARK != 0 for char in text) + text.count("..."),
        [sum(found >> bit & 1 for found in bits) for bit in range(LINE_BITS)],
    )


def count_among(keys: bytes, wanted: bytes) -> int:
    """Returns how many of the `wanted` keys, all different, are among `keys`; 8 bytes each.

    Raises ValueError if a key is truncated.
    """
    if len(keys) % 8 or len(wanted) % 8:
        raise ValueError("keys have 8 bytes each")
    return len({*memoryview(keys).cast("Q")} & {*memoryview(wanted).cast("Q")})


class _Table(dict[str, int]):
    """The traits of characters, each looked up in the table once."""

    def __init__(self, table: bytes) -> None:
        if len(table) != TABLE_SIZE:
            raise ValueError(f"a table of traits has {TABLE_SIZE} bytes")
        self._of_class = memoryview(table)[: 4 * CLASSES].cast("I")
        self._classes = table[4 * CLASSES :]

    def __missing__(self, char: str) -> int:
        code = ord(char)
        if code >= PLANES:
            is_selector = 0xE0100 <= code < 0xE01F0
            code = PLANES + (0 if code < 0x40000 else 1 if is_selector else 2)
        self[char] = found = self._of_class[self._classes[code]]
        return found


@lru_cache(maxsize=2)
def traits_of(table: bytes) -> Traits:
    """Returns the function from a character to its traits in the table."""
    return _Table(table).__getitem__


def _key(word: str) -> bytes:
    """Returns FNV-1a of the word's code points."""
    key = 0xCBF29CE484222325
    for char in word:
        key = (key ^ ord(char)) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return key.to_bytes(8, "little")


def _count_runs(words: Sequence[str]) -> tuple[int, list[int]]:
    """Returns the number of distinct words, and by length the words in repeated runs.

    For runs of 2 to 4 words: the words in all occurrences of the most frequent run, overlaps
    counted twice; for 5 to 10 words: the words in runs that occurred before.
    """
    found = [0] * (LONGEST_RUN + 1)
    for size in range(2, LONGEST_RUN + 1):
        runs = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
        times = Counter(runs)
        most = max(times.values(), default=0)
        if most <= 1:
            break
        if size <= TOP_RUN:
            found[size] = most * size
            continue
        seen: set[tuple[str, ...]] = set()
        covered: set[int] = set()
        for at, run in enumerate(runs):
            if run in seen:
                covered.update(range(at, at + size))
            seen.add(run)
        found[size] = len(covered)
    return len(set(words)), found


def _bits(line: str, traits: Traits) -> int:
    """Returns the bits of a line, whose leading white space is removed already."""
    is_gapped = "\t" in line or "  " in line or "|" in line
    line = line.rstrip()
    is_ended = _final(line, traits) & END != 0
    begins, ends = traits(line[0]), traits(line[-1])
    digits = sum(traits(char) & DECIMAL != 0 for char in line)
    is_row = begins & FIGURE or ends & (FIGURE | ROW_END)
    is_listed = begins & BULLET or (begins & SPACED_BULLET and line[1:2] == " ")
    return (
        ENDED * is_ended
        | HEADLINE * (not is_ended and SHORTEST_HEADLINE <= len(line) <= LONGEST_HEADLINE)
        | ROW * bool(is_row and digits > ROW_DIGITS * len(line))
        | BULLETED * bool(is_listed)
        | BROKEN_OFF * line.endswith(_ELLIPSES)
        | GAPPED * is_gapped
    )


def _final(line: str, traits: Traits) -> int:
    """Returns the traits of the last character that is neither white space nor a closer."""
    found = (traits(char) for char in reversed(line))
    return next((one for one in found if not one & (CLOSER | WHITE)), 0)


def _sign(traits: int) -> str:
    """Returns a character's letter in `_SENTENCE`."""
    if traits & END:
        return "w" if traits & WIDE_END else "n"
    if traits & WHITE:
        return "s"
    return "-NWb"[(traits & AFTER_END != 0) + 2 * (traits & AFTER_WIDE_END != 0)]
