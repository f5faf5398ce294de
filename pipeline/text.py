"""What a line, a word, a sentence and a fold are, in any script. The only place that says so.

Words are runs of letters, digits and their combining marks. Scripts written without spaces
(Han, kana, Thai, Lao, Khmer, Burmese) have no word breaks to rely on: there, each character
with its marks counts as one word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from pipeline.squeeze import (
    ALONE,
    ALONE_MARK,
    EXPANDED,
    MARK,
    NONE,
    PART,
    PLANES,
    cells,
    squeeze,
)

# Scripts without spaces between words. Source: Script property of Unicode's Scripts.txt.
UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # iteration mark, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_UNSPACED_CHAR = re.compile(f"[{UNSPACED}]")


def _kind(char: str) -> int:
    marks = unicodedata.category(char)[0] == "M"
    if _UNSPACED_CHAR.match(char):
        return ALONE_MARK if marks else ALONE
    if marks:
        return MARK
    return PART if char.isalnum() or char == "_" else NONE


def _kinds() -> NDArray[np.uint8]:
    """The kind of every code point: two planes one by one, the rest by what Unicode put there."""
    kinds = np.full(0xE01F1, NONE, np.uint8)
    kinds[:0x20000] = [*map(_kind, map(chr, range(0x20000)))]
    kinds[0x20000:0x40000] = ALONE  # Han, assigned or not
    kinds[0xE0100:0xE01F0] = MARK  # variation selectors
    return kinds


# The part each code point has in words, as `squeeze` names it; the last cell for all beyond.
WORD_PARTS = _kinds()
# Whether a code point is a decimal digit, as `\d` and `numbers` have it; none is beyond.
DECIMALS: NDArray[np.bool_] = np.array([chr(point).isdecimal() for point in range(0x20000)])


def _folds() -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """The cells of `str.casefold` of every code point, and what folds to several."""
    folds = np.arange(PLANES, dtype=np.uint32)
    expansions: list[list[int]] = []
    is_row = np.zeros(PLANES, bool)
    for point in range(0x1E944):  # the last letters with case are Adlam's
        folded = chr(point).casefold()
        is_row[point] = len(folded) > 1
        folds[point] = len(expansions) if is_row[point] else ord(folded)
        if is_row[point]:
            expansions.append([*map(ord, folded), 0, 0][:3])
    kinds = np.where(is_row, EXPANDED, WORD_PARTS[folds])
    return cells(folds, kinds, _IS_BREAK), np.array(expansions, np.uint32)


_IS_BREAK = np.arange(PLANES) == ord("\n")
# What `squeeze` needs to know: as it stands, and in one case.
_AS_IS = cells(np.arange(PLANES, dtype=np.uint32), WORD_PARTS[:PLANES], _IS_BREAK)
FOLDED, EXPANSIONS = _folds()


def _ranges(codes: NDArray[np.int64]) -> str:
    """A regex class body of these code points."""
    runs = np.split(codes, np.flatnonzero(np.diff(codes) > 1) + 1)
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


_MARKS = _ranges(np.flatnonzero((WORD_PARTS == MARK) | (WORD_PARTS == ALONE_MARK)))
_WORD = re.compile(
    rf"[{UNSPACED}][{_MARKS}]*"  # one character of an unspaced script, with its marks
    rf"|(?:(?![{UNSPACED}])[\w{_MARKS}])+"  # a word of any other script
)
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_SENTENCE_END = re.compile(
    # One class in front, so that the search skips from mark to mark: five times as fast.
    r"""[.!?\u061f\u06d4\u0964\u0965\u1362\u2026\u3002\uff01\uff1f](?:"""
    # Only from the first of a row of marks on, so that a long row is not tried from each of them.
    r"""(?<![\u3002\uff01\uff1f])(?<![.!?\u061f\u06d4\u0964\u0965\u1362\u2026].)"""
    r"""[.!?\u061f\u06d4\u0964\u0965\u1362\u2026]*"""
    r"""["'\u2019\u201d\u00bb)\]]*(?=\s|$)"""
    r"""|(?<=[\u3002\uff01\uff1f])[\u3002\uff01\uff1f]*["'\u2019\u201d\u300d\u300f)\]]*)"""
)
# What may stand after the mark that ends a sentence: closing quotes and brackets.
_CLOSERS = "\"'\u2018\u2019\u201c\u201d\u00bb\u00ab\u203a\u2039\u300d\u300f\u300b)]}*_ \t\u00a0"
_ENDERS = ".!?\u2026\u061f\u06d4\u0964\u0965\u1362\u3002\uff01\uff1f"


# A short text in ASCII, as names and headlines are, is quicker read without the kernel's call.
_SHORT = 200  # characters
_ASCII_PARTS = bytes(
    point if point < 128 and WORD_PARTS[point] == PART else ord(" ") for point in range(256)
)


def code_points(text: str) -> NDArray[np.uint32]:
    """The text in UTF-32, lone surrogates as they are: what native kernels read."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def is_unspaced(text: str) -> bool:
    """Whether the text holds characters of a script written without spaces between words."""
    return not text.isascii() and _UNSPACED_CHAR.search(text) is not None


def words(text: str) -> list[str]:
    """The words in order, as they are written."""
    if len(text) <= _SHORT and text.isascii():
        return text.encode().translate(_ASCII_PARTS).decode().split()
    return _squeeze(text).split()


def word_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each word of `words(text)`, in order; ten times as slow."""
    return [match.span() for match in _WORD.finditer(text)]


def numbers(text: str) -> list[str]:
    """The numbers in order, with their inner points, commas, colons and slashes."""
    return _NUMBER.findall(text)


@lru_cache(maxsize=4)  # the rules of a stage ask for the lines of one text one after the other
def line_spans(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of each line that holds more than white space, without that white space."""
    spans = []
    start = 0
    for line in text.split("\n"):
        bare = line.strip()
        if bare:
            first = start if bare is line else start + line.index(bare[0])
            spans.append((first, first + len(bare)))
        start += len(line) + 1
    return tuple(spans)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a clean body: what stands between blank lines."""
    return [part for part in text.split("\n\n") if part]


def count_sentences(text: str) -> int:
    """Sentences by their end marks; a text without any counts as one, an empty one as none."""
    if not text.strip():
        return 0
    ends = len(_SENTENCE_END.findall(text))
    return ends if ends and ends_sentence(text) else ends + 1


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, its end mark and closing quotes included."""
    spans, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        spans.append((start, match.end()))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return [(begin, end) for begin, end in spans if text[begin:end].strip()]


def ends_sentence(line: str) -> bool:
    """Whether the line ends like a sentence, closing quotes and brackets set aside."""
    bare = line.rstrip(_CLOSERS)
    return bool(bare) and bare[-1] in _ENDERS


def fold(text: str) -> str:
    """The text as a key: case folded, words joined by one space, marks and signs dropped.

    Two lines that differ only in spacing, quotes, dashes, Markdown or case have one fold.
    """
    if len(text) <= _SHORT and text.isascii():
        return " ".join(words(text.lower()))
    return _fold(text.replace("\n", " "))


def fold_name(name: str) -> str:
    """The fold without its spaces: `The Daily Post` and `thedailypost` are one name."""
    return fold(name).replace(" ", "")


@lru_cache(maxsize=2)  # asked for again after a repair of another field
def fold_lines(text: str) -> tuple[str, ...]:
    """The fold of each line of `line_spans(text)`, all at once."""
    return tuple(compress(_fold(text).split("\n"), map(str.strip, text.split("\n"))))


def _squeeze(text: str) -> str:
    return _read(text, _AS_IS)


def _fold(text: str) -> str:
    return _read(text, FOLDED)


def _read(text: str, table: NDArray[np.uint64]) -> str:
    found, _ = squeeze(code_points(text), table, EXPANSIONS, True)  # noqa: FBT003
    return str(found.data, "utf-8")
