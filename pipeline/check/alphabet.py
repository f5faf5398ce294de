"""What kind of character each code point is, as one table, so that a text is read in one step.

A class number is `kind + KINDS * script`; only letters carry a script. Sources: the general
category of the Unicode Character Database (the `unicodedata` of the running Python) and the
blocks of Blocks.txt.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

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
CLASSES = KINDS * len(SCRIPTS)
KNOWN = 0x20000  # code points from here on count as caseless letters of script "Other"

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


def _class(point: int) -> int:
    kind = _kind(chr(point))
    if kind not in (SMALL, CAPITAL, CASELESS):
        return kind
    name = "Other" if point > 0xFFFF else _SCRIPTS[bisect_right(_STARTS, point) - 1][1]
    return kind + KINDS * SCRIPTS.index(name)


# The last cell stands for everything beyond the table.
CLASS_OF: NDArray[np.uint8] = np.fromiter(
    (*map(_class, range(KNOWN)), CASELESS + KINDS * SCRIPTS.index("Other")), np.uint8, KNOWN + 1
)
# The kinds that make up words as `text.words` sees them in scripts with spaces.
WORD_KINDS = (SMALL, CAPITAL, CASELESS, MARK, DIGIT, UNDERSCORE)
# Scripts without spaces between words.
UNSPACED = ("Han", "Thai", "Lao", "Burmese", "Khmer")


def letters_of(script: int) -> slice:
    """Where the letter classes of the script with this index stand among all classes."""
    return slice(script * KINDS + SMALL, script * KINDS + CASELESS + 1)
