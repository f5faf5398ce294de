"""What a line, a word, a sentence and a fold are, in any script. The only place that says so.

Words are runs of letters, digits and their combining marks. Scripts written without spaces
(Han, kana, Thai, Lao, Khmer, Burmese) have no word breaks to rely on: there, each character
with its marks counts as one word.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

# Sources: Unicode Script property of the code points (Scripts.txt), scripts without word spaces.
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # iteration mark, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)


def _ranges(wanted: str) -> str:
    """A regex class body of all characters whose general category starts with `wanted`."""
    marked = (c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c))[0] == wanted)
    spans = []
    for _, run in groupby(enumerate(marked), key=lambda pair: pair[1] - pair[0]):
        points = [point for _, point in run]
        spans.append(f"{chr(points[0])}-{chr(points[-1])}")
    return "".join(spans)


_MARKS = _ranges("M")
_SPACED_WORD = re.compile(rf"[\w{_MARKS}]+")
_ANY_WORD = re.compile(
    rf"[{_UNSPACED}][{_MARKS}]*"  # one character of an unspaced script, with its marks
    rf"|(?:(?![{_UNSPACED}])[\w{_MARKS}])+"  # a word of any other script
)
_UNSPACED_CHAR = re.compile(f"[{_UNSPACED}]")
_PLAIN_WORD = re.compile(r"\w+")
# Blocks that hold all combining marks and all unspaced scripts; a text outside them has neither,
# and `\w+` reads it four times as fast as a class that lists every mark.
_SPECIAL = re.compile("[\u0300-\u036f\u0483-\u1fff\u20d0-\u20ff\u3000-\U0010ffff]")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_SENTENCE_END = re.compile(
    # One class in front, so that the search skips from mark to mark: five times as fast.
    r"""[.!?\u061f\u06d4\u0964\u0965\u1362\u2026\u3002\uff01\uff1f](?:"""
    r"""(?<![\u3002\uff01\uff1f])[.!?\u061f\u06d4\u0964\u0965\u1362\u2026]*"""
    r"""["'\u2019\u201d\u00bb)\]]*(?=\s|$)"""
    r"""|(?<=[\u3002\uff01\uff1f])[\u3002\uff01\uff1f]*["'\u2019\u201d\u300d\u300f)\]]*)"""
)
# Below so many characters a pattern is as fast as the array steps.
_SHORT = 100
_SPACE = np.uint32(0x20)
_WORD_CHARS = re.compile(rf"[\w{_MARKS}]")
# Whether a code point is part of a word. The last cell stands for all beyond the table: those
# that are letters belong to unspaced scripts, which never come here.
_IN_WORD: NDArray[np.bool_] = np.fromiter(
    (*(_WORD_CHARS.match(chr(code)) is not None for code in range(0x1FFFF)), False), np.bool_
)
_IN_WORD_OR_BREAK = _IN_WORD.copy()
_IN_WORD_OR_BREAK[ord("\n")] = True
# What may stand after the mark that ends a sentence: closing quotes and brackets.
_CLOSERS = "\"'\u2018\u2019\u201c\u201d\u00bb\u00ab\u203a\u2039\u300d\u300f\u300b)]}*_ \t\u00a0"
_ENDERS = ".!?\u2026\u061f\u06d4\u0964\u0965\u1362\u3002\uff01\uff1f"


def is_unspaced(text: str) -> bool:
    """Whether the text holds characters of a script written without spaces between words."""
    return not text.isascii() and _UNSPACED_CHAR.search(text) is not None


def words(text: str) -> list[str]:
    """The words in order, as they are written."""
    if len(text) < _SHORT or is_unspaced(text):
        return _word_pattern(text).findall(text)
    return _blank_out(text, _IN_WORD).split()


def word_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each word, in order."""
    return [match.span() for match in _word_pattern(text).finditer(text)]


def _word_pattern(text: str) -> re.Pattern[str]:
    if text.isascii() or not _SPECIAL.search(text):
        return _PLAIN_WORD
    return _ANY_WORD if _UNSPACED_CHAR.search(text) else _SPACED_WORD


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
            first = start + line.index(bare[0])
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
    return " ".join(words(text.casefold()))


@lru_cache(maxsize=2)  # cleaning folds the lines, the fingerprint asks for the same again
def fold_lines(text: str) -> tuple[str, ...]:
    """The fold of each line of `line_spans(text)`, all at once: a fifth of the time."""
    lines = [text[start:end] for start, end in line_spans(text)]
    if len(text) < _SHORT or is_unspaced(text):
        return tuple(map(fold, lines))
    blanked = _blank_out("\n".join(lines).casefold(), _IN_WORD_OR_BREAK)
    return tuple(" ".join(line.split()) for line in blanked.split("\n"))


def _blank_out(text: str, kept: NDArray[np.bool_]) -> str:
    """The text with a space for each character that is not kept, in a few array steps."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    spaced = np.where(kept.take(codes, mode="clip"), codes, _SPACE)
    return spaced.tobytes().decode("utf-32-le", "surrogatepass")
