"""What speaks for a name or against it where capitals do not: its own ending, the words beside it.

For scripts without capitals, German nouns and the first words of sentences. All lists are in the
language files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from pipeline.dedup.verdict.tokens import Token, joined, spelling
from pipeline.languages import forms_of, words_for
from pipeline.text import is_unspaced

_BESIDE = 12  # characters of a script without spaces on each side
_FULL_NAME = range(2, 4)  # characters of a Han name that begins with a surname
_HIRAGANA = re.compile("[\u3041-\u3096]")
_LEAST_DATE = 3  # characters; shorter ones are other words too
_NEVER = "(?!)"


def is_date(one: Token, other: Token) -> bool:
    """Returns whether both are days of the week, or both months."""
    return any(one.word in words and other.word in words for words in _dates())


def is_edit(token: Token, text: Sequence[Token]) -> bool:
    """Returns whether a word is one that editors put in the place of others that say the same.

    In a script without spaces, whether the token consists of such words or is a part of them.
    """
    word = token.word
    if not token.is_unspaced:
        known = _edit_words()
        return word in known or word[1:] in known or _verb().search(word) is not None
    if _HIRAGANA.search(word):
        return True
    before, after = _beside(token, text)
    start, end = len(before), len(before) + len(word)
    covered: set[int] = set()
    for match in _unspaced_edit().finditer(before + word + after):
        covered.update(range(*match.span()))
    return covered.issuperset(range(start, end))


def is_named(token: Token, text: Sequence[Token]) -> bool:
    """Returns whether the token, or what stands beside it, says that it is a name."""
    if token.is_unspaced:
        return _is_named_unspaced(token, text)
    before = text[token.at - 1] if token.at and token.goes_on else None
    after = text[token.at + 1] if token.at + 1 < len(text) and text[token.at + 1].goes_on else None
    if before and before.word in _words("name_before"):
        return True
    if after and after.word in _words("name_after"):
        return True
    if token.has_no_case:
        return _place().search(token.word) is not None
    # A noun without an article behind another is a name: `im Kreis Lindau`, `starb Max Bauer`.
    return any(one is not None and one.is_name for one in (before, after))


def _is_named_unspaced(token: Token, text: Sequence[Token]) -> bool:
    word = token.word
    before, after = _beside(token, text)
    beginnings, ends = _unspaced("name_after"), _unspaced("name_before")
    if before.endswith(ends) or after.startswith(beginnings):
        return True
    if any(word.endswith(one) and word != one for one in beginnings):
        return True
    names = (word, before[-1:] + word)
    return any(len(name) in _FULL_NAME and name[0] in _words("surname") for name in names)


def _beside(token: Token, text: Sequence[Token]) -> tuple[str, str]:
    """Returns the characters before and after a token."""
    end = token.at + token.size
    return joined(text[max(0, token.at - _BESIDE) : token.at]), joined(text[end : end + _BESIDE])


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(map(spelling, words_for(name)))


@cache
def _unspaced(name: str) -> tuple[str, ...]:
    return tuple(sorted(filter(is_unspaced, _words(name))))


@cache
def _edit_words() -> frozenset[str]:
    return _words("edit")


@cache
def _unspaced_edit() -> re.Pattern[str]:
    return re.compile(_one_of(sorted(filter(is_unspaced, _edit_words()), key=len, reverse=True)))


@cache
def _verb() -> re.Pattern[str]:
    return re.compile(f"..{_one_of(_words('verb_ending'))}$")


@cache
def _place() -> re.Pattern[str]:
    """Two letters, what ends the names of places, and what marks its part in a sentence."""
    cases = _one_of(_words("case_ending"))
    return re.compile(f"..{_one_of(_words('place_ending'))}{cases}?$")


def _one_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, words)) or _NEVER})"


@cache
def _dates() -> tuple[frozenset[str], ...]:
    months = [form for entries in forms_of("month").values() for one in entries for form in one]
    return tuple(
        frozenset(word for word in map(spelling, words) if len(word) >= _LEAST_DATE)
        for words in (months, words_for("weekday"))
    )
