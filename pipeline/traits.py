"""Traits of code points for the checks: kind, script, and role in words, lines and sentences.

`native.read_text` uses the table. Sources: the general category of the Unicode Character
Database (the `unicodedata` of the running Python), the blocks of Blocks.txt, and `pipeline.text`.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_right

from pipeline import text
from pipeline.native import codepoints
from pipeline.native.bits import (
    AFTER_END,
    AFTER_WIDE_END,
    BAR,
    BLANK,
    BROKEN,
    BULLET,
    CAPITAL,
    CASELESS,
    CLASSES,
    CLOSER,
    DECIMAL,
    DIGIT,
    END,
    FIGURE,
    MARK,
    NUMERIC,
    OTHER,
    PLANES,
    PUNCTUATION,
    ROW_END,
    SCRIPT_SHIFT,
    SMALL,
    SPACED_BULLET,
    SYMBOL,
    SYMBOL_MARK,
    UNDERSCORE,
    WHITE,
    WIDE_END,
    WORD_SHIFT,
)
from pipeline.native.tables import stored

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
# Scripts without spaces between words, as indices of `SCRIPTS`.
UNSPACED = tuple(map(SCRIPTS.index, ("Han", "Thai", "Lao", "Burmese", "Khmer")))
# The kinds that make up words as `text.words` sees them in scripts with spaces.
WORD_KINDS = (SMALL, CAPITAL, CASELESS, MARK, DIGIT, UNDERSCORE)

_CHARACTERS = {
    "\N{BULLET}\N{BLACK SQUARE}\N{TRIANGULAR BULLET}": BULLET,
    "-*\N{EN DASH}": SPACED_BULLET,
    "%)": ROW_END,
    "#\N{HORIZONTAL ELLIPSIS}": SYMBOL_MARK,
    "|": BAR,
}
_ONE_BY_ONE = {char: trait for chars, trait in _CHARACTERS.items() for char in chars}
_KIND_OF_CHARACTER = {
    **dict.fromkeys("\t\n\r\f\v\x1c\x1d\x1e\x1f\x85", BLANK),
    **dict.fromkeys("\N{REPLACEMENT CHARACTER}\ufffe\uffff", BROKEN),
    "_": UNDERSCORE,
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
    **dict.fromkeys(("Mn", "Mc", "Me"), MARK),
    **dict.fromkeys(("Nd", "Nl", "No"), DIGIT),
    **dict.fromkeys(("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"), PUNCTUATION),
    **dict.fromkeys(("Sm", "Sc", "Sk", "So"), SYMBOL),
}
_LETTERS = (SMALL, CAPITAL, CASELESS)


@stored("traits", __file__, text.__file__, codepoints.__file__)
def table() -> bytes:
    """Returns the table of traits, laid out as `native.bits` says."""
    parts = codepoints.kinds()
    beyond = CASELESS | SCRIPTS.index("Other") << SCRIPT_SHIFT
    traits = [_traits(point) | parts[point] << WORD_SHIFT for point in range(PLANES)]
    traits += [beyond | parts[point] << WORD_SHIFT for point in (PLANES, 0xE0100, 0x10FFFF)]
    classes = {found: number for number, found in enumerate(sorted({*traits}))}
    of_classes = array("I", [*classes, *[0] * (CLASSES - len(classes))])
    return of_classes.tobytes() + bytes(map(classes.__getitem__, traits))


def _traits(point: int) -> int:
    """Returns all traits of a code point but its part in words."""
    char = chr(point)
    kind = _KIND_OF_CHARACTER.get(char) or _KIND_OF_CATEGORY[unicodedata.category(char)]
    found = kind | _ONE_BY_ONE.get(char, 0)
    if kind in _LETTERS:
        found |= _script(point) << SCRIPT_SHIFT
    if kind in {DIGIT, CASELESS}:
        found |= NUMERIC * char.isnumeric() | DECIMAL * char.isdecimal() | FIGURE * char.isdigit()
    elif kind in {PUNCTUATION, UNDERSCORE}:
        found |= _traits_of_end(char)
    elif kind == BLANK:
        found |= WHITE
    return found


def _script(point: int) -> int:
    name = "Other" if point > 0xFFFF else _SCRIPTS[bisect_right(_STARTS, point) - 1][1]
    return SCRIPTS.index(name)


def _traits_of_end(char: str) -> int:
    """Returns what `pipeline.text` makes of a character at the end of a sentence or a line."""
    if text.ends_sentence(char):
        return END | (WIDE_END if text.sentences(char + "a")[0] == (0, 1) else 0)
    return (
        (CLOSER if text.ends_sentence("." + char) else 0)
        | (AFTER_END if text.sentences(f".{char} a")[0] == (0, 2) else 0)
        | (AFTER_WIDE_END if text.sentences(f"\u3002{char}a")[0] == (0, 2) else 0)
    )
