"""Measures of the characters of the body, from the counts of `native.read_text`."""

from __future__ import annotations

import re

from pipeline.check.measure import CHARACTERS, WORDS, Measure
from pipeline.check.subject import Subject
from pipeline.native.bits import BLANK, BROKEN, CAPITAL, CASELESS, DIGIT, MARK, SMALL

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+")
_LETTERS = (SMALL, CAPITAL, CASELESS, MARK, DIGIT)


def capital_share(subject: Subject) -> float | None:
    """Returns the share of capitals among letters with case; None where most letters have none."""
    kinds = subject.reading.kinds
    cased = kinds[CAPITAL] + kinds[SMALL]
    return kinds[CAPITAL] / cased if cased > kinds[CASELESS] else None


def white_space_share(subject: Subject) -> float:
    """Returns the share of white space among the characters; line breaks do not count."""
    blanks = subject.reading.kinds[BLANK] - subject.body.count("\n")
    return blanks / (len(subject.body) or 1)


def url_share(subject: Subject) -> float:
    """Returns the share of the characters that belong to web addresses."""
    body = subject.body
    if not ("/" in body and "://" in body) and "www." not in body:
        return 0.0
    return sum(map(len, _URL.findall(body))) / len(body)


def letter_share(subject: Subject) -> float | None:
    """Returns the share of letters, marks and digits; None for a blank text."""
    kinds = subject.reading.kinds
    solid = len(subject.body) - kinds[BLANK]
    return sum([kinds[kind] for kind in _LETTERS]) / solid if solid > 0 else None


def alphabetic_word_share(subject: Subject) -> float | None:
    """Returns the share of words that are not numbers; None for a text without words."""
    reading = subject.reading
    return 1 - reading.numbers / reading.words if reading.words else None


def second_script_share(subject: Subject) -> float:
    """Returns the share of letters that belong to the second most frequent script."""
    letters = sorted(subject.reading.scripts)
    return letters[-2] / sum(letters) if letters[-2] else 0.0


def _share_of(id_: str, kind: int, summary: str) -> Measure:
    """Returns a measure of the share of one kind of characters."""
    return Measure(
        id_, CHARACTERS, summary, lambda it: it.reading.kinds[kind] / (len(it.body) or 1)
    )


MEASURES = (
    Measure("alphabetic_word_share", WORDS, "Words that are not numbers.", alphabetic_word_share),
    Measure(
        "letter_share",
        CHARACTERS,
        "Letters, marks and digits among all but white space.",
        letter_share,
    ),
    Measure("capital_share", "share of cased letters", "Capitals.", capital_share),
    _share_of("digit_share", DIGIT, "Digits."),
    Measure("url_share", CHARACTERS, "Web addresses.", url_share),
    Measure(
        "white_space_share", CHARACTERS, "White space other than line breaks.", white_space_share
    ),
    Measure(  # Gopher's
        "symbols_per_word",
        "signs per word",
        "Hash signs and ellipses.",
        lambda it: it.reading.symbols / (it.reading.words or 1),
    ),
    Measure(
        "replacement_characters",
        "characters",
        "Characters lost in decoding (U+FFFD).",
        lambda it: it.body.count("\N{REPLACEMENT CHARACTER}"),
    ),
    _share_of("broken_share", BROKEN, "Control, private-use and lost characters."),
    Measure(
        "second_script_share",
        "share of letters",
        "Letters of the second most used script.",
        second_script_share,
    ),
)
