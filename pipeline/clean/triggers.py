r"""Triggers: where a rule has something to look at, derived from what the rule itself uses.

Nobody writes a filter beside a pattern. A trigger is made from the rule's own patterns, words and
limits, and the line scan (`scan.py`) finds the triggers of all rules in one pass:

    Trigger.of(_PATTERN, longest=_MAX_LINE)     lines that hold a literal which every match holds
    Trigger.ends(*_MARKS)                       lines that end in one of some texts
    Trigger.words(_HEADINGS)                    lines that hold the longest word of a phrase
    Trigger.phrases(PHRASES)                    lines that begin like a phrase
    Trigger.characters(_PATTERN)                texts that hold a character a match begins with
    Trigger.lines(longest=_MAX_NAME, tail=1)    lines of a length and at a place
    Trigger.given("markdown")                   all articles of which the context says so
    one | other                                 where either finds something

The law: where a rule's trigger finds nothing the rule finds nothing, and on the lines that it finds
the rule finds what it finds on all lines. `tests/test_triggers.py` holds it for every rule.
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
from pipeline.clean.phrases import Phrases
from pipeline.languages.grammar import ANY
from pipeline.native.scan_signals import Field, Kind
from pipeline.text import fold

EVERYWHERE = Field.BODY | Field.HEADLINE | Field.DESCRIPTION | Field.AUTHORS


class Where(NamedTuple):
    """Which lines count."""

    longest: int = 0  # characters; 0: any
    head: int = 0  # the first so many lines,
    tail: int = 0  # and the last so many; both 0: all
    fields: Field = Field.BODY


class Signal(NamedTuple):
    """One thing the scan looks for; `data` is computed when the scanner is compiled."""

    kind: Kind
    where: Where
    data: Callable[[], Any]


class Trigger(NamedTuple):
    """Any of some signals, or what the context says of the article by one of `attributes`."""

    signals: tuple[Signal, ...]
    attributes: tuple[str, ...] = ()

    def __or__(self, other: Trigger) -> Trigger:
        """Return the trigger that finds what either finds."""
        return Trigger(self.signals + other.signals, self.attributes + other.attributes)

    @classmethod
    def of(
        cls,
        *patterns: re.Pattern[str],
        from_first: bool = False,
        to_last: bool = False,
        **where: Any,
    ) -> Trigger:
        """Lines that hold literals of the patterns, case and spaces aside.

        `from_first`, `to_last`: they are matched from the first character of a line on, up to its
        last one. ValueError at the first scan says that no literal can be derived.
        """
        return _one(Kind.LITERALS, where, partial(_literals, patterns, from_first, to_last))

    @classmethod
    def begins(cls, *texts: str, **where: Any) -> Trigger:
        """Lines that begin with one of the texts."""
        return _one(Kind.LITERALS, where, partial(_at, Side.FIRST, texts))

    @classmethod
    def begins_like(cls, pattern: re.Pattern[str], **where: Any) -> Trigger:
        """Lines that begin with a character with which a match of the pattern begins."""
        return _one(
            Kind.LITERALS,
            where,
            lambda: _at(Side.FIRST, filter(str.strip, _first_characters(pattern))),
        )

    @classmethod
    def ends(cls, *texts: str, **where: Any) -> Trigger:
        """Lines that end in one of the texts."""
        return _one(Kind.LITERALS, where, partial(_at, Side.LAST, texts))

    @classmethod
    def words(cls, phrases: Iterable[str], **where: Any) -> Trigger:
        """Lines that hold the longest word of one of the phrases: all whose fold is a phrase."""
        return _one(
            Kind.LITERALS, where, lambda: _at(Side.ANY, sorted(map(_longest_word, phrases)))
        )

    @classmethod
    def phrases(
        cls, phrases: Phrases, *, of: Collection[str] | None = None, **where: Any
    ) -> Trigger:
        """Lines that begin like a phrase `of` some rules, no longer than any that begins so."""
        return _one(Kind.OPENINGS, where, partial(_openings, phrases, of))

    @classmethod
    def characters(cls, *patterns: re.Pattern[str]) -> Trigger:
        """Texts of any field that hold one of the characters with which a match begins."""
        return _one(
            Kind.CHARACTERS,
            {"fields": EVERYWHERE},
            lambda: [(_first_characters(*patterns),)],
        )

    @classmethod
    def pairs(cls, pattern: re.Pattern[str]) -> Trigger:
        """Texts of any field that hold two characters with which a match begins."""
        ways = partial(first_characters, pattern, 2)
        return _one(Kind.CHARACTERS, {"fields": EVERYWHERE}, ways)

    @classmethod
    def any_of(cls, characters: Callable[[], str]) -> Trigger:
        """Texts of any field that hold one of the characters."""
        return _one(Kind.CHARACTERS, {"fields": EVERYWHERE}, lambda: [(characters(),)])

    @classmethod
    def lines(cls, **where: Any) -> Trigger:
        """Lines of a length, at a place."""
        return _one(Kind.LINES, where)

    @classmethod
    def doubled(cls, longest: int) -> Trigger:
        """Lines that are a title, a space, and the title again."""
        return _one(Kind.DOUBLED, {"longest": longest})

    @classmethod
    def recurring(cls, probe: int) -> Trigger:
        """Lines in which the first `probe` characters come again."""
        return _one(Kind.RECURRING, {}, lambda: (probe,))

    @classmethod
    def alike(cls, edge: int, shortest: int) -> Trigger:
        """Bodies in which two long lines begin or end alike; see `Kind.ALIKE` for the numbers."""
        return _one(Kind.ALIKE, {}, lambda: (edge, shortest))

    @classmethod
    def like_headline(cls, **where: Any) -> Trigger:
        """Lines that end like the headline, none where there is none."""
        return _one(Kind.LIKE_HEADLINE, where)

    @classmethod
    def unlaid(cls) -> Trigger:
        """Bodies that are anything but lines with one empty line between two."""
        return _one(Kind.UNLAID, {})

    @classmethod
    def untidy(cls, fields: Field) -> Trigger:
        """Fields with white space at their ends, or with any but single spaces."""
        return _one(Kind.UNTIDY, {"fields": fields})

    @classmethod
    def empty(cls, field: Field) -> Trigger:
        """Articles without such a field."""
        return _one(Kind.EMPTY, {"fields": field})

    @classmethod
    def given(cls, *attributes: str) -> Trigger:
        """Articles of which the context holds something under one of the names."""
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
    """Return what the literals of a signal are derived from, as a key; None for other signals."""
    if not isinstance(signal.data, partial) or signal.data.func is not _literals:
        return None
    patterns, *how = signal.data.args
    return repr([(one.pattern, int(one.flags)) for one in patterns] + how)


def _first_characters(*patterns: re.Pattern[str]) -> str:
    return "".join(sorted({*chain(*(way for one in patterns for (way,) in first_characters(one)))}))


def _at(side: Side, texts: Iterable[str]) -> list[Literal]:
    return [Literal(fold_literal(text), side) for text in dict.fromkeys(texts)]


def _longest_word(phrase: str) -> str:
    """Return the longest word of a phrase's fold; in an unspaced script it is one character."""
    return max(fold(phrase).split(), key=len)


def _openings(phrases: Phrases, rules: Collection[str] | None) -> list[tuple[str, str | None, int]]:
    return [
        (first, None if second == ANY else second, phrases.reach[first])
        for (first, second), matching in phrases.by_opening.items()
        if any(rules is None or phrase.rule in rules for phrase in matching)
    ]
