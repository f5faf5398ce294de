"""What each code point is, as one table of signs, so that a text is read in one pass.

A sign has a kind, the script of a letter, what it is to a word, and one bit for each thing that
lines and sentences ask of it. Sources: the general category of the Unicode Character Database
(the `unicodedata` of the running Python), the blocks of Blocks.txt, and `pipeline.text`.
"""

from __future__ import annotations

import sys
import unicodedata
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from pipeline import text

(
    OTHER,
    BLANK,
    SMALL,
    CAPITAL,
    CASELESS,
    MARK,
    DIGIT,
    PUNCTUATION,
    SYMBOL,
    BROKEN,
    UNDERSCORE,
) = range(11)
KINDS = 11

# First code point of a run of blocks of one script; the run ends where the next begins.
_SCRIPTS = (
    (0x0000, "Latin"),
    (0x0370, "Greek"),
    (0x0400, "Cyrillic"),
    (0x0530, "Armenian"),
    (0x0590, "Hebrew"),
    (0x0600, "Arabic"),
    (0x0900, "Indic"),  # Devanagari to Sinhala: neighbours share letters in loan words
    (0x0E00, "Thai"),
    (0x0E80, "Lao"),
    (0x0F00, "Tibetan"),
    (0x1000, "Burmese"),
    (0x10A0, "Georgian"),
    (0x1100, "Hangul"),
    (0x1200, "Ethiopic"),
    (0x1380, "Ethiopic"),
    (0x13A0, "Other"),
    (0x1780, "Khmer"),
    (0x1800, "Other"),
    (0x1E00, "Latin"),
    (0x1F00, "Greek"),
    (0x2000, "Latin"),
    (0x2C60, "Latin"),
    (0x2C80, "Other"),
    (0x2D80, "Ethiopic"),
    (0x2DE0, "Cyrillic"),
    (0x2E80, "Han"),  # with kana: Japanese mixes them in every word
    (0x3130, "Hangul"),
    (0x3190, "Han"),
    (0xA000, "Other"),
    (0xA640, "Cyrillic"),
    (0xA6A0, "Other"),
    (0xA720, "Latin"),
    (0xA800, "Other"),
    (0xA8E0, "Indic"),
    (0xA900, "Other"),
    (0xAB00, "Ethiopic"),
    (0xAB30, "Latin"),
    (0xABC0, "Other"),
    (0xAC00, "Hangul"),
    (0xD800, "Other"),
    (0xF900, "Han"),
    (0xFB00, "Latin"),
    (0xFB1D, "Hebrew"),
    (0xFB50, "Arabic"),
    (0xFE00, "Other"),
    (0xFE70, "Arabic"),
    (0xFF00, "Latin"),
    (0xFF66, "Han"),
    (0xFFA0, "Hangul"),
    (0xFFE0, "Other"),
)
_STARTS = [start for start, _ in _SCRIPTS]
SCRIPTS = tuple(dict.fromkeys(name for _, name in _SCRIPTS))
KNOWN = 0x20000  # code points from here on count as caseless letters of script "Other"

# A sign, bit by bit: kind, script, part of a word, then one bit each.
KIND_BITS = 0xF
SCRIPT_SHIFT, SCRIPT_BITS = 4, 0x1F0
WORD_SHIFT, WORD_BITS = 9, 0x7
NUMERIC = 1 << 12  # str.isnumeric
DECIMAL = 1 << 13  # str.isdecimal
FIGURE = 1 << 14  # str.isdigit
WHITE = 1 << 15  # of kind BLANK, which is str.isspace
END = 1 << 16  # ends a sentence, see `text.ends_sentence`
WIDE_END = 1 << 17  # does so without white space after it
AFTER_END = 1 << 18  # belongs to the sentence that ended before it
AFTER_WIDE_END = 1 << 19
CLOSER = 1 << 20  # set aside at the end of a line
BULLET = 1 << 21
SPACED_BULLET = 1 << 22  # a bullet where a space follows
ROW_END = 1 << 23  # ends a row of a table, like a figure
SYMBOL_MARK = 1 << 24  # a hash sign or an ellipsis
BAR = 1 << 25  # may part the columns of a table

