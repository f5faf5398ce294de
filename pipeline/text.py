"""The one definition of a line, a word, a sentence and a fold, for all scripts.

Words are runs of letters, digits and their combining marks. Scripts written without spaces
(Han, kana, Thai, Lao, Khmer, Burmese) have no word breaks to rely on: there, each character
with its marks counts as one word.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import compress, pairwise

from pipeline.native import codepoints, squeeze, squeeze_lines
from pipeline.native.codepoints import ALONE_MARK, MARK

UNSPACED = codepoints.UNSPACED  # scripts without spaces between words, as a regex class has them
_UNSPACED_CHAR = re.compile(f"[{UNSPACED}]")


@cache
def word_pattern() -> re.Pattern[str]:
    """Returns the pattern of a word: it finds what `words` returns, with offsets."""
    runs = re.finditer(_MARKS, codepoints.kinds())
    marks = "".join(f"{chr(run.start())}-{chr(run.end() - 1)}" for run in runs)
    return re.compile(
        rf"[{UNSPACED}][{marks}]*"  # one character of an unspaced script, with its marks
        rf"|(?:(?![{UNSPACED}])[\w{marks}])+"  # a word of any other script
    )


_MARKS = re.compile(b"[%c%c]+" % (MARK, ALONE_MARK))
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_LONGEST_CACHED = 100_000  # characters: the lines of a long text may take 100 MB
_SENTENCE_END = re.compile(
    # One class in front, so that the search skips from mark to mark: five times as fast.
    r"""[.!?\u061f\u06d4\u0964\u0965\u1362\u2026\u3002\uff01\uff1f](?:"""
    # Only from the first of a row of marks on, so that a long row is not tried from each of them.
    r"""(?<![\u3002\uff01\uff1f])(?<![.!?\u061f\u06d4\u0964\u0965\u1362\u2026].)"""
    r"""[.!?\u061f\u06d4\u0964\u0965\u1362\u2026]*"""
    r"""["'\u2019\u201d\u00bb)\]]*(?=\s|$)"""
    r"""|(?<=[\u3002\uff01\uff1f])[\u3002\uff01\uff1f]*["'\u2019\u201d\u300d\u300f)\]]*)"""
)
# What may follow the mark that ends a sentence: closing quotes and brackets.
_CLOSERS = "\"'\u2018\u2019\u201c\u201d\u00bb\u00ab\u203a\u2039\u300d\u300f\u300b)]}*_ \t\u00a0"
_QUESTION_MARKS = ("?", "\u037e", "\u061f", "\uff1f")
_MOST_ENDERS = frozenset(".!?")
_ENDERS = ".!?\u2026\u061f\u06d4\u0964\u0965\u1362\u3002\uff01\uff1f"


def is_unspaced(text: str) -> bool:
    """Returns whether the text contains characters of a script without spaces between words."""
    return not text.isascii() and _UNSPACED_CHAR.search(text) is not None


def words(text: str) -> list[str]:
    """Returns the words in order, as they are written."""
    return squeeze(text, codepoints.as_is()).split()


def word_spans(text: str) -> list[tuple[int, int]]:
    """Returns (start, end) of each word of `words(text)`, in order; ten times as slow."""
    return [match.span() for match in word_pattern().finditer(text)]


def numbers(text: str) -> list[str]:
    """Returns the numbers in order, with their inner points, commas, colons and slashes."""
    return _NUMBER.findall(text)


def line_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Returns (start, end) of each line that is not blank, without the white space around it."""
    return _recent_spans(text) if len(text) <= _LONGEST_CACHED else _line_spans(text)


def _line_spans(text: str) -> tuple[tuple[int, int], ...]:
    spans = []
    start = 0
    for line in text.split("\n"):
        bare = line.strip()
        if bare:
            first = start if bare is line else start + line.index(bare[0])
            spans.append((first, first + len(bare)))
        start += len(line) + 1
    return tuple(spans)


# The rules of a stage read the lines of one text one after the other.
_recent_spans = lru_cache(maxsize=4)(_line_spans)


def paragraphs(text: str) -> list[str]:
    """Returns the paragraphs of a clean body, which blank lines separate."""
    return [part for part in text.split("\n\n") if part]


def count_sentences(text: str) -> int:
    """Returns the number of sentences, by their end marks; text without any counts as one.

    >>> [count_sentences(text) for text in ("It rained. Trains were late!", "It rained", "")]
    [2, 1, 0]
    """
    if not text.strip():
        return 0
    ends = len(_SENTENCE_END.findall(text))
    return ends if ends and ends_sentence(text) else ends + 1


def sentences(text: str) -> list[tuple[int, int]]:
    """Returns (start, end) of each sentence, its end mark and closing quotes included."""
    cuts = [0]
    cuts += [match.end() for match in _SENTENCE_END.finditer(text)]
    if text[cuts[-1] :].strip():
        cuts.append(len(text))
    return [*pairwise(cuts)]


def ends_sentence(line: str) -> bool:
    """Returns whether the line ends like a sentence; closing quotes and brackets are ignored.

    >>> ends_sentence('"We are late."'), ends_sentence("Read more:")
    (True, False)
    """
    if line[-1:] in _MOST_ENDERS:  # of most lines that end a sentence
        return True
    bare = line.rstrip(_CLOSERS)
    return bool(bare) and bare[-1] in _ENDERS


def asks(line: str) -> bool:
    """Returns whether the line is one question and nothing else.

    >>> asks("“Who paid?”"), asks("It was late. Who paid?")
    (True, False)
    """
    return line.rstrip(_CLOSERS).endswith(_QUESTION_MARKS) and len(sentences(line)) == 1


def fold(text: str) -> str:
    """Returns the text as a key: case folded, words joined by one space, marks and signs dropped.

    Two lines that differ only in spacing, quotes, dashes, Markdown or case have the same fold.

    >>> fold("**READ also:** The mayor's plan")
    'read also the mayor s plan'
    """
    return squeeze(text, codepoints.folded())


def fold_name(name: str) -> str:
    """Returns the fold without spaces, so that spellings of one name are equal.

    >>> fold_name("The Daily Post") == fold_name("thedailypost")
    True
    """
    return fold(name).replace(" ", "")


def fold_lines(text: str) -> tuple[str, ...]:
    """Returns the fold of each line of `line_spans(text)`, all at once."""
    return _recent_folds(text) if len(text) <= _LONGEST_CACHED else _fold_lines(text)


def _fold_lines(text: str) -> tuple[str, ...]:
    folds = squeeze_lines(text, codepoints.folded()).split("\n")
    return tuple(compress(folds, map(str.strip, text.split("\n"))))


_recent_folds = lru_cache(maxsize=2)(_fold_lines)  # needed again after a repair of another field
