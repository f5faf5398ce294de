r"""The table of code points for the line scan: folds, and classes of regular expressions.

`Scanner` takes a cell of 32 bits for each code point below `LIMIT`:

    bits 0-20   its fold, or the number of its row
    bit 21      whether it folds to the code points of a row: up to three, or none
    bit 22      whether it is white space
    bit 23      whether it is `\w`
    bit 24      whether it is a letter or a digit
    bit 25      whether it is a digit (`str.isdigit`)
    bit 26      whether no phrase begins after it
    bit 27      whether it is of a script written without spaces between words

then the rows, of `ROW` code points each. Code points from `LIMIT` on have none of these bits.
"""

from __future__ import annotations

import re
from array import array

from pipeline.native.codepoints import ROW, UNSPACED
from pipeline.native.tables import stored

LIMIT = 0x40000
EXPANDS, WHITE, WORD, LETTER, COUNTS, STOPS, IS_UNSPACED = (1 << bit for bit in range(21, 28))

# Characters after which no phrase begins: a quotation is no furniture, and after a bar is a cell of
# a table.
NO_SIGN = '|"\u201c\u201e\u00ab\u300c\u00a9\n'


def fold(text: str) -> str:
    """Returns the text case-folded; the dotted and the dotless i of Turkish become one letter."""
    return text.casefold().replace("\u0307", "").replace("\u0131", "i")


@stored("scan", __file__)
def scan_table() -> bytes:
    """Returns the cells of all code points, and the rows of those that fold to none or several."""
    cells, rows = array("I"), array("I")
    unspaced = re.compile(f"[{UNSPACED}]")
    for char in map(chr, range(LIMIT)):
        folded = fold(char)
        cell = ord(folded) if len(folded) == 1 else EXPANDS | len(rows) // ROW
        if len(folded) != 1:
            rows.extend([*map(ord, folded), 0, 0, 0][:ROW])
        letter = char.isalnum()
        cell |= WHITE * char.isspace() | WORD * (letter or char == "_") | LETTER * letter
        cell |= COUNTS * char.isdigit() | STOPS * (char in NO_SIGN)
        cell |= IS_UNSPACED * bool(char > "\u0dff" and unspaced.match(char))
        cells.append(cell)
    return cells.tobytes() + rows.tobytes()
