"""Texts that a regular expression may match, drawn at random; `from_regex` takes seconds each."""

from __future__ import annotations

import random
import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_POOL = "AaBbZz\u00c9\u00e9 \u00a09_.,:;-\u2013'\"()|/@#x\u0416\u0436"
_IS: dict[Any, Any] = {
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    op.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    op.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    op.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
_REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}


def drawn(pattern: re.Pattern[str], rng: random.Random) -> str:
    """A text that the pattern matches, but for what it says of the characters around."""
    text = _drawn(parser.parse(pattern.pattern, pattern.flags), rng)
    return rng.choice([str, str.upper, str.lower, str.title])(text)


def _drawn(items: Any, rng: random.Random) -> str:
    return "".join(_one(what, given, rng) for what, given in items)


def _one(what: Any, given: Any, rng: random.Random) -> str:  # noqa: PLR0911 - one an operation
    if what is op.LITERAL:
        return chr(given)
    if what is op.IN:
        ends = {chr(value) for kind, value in given if kind is op.LITERAL}
        ends |= {chr(value[0]) for kind, value in given if kind is op.RANGE}
        return rng.choice([char for char in (*_POOL, *sorted(ends)) if _is_in(given, char)])
    if what in {op.NOT_LITERAL, op.ANY}:
        return rng.choice([char for char in _POOL if what is op.ANY or ord(char) != given])
    if what is op.SUBPATTERN:
        return _drawn(given[3], rng)
    if what is op.ATOMIC_GROUP:
        return _drawn(given, rng)
    if what is op.BRANCH:
        return _drawn(rng.choice(given[1]), rng)
    if what in _REPEATS:
        least, most, inner = given
        times = rng.randint(least, min(most, least + 2))
        return "".join(_drawn(inner, rng) for _ in range(times))
    return ""  # what has no width


def _is_in(given: Any, char: str) -> bool:
    negated = given[0][0] is op.NEGATE
    return negated != any(
        (kind is op.LITERAL and ord(char) == value)
        or (kind is op.RANGE and value[0] <= ord(char) <= value[1])
        or (kind is op.CATEGORY and _IS[value](char))
        for kind, value in given
    )
