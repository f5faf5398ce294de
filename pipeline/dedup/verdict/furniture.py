"""Words of furniture that cleaning left between sentences: a call to buy or to go elsewhere.

Papers glue such sentences into the stories of others, and they are no news. A sentence is furniture
where a phrase of furniture or a notice of the language files matches it, or where it begins with a
call (`Click here`, `Earn up to`). Cleaning is not sure enough to drop these, as most of them may be
said in a story too; here they only do not count as new.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from pipeline import native
from pipeline.languages import words_for
from pipeline.languages.bundle import load_bundle
from pipeline.languages.grammar import flatten_line
from pipeline.languages.phrases import LINE_BEGINNING, load
from pipeline.native.codepoints import compared
from pipeline.text import fold, sentences

_MOST_WORDS = 40  # of such a sentence
_MOST_OLD = 0.5  # the part of its words that the earlier texts may have
_SIGNS = " \n\t\"'*->\N{BULLET}\N{LEFT DOUBLE QUOTATION MARK}\N{EN DASH}"
_HEAD = 160  # characters of a sentence that are compared with notices and calls
# News begins like notices of these kinds (`UPS` is an exclamation in German), and like shorter
# beginnings (`Ihre Zustimmung`).
_LIKE_NEWS = frozenset({"error", "error_in_body"})
_LEAST_WORDS = 3


def mark_furniture(marks: bytearray, body: str) -> None:
    """Sets to 1 the marks of words in new sentences of furniture.

    `marks`: a byte for each word of the body, 0 where it is new. 40 us for 4 kB, and 6 for each
    sentence of a line with new words.
    """
    lines = native.squeeze_lines(body, compared()).split("\n")
    first = 0
    for line, squeezed in zip(body.split("\n"), lines, strict=True):
        last = first + len(squeezed.split())
        if 0 in marks[first:last]:
            _mark_line(marks, first, line)
        first = last


def _mark_line(marks: bytearray, first: int, line: str) -> None:
    """Does the same for a line, whose first word has the number `first`."""
    for start, end in sentences(line):
        size = len(native.squeeze(line[start:end], compared()).split())
        own = marks[first : first + size]
        is_new = 0 < size <= _MOST_WORDS and own.count(1) <= _MOST_OLD * size
        if is_new and is_furniture(line[start:end].lstrip(_SIGNS)):
            marks[first : first + size] = b"\1" * len(own)
        first += size


@lru_cache(maxsize=1024)  # papers print the same sentences again and again
def is_furniture(sentence: str) -> bool:
    """Returns whether a sentence belongs to a page, not to a story.

    >>> is_furniture("Click here to earn up to 500 dollars."), is_furniture("The mayor resigned.")
    (True, False)
    """
    return _is_notice(sentence) or _is_phrase(sentence)


def _is_notice(sentence: str) -> bool:
    """Returns whether a notice matches the sentence or its beginning, or a call the latter."""
    known = _notices()
    words = fold(sentence[:_HEAD]).split(" ")
    if words[0] not in known.first_words:
        return False
    sizes = range(1, 1 + min(len(words), known.longest))
    return " ".join(words) in known.whole or any(
        " ".join(words[:size]) in known.beginnings for size in sizes
    )


def _is_phrase(sentence: str) -> bool:
    """Returns whether a phrase of furniture matches the whole sentence."""
    phrases = load().that_may_match(sentence, 0, len(sentence))
    first = LINE_BEGINNING.match(sentence) if phrases else None
    if first is None:
        return False
    flat = flatten_line(sentence[first.start(1) :])
    return any(phrase.matches(flat) for phrase in phrases)


def _count_words(text: str) -> int:
    return len(native.squeeze(text, compared()).split())


class _Known(NamedTuple):
    """Notices and calls, folded."""

    whole: frozenset[str]
    beginnings: frozenset[str]
    first_words: frozenset[str]
    longest: int  # words of a beginning


@cache
def _notices() -> _Known:
    whole, beginnings = load_bundle().notices
    calls = {fold(call) for call in words_for("call")}
    begin = calls | {
        phrase
        for phrase, kind in beginnings.items()
        if kind not in _LIKE_NEWS and phrase.count(" ") + 1 >= _LEAST_WORDS
    }
    every = {phrase for phrase, kind in whole.items() if kind not in _LIKE_NEWS}
    return _Known(
        frozenset(every),
        frozenset(begin),
        frozenset(phrase.partition(" ")[0] for phrase in every | begin),
        max(phrase.count(" ") + 1 for phrase in begin),
    )
