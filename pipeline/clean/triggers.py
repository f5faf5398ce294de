r"""Triggers: prefilters of rules, derived from the patterns, words and limits of the rules.

No filter is written by hand beside a pattern. The line scan (`scan.py`) finds the triggers of all
rules in one pass:

    Trigger.of(_PATTERN, longest=_MAX_LINE)     lines with a literal that every match contains
    Trigger.ends(*_MARKS)                       lines that end in one of some texts
    Trigger.words(_HEADINGS)                    lines that contain the longest word of a phrase
    Trigger.phrases(PHRASES)                    lines that begin like a phrase
    Trigger.characters(_PATTERN)                texts with a character that begins a match
    Trigger.lines(longest=_MAX_NAME, tail=1)    lines of a length, at a place
    Trigger.given("markdown")                   all articles whose context has the attribute
    one | other                                 what either trigger finds

A trigger may have false positives, never false negatives: without a trigger the rule finds nothing,
and on the candidate lines it finds the same as on all lines. `tests/test_triggers.py` checks this
law for every rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from pipeline.clean.literals import (
    Literal,
    Side,
    first_characters,
    fold_literal,
    literals_of,
)
from pipeline.languages.grammar import ANY
from pipeline.languages.phrases import Phrases
from pipeline.native.scan_signals import Field, Kind
from pipeline.text import fold

EVERYWHERE = Field.BODY | Field.HEADLINE | Field.DESCRIPTION | Field.AUTHORS


class Where(NamedTuple):
    """The lines that count."""

    longest: int = 0  # characters; 0: any
    head: int = 0  # number of lines at the top,
    tail: int = 0  # and at the end; both 0: all
    fields: Field = Field.BODY


class Signal(NamedTuple):
    """One condition that the scan searches for; `data` is computed for the scanner."""

    kind: Kind
    where: Where
    data: Callable[[], Any]


class Trigger(NamedTuple):
    """Finds any of its signals, or an article whose context has one of `attributes`."""

    signals: tuple[Signal, ...]
    attributes: tuple[str, ...] = ()

    def __or__(self, other: Trigger) -> Trigger:
        """Returns the union of two triggers."""
        return Trigger(self.signals + other.signals, self.attributes + other.attributes)

    @classmethod
    def of(
        cls,
        *patterns: re.Pattern[str],
        from_first: bool = False,
        to_last: bool = False,
        **where: Any,
    ) -> Trigger:
        """Finds lines that contain literals of the patterns; case and kind of spaces do not count.

        `from_first`, `to_last`: the patterns are matched from the first character of a line on, or
        up to its last one. The first scan raises ValueError if no literal can be derived.
        """
        return _one(Kind.LITERALS, where, partial(_literals, patterns, from_first, to_last))

    @classmethod
    def begins(cls, *texts: str, **where: Any) -> Trigger:
        """Finds lines that begin with one of the texts."""
        return _one(Kind.LITERALS, where, partial(_at, Side.FIRST, texts))

    @classmethod
    def begins_like(cls, pattern: re.Pattern[str], **where: Any) -> Trigger:
        """Finds lines whose first character can begin a match of the pattern."""
        return _one(
            Kind.LITERALS,
            where,
            lambda: _at(Side.FIRST, filter(str.strip, _first_characters(pattern))),
        )

    @classmethod
    def ends(cls, *texts: str, **where: Any) -> Trigger:
        """Finds lines that end in one of the texts."""
        return _one(Kind.LITERALS, where, partial(_at, Side.LAST, texts))

    @classmethod
    def words(cls, phrases: Iterable[str], **where: Any) -> Trigger:
        """Finds lines that contain the longest word of a phrase, so all whose fold is a phrase."""
        return _one(
            Kind.LITERALS, where, lambda: _at(Side.ANY, sorted(map(_longest_word, phrases)))
        )

    @classmethod
    def phrases(
        cls, phrases: Phrases, *, of: Collection[str] | None = None, **where: Any
    ) -> Trigger:
        """Finds lines that begin like a phrase `of` some rules, unless they are longer than it."""
        return _one(Kind.OPENINGS, where, partial(_openings, phrases, of))

    @classmethod
    def characters(cls, *patterns: re.Pattern[str]) -> Trigger:
        """Finds texts of any field that contain a character that can begin a match."""
        return _one(
            Kind.CHARACTERS,
            {"fields": EVERYWHERE},
            lambda: [(_first_characters(*patterns),)],
        )

    @classmethod
    def pairs(cls, pattern: re.Pattern[str]) -> Trigger:
        """Finds texts of any field that contain two characters that can begin a match."""
        ways = partial(first_characters, pattern, 2)
        return _one(Kind.CHARACTERS, {"fields": EVERYWHERE}, ways)

    @classmethod
    def any_of(cls, characters: Callable[[], str]) -> Trigger:
        """Finds texts of any field that contain one of the characters."""
        return _one(Kind.CHARACTERS, {"fields": EVERYWHERE}, lambda: [(characters(),)])

    @classmethod
    def lines(cls, **where: Any) -> Trigger:
        """Finds lines of a length, at a place."""
        return _one(Kind.LINES, where)

    @classmethod
    def doubled(cls, longest: int) -> Trigger:
        """Finds lines that are a title, a space, and the title again."""
        return _one(Kind.DOUBLED, {"longest": longest})

    @classmethod
    def recurring(cls, probe: int) -> Trigger:
        """Finds lines in which the first `probe` characters recur."""
        return _one(Kind.RECURRING, {}, lambda: (probe,))

    @classmethod
    def alike(cls, edge: int, shortest: int) -> Trigger:
        """Finds lines that begin or end alike, where two long ones do; see `Kind.ALIKE`."""
        return _one(Kind.ALIKE, {}, lambda: (edge, shortest))

    @classmethod
    def like_headline(cls, **where: Any) -> Trigger:
        """Finds lines that end like the headline; none without a headline."""
        return _one(Kind.LIKE_HEADLINE, where)

    @classmethod
    def unlaid(cls) -> Trigger:
        """Finds bodies that are anything but lines separated by single empty lines."""
        return _one(Kind.UNLAID, {})

    @classmethod
    def untidy(cls, fields: Field) -> Trigger:
        """Finds fields with white space at their ends, or other than single spaces."""
        return _one(Kind.UNTIDY, {"fields": fields})

    @classmethod
    def empty(cls, field: Field) -> Trigger:
        """Finds articles in which the field is empty."""
        return _one(Kind.EMPTY, {"fields": field})

    @classmethod
    def given(cls, *attributes: str) -> Trigger:
        """Finds articles whose context has a value for one of the attributes."""
        return cls((), attributes)


def _one(kind: Kind, where: dict[str, Any], data: Callable[[], Any] = tuple) -> Trigger:
    return Trigger((Signal(kind, Where(**where), data),))


def _literals(
    patterns: Sequence[re.Pattern[str]],
    from_first: bool,  # noqa: FBT001 - as `Trigger.of` has it
    to_last: bool,  # noqa: FBT001
) -> list[Literal]:
    return [
        one
        for pattern in patterns
        for one in sorted(literals_of(pattern, from_first=from_first, to_last=to_last))
    ]


def derivation_of(signal: Signal) -> str | None:
    """Returns a key of the patterns from which a signal's literals are derived, or None."""
    if not isinstance(signal.data, partial) or signal.data.func is not _literals:
        return None
    patterns, *how = signal.data.args
    return repr([(one.pattern, int(one.flags)) for one in patterns] + how)


def _first_characters(*patterns: re.Pattern[str]) -> str:
    return "".join(sorted({*chain(*(way for one in patterns for (way,) in first_characters(one)))}))


def _at(side: Side, texts: Iterable[str]) -> list[Literal]:
    return [Literal(fold_literal(text), side) for text in dict.fromkeys(texts)]


def _longest_word(phrase: str) -> str:
    """Returns the longest word of a phrase's fold; in an unspaced script it is one character."""
    return max(fold(phrase).split(), key=len)


def _openings(phrases: Phrases, rules: Collection[str] | None) -> list[tuple[str, str | None, int]]:
    return [
        (first, None if second == ANY else second, phrases.reach[first])
        for (first, second), matching in phrases.by_opening.items()
        if any(rules is None or phrase.rule in rules for phrase in matching)
    ]
