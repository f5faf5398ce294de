"""What a short text says in the place of something else: other facts in one form are other news.

Two short texts are aligned word by word. Where one has a number or a name in the place of another,
that neither says elsewhere, facts were exchanged; so they were where a text says that it corrects.
Other verbs, function words, titles, spellings and rounded figures make no other news, nor do
sentences that were cut or moved. Of what may be a name (its script has no capitals, its language
has them for all nouns, or a sentence begins there), what stands beside it and the headlines decide.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import NamedTuple

from pipeline.dedup.index.entry import FOR
from pipeline.dedup.verdict.name_words import is_date, is_edit, is_named
from pipeline.dedup.verdict.tokens import Token, joined, ones, spelling, tokens, units
from pipeline.languages import capitalises_nouns, one_of, words_for

_ALIKE = 0.7  # least ratio of two spellings of one name (difflib)
_LONGEST = 12  # words: a longer passage in the place of another was written anew
_LONGEST_UNSPACED = 24  # characters of a script without spaces, likewise
_GAP = 2  # numbers, or characters of such a script, that two facts may share by chance
_IN_PLACE = 3  # words of a passage in which numbers stand at their places
_LEAST_DOUBTS = 2  # exchanges of what may be names that make one sure
# Significant digits: 1,200 may be 1,213 rounded, but 4 is not 4.1, nor 110 the same as 113.
_ROUND_DIGITS, _DIGITS_LOST = 2, 2

Pair = tuple[Token, Token]  # what stood in one place, and what stands there now
_Edit = tuple[Sequence[Token], Sequence[Token]]


class Exchange(NamedTuple):
    """A fact that stands in the place of another."""

    facts: str  # `old > new`, as the two texts write them
    is_sure: bool  # whether that makes other news


class Headlines(NamedTuple):
    """The headlines of two texts: they often say the fact that differs."""

    new: str
    earlier: str


class _Changes(NamedTuple):
    """What was exchanged between two texts, apart from what is the same in other words."""

    sure: Pair | None
    doubts: list[Pair]  # of what may be names
    others: int  # edits of any other kind


def exchanged(
    new: str,
    earlier: str,
    own: Collection[str] = (),
    language: str | None = None,
    headlines: Headlines = Headlines("", ""),  # noqa: B008 - a constant
) -> Exchange | None:
    """Returns the first fact of a short text that stands in the place of another, or None.

    `own`: words of the papers' names, in small letters, which say nothing. Some 0.4 ms for 200
    words, and 60 ms for 600 words that are two in turn.
    """
    one, other = tokens(earlier), tokens(new)
    found = _changes(one, other, own, has_nouns=capitalises_nouns(language))
    if found.sure:
        return Exchange(_told(found.sure), is_sure=True)
    if not found.doubts:
        return None
    told = Counter((old.word, ours.word) for old, ours in found.doubts)
    is_sure = (
        len(told) >= _LEAST_DOUBTS
        or told.total() > len(told)  # it is said twice, and was exchanged twice
        or not found.others
        or any(
            (is_named(old, one) and is_named(ours, other)) or _in_headlines(old, ours, headlines)
            for old, ours in found.doubts
        )
    )
    return Exchange(_told(found.doubts[0]), is_sure)


def may_correct(words: Iterable[str]) -> bool:
    """Returns whether one of these words, in the spelling of comparing, announces corrections."""
    return not _corrections().isdisjoint(words)


def correction(new: str, earlier: str) -> str | None:
    """Returns the word by which a text announces a correction, where the earlier one has none."""
    found = _correction().search(new)
    return found[0] if found and not _correction().search(earlier) else None


def _changes(
    one: Sequence[Token], other: Sequence[Token], own: Collection[str], *, has_nouns: bool
) -> _Changes:
    old, ours = _Words(one), _Words(other)
    swapped: dict[str, str] = {}
    found = _Changes(None, [], 0)
    for edit in _edits(one, other):
        gone, come = ([token for token in units(part) if token.word not in own] for part in edit)
        if gone and come and all(token.is_name for token in (*gone, *come)):
            left, taken = joined(gone), joined(come)
            if swapped.get(taken) == left:
                return found._replace(sure=(gone[0], come[0]))
            swapped[left] = taken
        pair = None
        if not _is_long(edit):
            pair = _numbers_in_place(gone, come) or _facts(
                [token for token in gone if token not in ours],
                [token for token in come if token not in old],
            )
        if pair and _is_sure(pair, has_nouns=has_nouns):
            return found._replace(sure=pair)
        if pair is None or is_edit(pair[0], one) or is_edit(pair[1], other):
            found = found._replace(others=found.others + 1)
        else:
            found.doubts.append(pair)
    return found


def _is_sure(pair: Pair, *, has_nouns: bool) -> bool:
    if any(fact.is_number for fact in pair) or is_date(*pair):
        return True
    return not has_nouns and all(fact.is_name for fact in pair)


def _in_headlines(old: Token, ours: Token, headlines: Headlines) -> bool:
    """Returns whether the headlines exchange the same words."""
    earlier, later = _Words(tokens(headlines.earlier)), _Words(tokens(headlines.new))
    return old in earlier and ours in later and old not in later and ours not in earlier


class _Words:
    """The words of a text, and what it says in scripts without spaces."""

    def __init__(self, text: Sequence[Token]) -> None:
        self._words = {token.word for token in text}
        self._text = joined(text)

    def __contains__(self, token: Token) -> bool:
        return token.word in (self._text if token.is_unspaced else self._words)


def _numbers_in_place(gone: Sequence[Token], come: Sequence[Token]) -> Pair | None:
    """Returns two numbers at one place of a short passage, wherever else they are said."""
    if not len(gone) == len(come) <= _IN_PLACE:
        return None
    for old, ours in zip(gone, come, strict=True):
        if old.is_number and ours.is_number:
            if old.word != ours.word and not _is_rounded(old, ours):
                return old, ours
        elif _is_one(ours, old) or _is_one(old, ours):
            return old, ours
    return None


def _is_one(token: Token, number: Token) -> bool:
    """Returns whether a token says one, where another number stood or stands."""
    return number.is_number and float(number.word) != 1 and token.word in ones()


def _facts(gone: Sequence[Token], come: Sequence[Token]) -> Pair | None:
    """Returns a fact that went and one of its kind that came, the surest."""
    old = [token for token in gone if token.is_number]
    ours = [token for token in come if token.is_number]
    other = [token for token in ours if not any(_is_rounded(token, one) for one in old)]
    if old and other:
        return old[0], other[0]
    for pair in zip(gone, come, strict=False):
        if is_date(*pair):
            return pair
    for kind in ("is_name", "may_be_name"):
        old = [token for token in gone if getattr(token, kind)]
        ours = [token for token in come if getattr(token, kind)]
        other = [token for token in ours if not any(_is_variant(token, one) for one in old)]
        if old and other:
            return old[0], other[0]
    return None


def _edits(one: Sequence[Token], other: Sequence[Token]) -> Iterator[_Edit]:
    """Returns what differs, in order; what was only cut or added has an empty side."""
    old, new = ([token.word for token in text] for text in (one, other))
    aligned = SequenceMatcher(None, old, new, autojunk=False)
    start = begin = end = stop = 0  # of the edit so far
    for does, left, right, first, last in aligned.get_opcodes():
        if does == "equal":
            continue
        is_apart = left - end > _GAP or not all(map(_may_be_chance, one[end:left]))
        if is_apart or (end == start and stop == begin):
            if end > start or stop > begin:
                yield one[start:end], other[begin:stop]
            start, begin = left, first
        end, stop = right, last
    if end > start or stop > begin:
        yield one[start:end], other[begin:stop]


def _may_be_chance(token: Token) -> bool:
    """Returns whether what differs may have it on both sides by chance: `2-1` and `1-2`."""
    return token.is_number or (token.is_unspaced and not token.is_han)


def _is_long(edit: _Edit) -> bool:
    """Returns whether a passage was written anew."""
    for part in edit:
        unspaced = sum(token.is_unspaced for token in part)
        if unspaced > _LONGEST_UNSPACED or len(part) - unspaced > _LONGEST:
            return True
    return False


def _is_variant(one: Token, other: Token) -> bool:
    """Returns whether two names may be one in two spellings, or one cut short."""
    if one.word.startswith(other.word) or other.word.startswith(one.word):
        return True
    return SequenceMatcher(None, one.word, other.word).ratio() >= _ALIKE


def _is_rounded(one: Token, other: Token) -> bool:
    """Returns whether one of two numbers is the other one rounded: 1,200 and 1,213."""
    value, precise = sorted((float(one.word), float(other.word)), key=_digits)
    digits = _digits(value)
    return (
        _ROUND_DIGITS <= digits <= _digits(precise) - _DIGITS_LOST
        and float(f"{precise:.{digits}g}") == value
    )


def _digits(value: float) -> int:
    """Returns the number of significant digits: of 1200 two."""
    return len(f"{value:.14e}".partition("e")[0].rstrip("0").replace(".", ""))


def _told(pair: Pair) -> str:
    return FOR.join(token.written for token in pair)


@cache
def _correction() -> re.Pattern[str]:
    return re.compile(rf"(?i)\b{one_of('correction')}\b")


@cache
def _corrections() -> frozenset[str]:
    return frozenset(map(spelling, words_for("correction")))
