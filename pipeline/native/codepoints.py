"""The role of each code point in words: its kind, its fold, whether it is a digit or a capital.

Two tables for `pipeline.native`, of a cell of 64 bits for each code point of the first two planes:

    bits 0-31   its output, up to four bytes of UTF-8, the first the lowest; a space for what is no
                part of a word; for kind EXPANDED the number of its row of expansions
    bits 32-34  the number of bytes; 0 for what is no part of a word
    bits 36-38  the kind
    bit 39      whether it is a decimal digit
    bits 40-60  the lower case of a capital, else 0

Of the code points beyond, only Han and variation selectors are parts of words.
"""

from __future__ import annotations

import re
from array import array
from unicodedata import category

from pipeline.native.tables import stored

# Kinds. PART is 1 and NONE 0: native code counts words with them.
NONE = 0  # no part of a word
PART = 1  # part of a word of a script with spaces
ALONE = 2  # a word by itself: a character of an unspaced script
MARK = 3  # belongs to the character before it; without one it begins a word
ALONE_MARK = 4  # the same in an unspaced script; without one it is a word by itself
BREAK = 5  # ends a line
EXPANDED = 6  # its fold is several code points, in a row of expansions

PLANES = 0x20000  # code points with a cell
ROW = 3  # code points of a row of expansions, padded with zeros
LENGTH, KIND, DIGIT, SMALL = 32, 36, 39, 40  # the lowest bit of each part of a cell

# Scripts without spaces between words. Source: Script property of Unicode's Scripts.txt.
UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # iteration mark, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)


@stored("kinds", __file__)
def kinds() -> bytes:
    """Returns the kind of each code point, one byte each; line breaks and folds are ignored."""
    found = bytearray(0x110000)
    for point, char in enumerate(map(chr, range(PLANES))):
        if char.isalnum() or char == "_":
            found[point] = PART
        elif category(char)[0] == "M":
            found[point] = MARK
    for run in re.findall(".-.", UNSPACED):
        for point in range(ord(run[0]), min(ord(run[2]) + 1, PLANES)):
            found[point] = ALONE_MARK if category(chr(point))[0] == "M" else ALONE
    found[0x20000:0x40000] = bytes([ALONE]) * 0x20000  # Han, assigned or not
    found[0xE0100:0xE01F0] = bytes([MARK]) * 0xF0  # variation selectors
    return bytes(found)


@stored("as-is", __file__)
def as_is() -> bytes:
    """Returns the cells that write each code point unchanged."""
    cells = array("Q", [ord(" ")]) * PLANES
    for point, kind in enumerate(kinds()[:PLANES]):
        if kind != NONE:
            utf8 = chr(point).encode()
            cells[point] = int.from_bytes(utf8, "little") | len(utf8) << LENGTH | kind << KIND
    cells[ord("\n")] |= BREAK << KIND
    for point, char in enumerate(map(chr, range(PLANES))):
        if char.isdecimal():
            cells[point] |= 1 << DIGIT
        elif category(char) in {"Lu", "Lt"}:
            cells[point] |= ord(char.lower()[0]) << SMALL
    return cells.tobytes()


@stored("folded", __file__)
def folded() -> bytes:
    """Returns the cells that write `str.casefold` of each code point; then the rows of expansions.

    A row is `ROW` code points of 32 bits. The bits for digits and capitals are 0.
    """
    of_all = memoryview(as_is()).cast("Q")
    cells, expansions = array("Q", [cell & (1 << DIGIT) - 1 for cell in of_all]), array("I")
    for point, char in enumerate(map(chr, range(PLANES))):
        fold = char.casefold()
        if len(fold) > 1:
            cells[point] = EXPANDED << KIND | len(expansions) // ROW
            expansions.extend([*map(ord, fold), 0, 0][:ROW])
        elif fold != char:
            cells[point] = cells[ord(fold)]
    return cells.tobytes() + expansions.tobytes()
