"""The bits of characters and of lines that `read_text` and the checks share."""

from __future__ import annotations

# The table of traits: the traits of 256 classes of characters, 32 bits each; then the class of each
# code point below PLANES; then the classes of Han beyond, of variation selectors and of the rest.
CLASSES, PLANES = 256, 0x20000
TABLE_SIZE = 4 * CLASSES + PLANES + 3

# Traits, from the lowest bit: the kind of character, the script of a letter, its role in words
# (NONE, PART, ALONE, MARK or ALONE_MARK of `codepoints`), then single bits.
KIND_BITS = 0xF
SCRIPT_SHIFT, SCRIPT_BITS = 4, 0x1F
WORD_SHIFT, WORD_BITS = 9, 0x7
NUMERIC = 1 << 12  # str.isnumeric
DECIMAL = 1 << 13  # str.isdecimal
FIGURE = 1 << 14  # str.isdigit
WHITE = 1 << 15  # of kind BLANK, which is str.isspace
END = 1 << 16  # ends a sentence, see `text.ends_sentence`
WIDE_END = 1 << 17  # ends a sentence without white space after it
AFTER_END = 1 << 18  # after END, belongs to the sentence that ends there
AFTER_WIDE_END = 1 << 19  # the same after WIDE_END
CLOSER = 1 << 20  # ignored at the end of a line
BULLET = 1 << 21
SPACED_BULLET = 1 << 22  # a bullet if a space follows
ROW_END = 1 << 23  # ends a row of a table, like a figure
SYMBOL_MARK = 1 << 24  # a hash sign or an ellipsis
BAR = 1 << 25  # may separate the columns of a table

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
KINDS, SCRIPTS = 11, 32

# The bits of a line.
ENDED = 1  # ends like a sentence; closing quotes and brackets are ignored
HEADLINE = 2  # as long as a headline, and not ENDED
ROW = 4  # begins or ends with a figure and has many digits
BULLETED = 8  # begins with a bullet
BROKEN_OFF = 16  # ends in an ellipsis, perhaps in square brackets
GAPPED = 32  # holds a tab, a bar or two spaces in a row
LINE_BITS = 6

# A headline in a list: longer than a menu entry, shorter than a paragraph; in characters.
SHORTEST_HEADLINE, LONGEST_HEADLINE = 25, 160
# Share of digits that makes a line a row of a table: figures and units with hardly any words.
ROW_DIGITS = 0.25
TOP_RUN, LONGEST_RUN = 4, 10  # words
