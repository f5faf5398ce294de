"""The role of each code point in words: its kind, its fold, whether it is a digit or a capital.

Three tables for `pipeline.native`, of a cell of 64 bits for each code point of the first two
planes:

    bits 0-31   its output, up to four bytes of UTF-8, the first the lowest; a space for what is no
                part of a word; for kind EXPANDED the number of its row of expansions
    bits 32-34  the number of bytes; 0 for what is no part of a word, and for a
                mark that is left out
    bits 36-38  the kind
    bit 39      whether it is a decimal digit
    bits 40-60  the lower case of a capital, else 0

Of the code points beyond, only Han and variation selectors are parts of words.
"""

from __future__ import annotations

import re
from array import array
from unicodedata import category, decimal, normalize

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


# Spellings of one letter that Unicode keeps apart and papers mix, to what they compare as.
_SPELLINGS = {
    "\N{ARABIC LETTER YEH}": "\N{ARABIC LETTER FARSI YEH}",
    "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER FARSI YEH}",
    "\N{ARABIC LETTER KAF}": "\N{ARABIC LETTER KEHEH}",
    "\N{ARABIC LETTER ALEF WITH HAMZA ABOVE}": "\N{ARABIC LETTER ALEF}",
    "\N{ARABIC LETTER ALEF WITH HAMZA BELOW}": "\N{ARABIC LETTER ALEF}",
    "\N{ARABIC LETTER ALEF WITH MADDA ABOVE}": "\N{ARABIC LETTER ALEF}",
    # Kurdish: before Unicode had it, the vowel was typed as heh and a joiner.
    "\N{ARABIC LETTER AE}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER HEH DOACHASHMEE}": "\N{ARABIC LETTER HEH}",
    "\N{DEVANAGARI SIGN CANDRABINDU}": "\N{DEVANAGARI SIGN ANUSVARA}",
    "\N{CYRILLIC SMALL LETTER IO}": "\N{CYRILLIC SMALL LETTER IE}",
    "\N{LATIN SMALL LETTER A WITH DIAERESIS}": "ae",
    "\N{LATIN SMALL LETTER O WITH DIAERESIS}": "oe",
    "\N{LATIN SMALL LETTER U WITH DIAERESIS}": "ue",
}
# What one paper writes and another leaves out: lengthening and vowel signs in Arabic, the dot below
# Devanagari letters, joiners, soft hyphens.
_DROPPED = frozenset(
    "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u093c\u00ad\u200c\u200d"
)
# Forms of a letter for its place in a word, and half and full width.
_FORMS = ((0xFB50, 0xFDFF), (0xFE70, 0xFEFF), (0xFF01, 0xFFEF))
_COMPOSED = ((0x3040, 0x30FF), (0x0958, 0x095F))  # kana; Devanagari with a dot below
_HANGUL = (0xAC00, 0xD7A3)


def compared_spelling(char: str) -> str:
    """Returns what a character compares as: its fold, without the differences of spelling.

    Empty for what compares as nothing. Forms of Arabic letters and widths are NFKC; kana with a
    sound mark are two code points, as in half width. Decimal digits of all scripts are those of
    ASCII.
    """
    point = ord(char)
    if char.isdecimal():
        return str(decimal(char))
    if any(first <= point <= last for first, last in _FORMS):
        char = normalize("NFKC", char)
    if len(char) == 1 and any(first <= ord(char) <= last for first, last in _COMPOSED):
        char = normalize("NFD", char)
    return "".join(_SPELLINGS.get(one, one) for one in char.casefold() if one not in _DROPPED)


@stored("compared", __file__)
def compared() -> bytes:
    """Returns the cells of each code point for comparing texts; then the rows of expansions.

    As `folded`, and besides: what `compared_spelling` says, where it is three code points of
    words at most; and each Hangul syllable is a word, for Korean is spaced in many ways.
    """
    of_all = memoryview(as_is()).cast("Q")
    cells, expansions = array("Q", [cell & (1 << DIGIT) - 1 for cell in of_all]), array("I")
    for point in range(_HANGUL[0], _HANGUL[1] + 1):
        cells[point] += (ALONE - PART) << KIND
    plain = array("Q", cells)
    for point, char in enumerate(map(chr, range(PLANES))):
        spelling = compared_spelling(char)
        if not spelling:
            cells[point] = MARK << KIND  # of no bytes
            continue
        kinds_of = {plain[ord(one)] >> KIND & 7 for one in spelling if ord(one) < PLANES}
        if len(spelling) > ROW or (spelling != char and kinds_of & {NONE, BREAK}):
            spelling = char.casefold()
        if len(spelling) > 1:
            cells[point] = EXPANDED << KIND | len(expansions) // ROW
            expansions.extend([*map(ord, spelling), 0, 0][:ROW])
        elif spelling != char:
            cells[point] = plain[ord(spelling)]
    return cells.tobytes() + expansions.tobytes()
