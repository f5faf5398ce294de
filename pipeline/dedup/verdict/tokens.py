"""The words and numbers of a text, as two texts are compared by them: numbers by their value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby

from msgspec import Struct

from pipeline import native
from pipeline.languages import number_words, scale_words, stop_words, words_for
from pipeline.native.codepoints import compared
from pipeline.text import is_unspaced, word_pattern

_CJK = "\u3000"
_LEAST_LETTERS = 2  # of a name
_HAN_DIGITS = dict(zip("零〇一二三四五六七八九两兩", (0, *range(10), 2, 2), strict=True))
_HAN_UNITS = {"十": 10, "百": 100}


class Token(Struct, frozen=True, gc=False):
    """A word or a number of a text, or some words of a script without spaces."""

    word: str  # in the spelling that texts are compared in; of a number its value
    written: str
    before: str  # the two characters before it
    at: int  # its place among the tokens of its text
    size: int = 1  # how many of these it is made of
    is_number: bool = False

    @property
    def may_be_name(self) -> bool:
        """Whether it has a capital, or its script has none, and is no function word."""
        if self.is_number or self.word in function_words():
            return False
        return self.has_capital or self.has_no_case

    @property
    def is_name(self) -> bool:
        """Whether it has a capital that does not begin a sentence."""
        inside = self.before[1:] in (" ", "-") and _goes_on(self.before[0])
        return inside and self.has_capital and self.may_be_name

    @property
    def has_capital(self) -> bool:
        return len(self.word) >= _LEAST_LETTERS and self.written[0] != self.written[0].lower()

    @property
    def has_no_case(self) -> bool:
        """Whether its script has no capitals."""
        return self.written.lower() == self.written.upper()

    @property
    def goes_on(self) -> bool:
        """Whether only a space or a hyphen parts it from the word before it."""
        return self.before[1:] in (" ", "-") and self.before[0].isalnum()

    @property
    def is_unspaced(self) -> bool:
        """Whether its script has no spaces between words."""
        return not self.is_number and is_unspaced(self.written)

    @property
    def is_han(self) -> bool:
        """Whether it is of Han characters or kana, each of which says much."""
        return self.is_unspaced and self.written[0] >= _CJK


@lru_cache(maxsize=8)
def tokens(text: str) -> tuple[Token, ...]:
    """Returns the words and numbers of a text, a number and its scale as one.

    In scripts without spaces each character is a word.
    """
    found: list[Token] = []
    for match in _token().finditer(text):
        written, start = match[0], match.start()
        before = text[max(0, start - 2) : start]
        word = spelling(written)
        value = _value(written, word)
        scale = _scales().get(word)
        if scale and found and found[-1].is_number:
            before = found[-1].before
            value = float(found[-1].word) * scale
            written = f"{found.pop().written} {written}"
        if value is None:
            found.append(Token(word, written, before, len(found)))
        else:
            found.append(Token(f"{value:.15g}", written, before, len(found), is_number=True))
    return tuple(found)


def joined(part: Sequence[Token]) -> str:
    """Returns the words of some tokens without spaces."""
    return "".join(token.word for token in part)


def units(part: Sequence[Token]) -> list[Token]:
    """Returns tokens in a row, those of a script without spaces as one."""
    found: list[Token] = []
    for has_no_spaces, run in groupby(part, lambda token: token.is_unspaced):
        same = list(run)
        if has_no_spaces:
            first = same[0]
            written = "".join(token.written for token in same)
            same = [Token(joined(same), written, first.before, first.at, len(same))]
        found += same
    return found


@lru_cache(maxsize=4096)
def spelling(word: str) -> str:
    """Returns a word as it is compared."""
    return native.squeeze(word, compared()).replace(" ", "")


def _goes_on(before: str) -> bool:
    """Returns whether a sentence goes on behind this character and a space."""
    return before.isalnum() or before in ",;)-\N{EN DASH}\N{RIGHT SINGLE QUOTATION MARK}'"


def _value(written: str, word: str) -> float | None:
    """Returns the value of a number in digits or of a small one in words: 1,000 is 1000.0."""
    if written[0] in _HAN_DIGITS or written[0] in _HAN_UNITS:
        return _han_value(written)
    if not written[0].isdecimal():
        return _small_numbers().get(word)
    if "/" in written or ":" in written:
        over, _, under = written.partition("/")
        if over.isdecimal() and under.isdecimal() and int(under):
            return int(over) / int(under)
        return float(re.sub(r"\D", "", written)[:15])
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", written):
        return float(re.sub(r"[.,]", "", written)[:15])
    whole, _, part = written.replace(",", ".").rpartition(".")
    return float(f"{whole.replace('.', '')[:15]}.{part}" if whole else written[:15])


def _han_value(written: str) -> float:
    """Returns the value of a number up to 999 in Han characters, by units or digit by digit."""
    if len(written) > 1 and not _HAN_UNITS.keys() & set(written):
        return float("".join(str(_HAN_DIGITS[one]) for one in written)[:15])
    value, digit = 0, 0
    for one in written:
        if one in _HAN_UNITS:
            value, digit = value + max(1, digit) * _HAN_UNITS[one], 0
        else:
            digit = _HAN_DIGITS[one]
    return float(value + digit)


@cache
def _token() -> re.Pattern[str]:
    han = "".join((*_HAN_DIGITS, *_HAN_UNITS))
    return re.compile(rf"\d+(?:[.,:/]\d+)*|[{han}]+|{word_pattern().pattern}")


@cache
def function_words() -> frozenset[str]:
    """Returns the commonest words of all languages that list them."""
    return frozenset(word for words in stop_words().values() for word in words.split())


@cache
def ones() -> frozenset[str]:
    """Returns the words for one, which are articles in many languages."""
    return frozenset(map(spelling, words_for("one")))


@cache
def _small_numbers() -> Mapping[str, float]:
    return {spelling(word): float(value) for word, value in number_words().items()}


@cache
def _scales() -> Mapping[str, int]:
    return {spelling(word): value for word, value in scale_words().items()}
