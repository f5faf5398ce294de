r"""Literals: texts that every match of a regular expression contains, read from its parsed form.

`Photo by` in any case can only match where the text contains `photo by`. An automaton finds the
literals of all rules in one pass, and a pattern runs only where one of its literals was found.
RE2's `FilteredRE2` and Rust's `regex-syntax` derive literals in the same way.

Literals and texts are compared folded: case-folded, the dotted and the dotless i of Turkish as one
letter, each run of white space as one space. So `see\s+also` has the literal `see also`, and
matches are found with and without `re.IGNORECASE`. A literal may be a false positive, where the
pattern does not match; there is no match without its literal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

# The private parser of `re`, which is the same from Python 3.11 to 3.13.
from re import _constants as op  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip

_Items = Sequence[tuple[Any, Any]]  # a parsed pattern of `re`: operations and arguments


class Side(IntEnum):
    """The place of a literal in a line."""

    ANY = 0
    FIRST = 1  # near the beginning
    LAST = 2  # near the end


class Literal(NamedTuple):
    """A folded text of a set; each match of the pattern contains one literal of the set."""

    text: str
    side: Side = Side.ANY
    within: int = 0  # at most this many folded characters between it and that side of the line


# Sets are limited to this many literals; classes of up to this many characters are enumerated.
_MOST_LITERALS, _MOST_CHARACTERS = 2_000, 12
_NEAR = 8  # a literal that may be farther from the side of the line counts as anywhere
_MOST_UNFOLDED = 3  # folded characters of one character, at most
_EARLIER = 0.01  # the frequency of a literal at a given place, relative to anywhere
# The frequency of characters in text; only the order matters.
_COMMON = " etaoinshrdlucmfwygpbvk.,-0123456789jxqz"
_SHARE = {char: 0.16 / (1 + 0.5 * rank) for rank, char in enumerate(_COMMON)}
_LETTER, _RARE = 0.02, 0.0003
_TOO_OFTEN = 0.0008  # of a text's offsets: a set of literals that is found so often is useless
_MANY = 1 << 16  # a larger width counts as unbounded


def fold_literal(text: str) -> str:
    """Returns the text in the form in which literals are compared: see the top of this file."""
    return _SPACES.sub(" ", text.casefold().replace("\u0307", "").replace("\u0131", "i"))


_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=256)
def literals_of(
    pattern: re.Pattern[str], *, from_first: bool = False, to_last: bool = False
) -> frozenset[Literal]:
    r"""Returns the rarest set of literals of which every match of the pattern contains one.

    `from_first`, `to_last`: the pattern is matched against a line from its first character on, or
    up to its last one. Raises ValueError if each set would be found nearly everywhere.

    >>> [literal.text for literal in literals_of(re.compile(r"(?i)see\s+also"))]
    ['see also']
    """
    items = list(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    before = 0 if from_first or _is_at(items[:1], _BEGINNINGS) else math.inf
    after = 0 if to_last or _is_at(items[-1:], _ENDS) else math.inf
    found = _best(items, before, after)
    if found is None or _cost(found) > _TOO_OFTEN:
        raise ValueError(f"no trigger can be derived from {pattern.pattern!r}: it needs a literal")
    return found


_BEGINNINGS = {op.AT_BEGINNING, op.AT_BEGINNING_STRING}
_ENDS = {op.AT_END, op.AT_END_STRING}


def _is_at(items: _Items, places: set[Any]) -> bool:
    return bool(items) and items[0][0] is op.AT and items[0][1] in places


def first_characters(pattern: re.Pattern[str], count: int = 1) -> list[tuple[str, ...]]:
    """Returns for each alternative of the pattern the sets of its first `count` characters.

    Raises ValueError if a set cannot be enumerated.
    """
    items = list(parser.parse(pattern.pattern, pattern.flags))
    return [tuple("".join(sorted(one)) for one in way) for way in _ways(items, count)]


def _best(items: _Items, before: float, after: float) -> frozenset[Literal] | None:
    """Returns the rarest set of literals of a sequence.

    `before`, `after`: the maximum number of characters before and after the sequence in its line.
    """
    widths = [_width(item) for item in items]
    options: list[frozenset[Literal]] = []
    for i, item in enumerate(items):
        left = before + sum(widths[:i])
        if i == 0 or items[i - 1][0] is not op.LITERAL:  # else the one before gives a longer text
            found = _beginning_at(items[i:], left, after + sum(widths[i:]), after)
            if found:
                options.append(found)
        inside = _inside(item, left, after + sum(widths[i + 1 :]))
        if inside:
            options.append(inside)
    return min(options, key=_cost, default=None)


def _beginning_at(
    items: _Items, before: float, rest: float, after: float
) -> frozenset[Literal] | None:
    """Returns the literals with which the matches of a sequence begin.

    `rest`: the maximum number of characters from its beginning to the end of the line.
    """
    found = _prefixes(items)
    if any(not text.strip() for text, _ in found):
        return None
    return _without_longer(
        _placed(text, before, after if is_whole else rest - len(text)) for text, is_whole in found
    )


def _placed(text: str, before: float, after: float) -> Literal:
    if before <= _NEAR:
        return Literal(text, Side.FIRST, _MOST_UNFOLDED * int(before))
    if after <= _NEAR:
        return Literal(text, Side.LAST, _MOST_UNFOLDED * max(0, int(after)))
    return Literal(text)


def _without_longer(given: Iterable[Literal]) -> frozenset[Literal]:
    """Returns the literals without those that occur only where another one occurs."""
    widest: dict[tuple[str, Side], Literal] = {}
    for one in sorted(given):
        widest[one.text, one.side] = one
    anywhere = [one.text for one in widest.values() if one.side is Side.ANY]
    return frozenset(
        one
        for one in widest.values()
        if not any(text in one.text and (text != one.text or one.side) for text in anywhere)
    )


def _inside(item: tuple[Any, Any], before: float, after: float) -> frozenset[Literal] | None:
    """Returns the best literals of the parts of an item, if each alternative has some."""
    what, given = item
    if what is op.SUBPATTERN:
        return _best(given[3], before, after)
    if what is op.ATOMIC_GROUP:
        return _best(given, before, after)
    if what is op.BRANCH:
        found = [_best(branch, before, after) for branch in given[1]]
        return (
            None
            if None in found
            else _without_longer(one for part in found if part for one in part)
        )
    if what in _REPEATS and given[0] > 0:
        return _best(given[2], before, after if given[1] == 1 else math.inf)
    return None


_REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
_NOTHING_WIDE = {op.AT, op.ASSERT, op.ASSERT_NOT}
# A beginning, and whether the following items can be appended to it.
_Prefixes = frozenset[tuple[str, bool]]
_UNKNOWN: _Prefixes = frozenset([("", False)])


def _prefixes(items: _Items) -> _Prefixes:
    """Returns texts of which one begins each match of the sequence."""
    found: _Prefixes = frozenset([("", True)])
    for item in items:
        more = _starts(item)
        longer = {one for one in found if not one[1]} | {
            (_joined(text, added), is_open)
            for text, goes_on in found
            if goes_on
            for added, is_open in more
        }
        if len(longer) > _MOST_LITERALS:
            return frozenset((text, False) for text, _ in found)
        found = frozenset(longer)
    return found


def _joined(text: str, added: str) -> str:
    return text + added[1:] if text[-1:] == added[:1] == " " else text + added


def _starts(item: tuple[Any, Any]) -> _Prefixes:  # noqa: PLR0911 - one for each operation
    what, given = item
    if what is op.LITERAL:
        return frozenset([(fold_literal(chr(given)), True)])
    if what is op.IN:
        chars = _characters(given)
        few = chars is not None and {fold_literal(char) for char in chars}
        return (
            frozenset((char, True) for char in few)
            if few and len(few) <= _MOST_CHARACTERS
            else _UNKNOWN
        )
    if what in _NOTHING_WIDE:
        return frozenset([("", True)])
    if what is op.SUBPATTERN:
        return _prefixes(given[3])
    if what is op.ATOMIC_GROUP:
        return _prefixes(given)
    if what is op.BRANCH:
        return frozenset[tuple[str, bool]]().union(*map(_prefixes, given[1]))
    if what in _REPEATS:
        least, most, inner = given
        once = _prefixes(inner)
        if once == {(" ", True)}:  # a run of white space folds to one space
            return once if least else once | {("", True)}
        if most > 1:
            once = frozenset((text, False) for text, _ in once)
        return once if least else once | {("", True)}
    return _UNKNOWN


def _characters(given: _Items) -> str | None:
    """Returns the characters of a class, white space as one space; None if they are too many."""
    found: list[str] = []
    if given[:2] == [(op.NEGATE, None), (op.CATEGORY, op.CATEGORY_NOT_SPACE)]:
        return " "  # white space without line breaks and the like
    for what, value in given:
        if what is op.LITERAL:
            found.append(chr(value))
        elif what is op.RANGE and value[1] - value[0] < _MANY:
            found += map(chr, range(value[0], value[1] + 1))
        elif what is op.CATEGORY and value is op.CATEGORY_SPACE:
            found.append(" ")
        else:
            return None
    return "".join(found)


def _width(item: tuple[Any, Any]) -> float:
    """Returns the maximum number of characters that an item matches."""
    what, given = item
    if what in _NOTHING_WIDE:
        return 0
    if what is op.SUBPATTERN:
        return sum(map(_width, given[3]))
    if what is op.ATOMIC_GROUP:
        return sum(map(_width, given))
    if what is op.BRANCH:
        return max(sum(map(_width, branch)) for branch in given[1])
    if what in _REPEATS:
        inner = sum(map(_width, given[2]))
        return math.inf if given[1] >= _MANY and inner else inner * int(given[1])
    return 1 if what in _SINGLE else math.inf


_SINGLE = {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY}


def _cost(found: Iterable[Literal]) -> float:
    """Returns the estimated frequency of the literals, per character of text."""
    return sum(
        math.prod(_share(char) for char in one.text) * (_EARLIER if one.side else 1)
        for one in found
    )


def _share(char: str) -> float:
    return _SHARE.get(char, _LETTER if char.isalpha() else _RARE)


def _ways(items: _Items, count: int) -> list[list[set[str]]]:
    """Returns for each way in which a match may begin its sets of first, second ... characters."""
    for i, (what, given) in enumerate(items):
        rest = items[i + 1 :]
        if what in _NOTHING_WIDE:
            continue
        if what is op.BRANCH:
            return [way for branch in given[1] for way in _ways([*branch, *rest], count)]
        if what is op.SUBPATTERN:
            return _ways([*given[3], *rest], count)
        if what in _REPEATS:
            least, _, inner = given
            once = _ways([*inner, *(rest if count > 1 else ())], count)
            return once if least else [*once, *_ways(rest, count)]
        chars = (
            {chr(given)} if what is op.LITERAL else {*(_members(given) if what is op.IN else "")}
        )
        if not chars:
            break
        return [[chars, *more] for more in (_ways(rest, count - 1) if count > 1 else [[]])]
    raise ValueError("the characters that begin its matches cannot be listed")


def _members(given: _Items) -> str:
    """Returns the characters of a class, with all white space if it contains white space."""
    found = _characters(given)
    if found is None or given[0][0] is op.NEGATE:
        raise ValueError("a class whose characters cannot be listed")
    has_space = (op.CATEGORY, op.CATEGORY_SPACE) in given
    return found + (WHITE_SPACE if has_space else "")


# All characters that `\s` matches; there are none beyond U+3000.
WHITE_SPACE = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
