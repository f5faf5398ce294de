r"""Literals: what every match of a regular expression must hold, read from its parsed form.

`Photo by` in any case can match only where the text holds `photo by`. An automaton finds such
literals of all rules in one pass, and a pattern is run only where one of its own was found. RE2's
`FilteredRE2` and Rust's `regex-syntax` derive literals in the same way.

Literals and texts are compared folded: case folded, the dotted and the dotless i of Turkish one
letter, each run of white space one space. So `see\s+also` gives the literal `see also`, and
whatever matches with or without `re.IGNORECASE` is found. A literal may be found where the pattern
does not match; a match without its literal does not exist.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

# The parser of `re` itself: private, and the same from Python 3.11 to 3.13.
from re import _constants as op  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip

_Items = Sequence[tuple[Any, Any]]  # what `re` makes of a pattern: operations and arguments


class Side(IntEnum):
    """Where in a line a literal must be."""

    ANY = 0
    FIRST = 1  # near the beginning
    LAST = 2  # near the end


class Literal(NamedTuple):
    """A folded text that some matches hold; others of the same set stand for the other matches."""

    text: str
    side: Side = Side.ANY
    within: int = 0  # folded characters between it and that side of the line, at most


# A set of more literals than this is cut shorter; characters of a class that is spelled out.
_MOST_LITERALS, _MOST_CHARACTERS = 300, 12
_NEAR = 8  # a literal with more characters between it and the side of the line may be anywhere
_MOST_UNFOLDED = 3  # folded characters that one character may become
_EARLIER = 0.01  # a literal is that much rarer at a given place than anywhere
# How often each character is found in text: the order is what counts.
_COMMON = " etaoinshrdlucmfwygpbvk.,-0123456789jxqz"
_SHARE = {char: 0.16 / (1 + 0.5 * rank) for rank, char in enumerate(_COMMON)}
_LETTER, _RARE = 0.02, 0.0003
_TOO_OFTEN = 0.02  # of a text's places: such a set tells nothing
_MANY = 1 << 16  # a width from here on has no bound


def fold_literal(text: str) -> str:
    """The text as literals are compared: see the top of this file."""
    return _SPACES.sub(" ", text.casefold().replace("\u0307", "").replace("\u0131", "i"))


_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=256)
def literals_of(
    pattern: re.Pattern[str], *, from_first: bool = False, to_last: bool = False
) -> frozenset[Literal]:
    """Literals one of which is in every match of the pattern, the rarest such set.

    `from_first`, `to_last`: the pattern is matched against a line from its first character on, or
    up to its last one. Raises ValueError where each set would be found nearly everywhere.
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
    """The first `count` characters of the pattern's matches: for each alternative, sets of them.

    Raises ValueError where a set cannot be listed.
    """
    items = list(parser.parse(pattern.pattern, pattern.flags))
    return [tuple("".join(sorted(one)) for one in way) for way in _ways(items, count)]


def _best(items: _Items, before: float, after: float) -> frozenset[Literal] | None:
    """The rarest set of literals of a sequence.

    `before`, `after`: how many characters at most are before and after the sequence in its line.
    """
    widths = [_width(item) for item in items]
    options: list[frozenset[Literal]] = []
    for i, item in enumerate(items):
        left = before + sum(widths[:i])
        if i == 0 or items[i - 1][0] is not op.LITERAL:  # else the one before does better
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
    """What every match of a sequence begins with.

    `rest`: how many characters at most are between its beginning and the end of the line.
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
    """The literals but for those that are found only where another one of them is."""
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
    """The best literals of what an item is made of, if all that it may be has some."""
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
# A beginning, and whether what comes next can still be added to it.
_Prefixes = frozenset[tuple[str, bool]]
_UNKNOWN: _Prefixes = frozenset([("", False)])


def _prefixes(items: _Items) -> _Prefixes:
    """Texts with one of which each match of the sequence begins."""
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
        if once == {(" ", True)}:  # a run of white space is one space
            return once if least else once | {("", True)}
        if most > 1:
            once = frozenset((text, False) for text, _ in once)
        return once if least else once | {("", True)}
    return _UNKNOWN


def _characters(given: _Items) -> str | None:
    """The characters of a class, of white space only one; None where they are too many."""
    found: list[str] = []
    if given[:2] == [(op.NEGATE, None), (op.CATEGORY, op.CATEGORY_NOT_SPACE)]:
        return " "  # white space, but for a line break or the like
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
    """How many characters an item takes at most."""
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
    """About how often one of the literals is found, per character of text."""
    return sum(
        math.prod(_share(char) for char in one.text) * (_EARLIER if one.side else 1)
        for one in found
    )


def _share(char: str) -> float:
    return _SHARE.get(char, _LETTER if char.isalpha() else _RARE)


def _ways(items: _Items, count: int) -> list[list[set[str]]]:
    """Sets of first, second ... characters, for each way in which a match may begin."""
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
    raise ValueError("the characters with which its matches begin cannot be listed")


def _members(given: _Items) -> str:
    """The characters of a class, all white space where it has that."""
    found = _characters(given)
    if found is None or given[0][0] is op.NEGATE:
        raise ValueError("a class whose characters cannot be listed")
    has_space = (op.CATEGORY, op.CATEGORY_SPACE) in given
    return found + (WHITE_SPACE if has_space else "")


# All that `\s` matches; none is beyond.
WHITE_SPACE = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