_CHARACTERS = {
    BULLET: "\N{BULLET}\N{BLACK SQUARE}\N{TRIANGULAR BULLET}",
    SPACED_BULLET: "-*\N{EN DASH}",
    ROW_END: "%)",
    SYMBOL_MARK: "#\N{HORIZONTAL ELLIPSIS}",
    BAR: "|",
}
_KIND_OF_CATEGORY = {
    "Lu": CAPITAL,
    "Lt": CAPITAL,
    "Ll": SMALL,
    "Lo": CASELESS,
    "Lm": CASELESS,
    "Zs": BLANK,
    "Zl": BLANK,
    "Zp": BLANK,
    "Cc": BROKEN,
    "Co": BROKEN,
    "Cs": BROKEN,
    "Cn": OTHER,  # an emoji of a later Unicode than this Python's
    "Cf": OTHER,
}
_KIND_OF_GROUP = {"M": MARK, "N": DIGIT, "P": PUNCTUATION, "S": SYMBOL}


def _kind(char: str) -> int:
    if char in "\t\n\r\f\v\x1c\x1d\x1e\x1f\x85":
        return BLANK
    if char in "\N{REPLACEMENT CHARACTER}\ufffe\uffff":
        return BROKEN
    if char == "_":
        return UNDERSCORE
    category = unicodedata.category(char)
    if category in _KIND_OF_CATEGORY:
        return _KIND_OF_CATEGORY[category]
    return _KIND_OF_GROUP[category[0]]


def _script(point: int, kind: int) -> int:
    if kind not in (SMALL, CAPITAL, CASELESS):
        return 0
    name = "Other" if point > 0xFFFF else _SCRIPTS[bisect_right(_STARTS, point) - 1][1]
    return SCRIPTS.index(name)


def _traits(char: str, kind: int) -> int:
    if kind in (DIGIT, CASELESS):
        return NUMERIC * char.isnumeric() | DECIMAL * char.isdecimal() | FIGURE * char.isdigit()
    if kind in (PUNCTUATION, UNDERSCORE):
        return _traits_of_end(char)
    return WHITE if kind == BLANK else 0


def _traits_of_end(char: str) -> int:
    """What `pipeline.text` makes of a character at the end of a sentence or a line."""
    if text.ends_sentence(char):
        return END | (WIDE_END if text.sentences(char + "a")[0] == (0, 1) else 0)
    return (
        (CLOSER if text.ends_sentence("." + char) else 0)
        | (AFTER_END if text.sentences(f".{char} a")[0] == (0, 2) else 0)
        | (AFTER_WIDE_END if text.sentences(f"\u3002{char}a")[0] == (0, 2) else 0)
    )


def _sign(point: int) -> int:
    char = chr(point)
    kind = _kind(char)
    return kind | _script(point, kind) << SCRIPT_SHIFT | _traits(char, kind)


def _signs() -> NDArray[np.uint32]:
    signs = np.empty(sys.maxunicode + 1, np.uint32)
    signs[:KNOWN] = [*map(_sign, range(KNOWN))]
    signs[KNOWN:] = CASELESS | SCRIPTS.index("Other") << SCRIPT_SHIFT
    for trait, chars in _CHARACTERS.items():
        signs[[*map(ord, chars)]] |= np.uint32(trait)
    parts = text.WORD_PARTS.take(np.arange(len(signs)), mode="clip").astype(np.uint32)
    return signs | parts << np.uint32(WORD_SHIFT)


# uint32, shape (0x110000,): the sign of each code point.
SIGNS: NDArray[np.uint32] = _signs()
# The kinds that make up words as `text.words` sees them in scripts with spaces.
WORD_KINDS = (SMALL, CAPITAL, CASELESS, MARK, DIGIT, UNDERSCORE)
# Scripts without spaces between words, as indices of `SCRIPTS`.
UNSPACED = tuple(map(SCRIPTS.index, ("Han", "Thai", "Lao", "Burmese", "Khmer")))
