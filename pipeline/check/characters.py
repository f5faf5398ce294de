"""Which characters the body is made of, read from the counts by kind of `alphabet`."""

from __future__ import annotations

import re

from pipeline.check import alphabet
from pipeline.check.subject import Subject

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+")
_LETTERS = (
    alphabet.SMALL,
    alphabet.CAPITAL,
    alphabet.CASELESS,
    alphabet.MARK,
    alphabet.DIGIT,
)


def capital_share(subject: Subject) -> float | None:
    """Capitals among the letters that have case; None where most letters have none."""
    kinds = subject.reading.kinds
    capital = kinds[alphabet.CAPITAL]
    cased = capital + kinds[alphabet.SMALL]
    return capital / cased if cased > kinds[alphabet.CASELESS] else None


def digit_share(subject: Subject) -> float:
    return subject.reading.kinds[alphabet.DIGIT] / (len(subject.body) or 1)


def white_space_share(subject: Subject) -> float:
    """Line breaks, which part the paragraphs, are not counted."""
    blanks = subject.reading.kinds[alphabet.BLANK] - subject.body.count("\n")
    return blanks / (len(subject.body) or 1)


def broken_share(subject: Subject) -> float:
    """Controls, private use, lone surrogates and replacement characters."""
    return subject.reading.kinds[alphabet.BROKEN] / (len(subject.body) or 1)


def replacement_characters(subject: Subject) -> float:
    return subject.body.count("\N{REPLACEMENT CHARACTER}")


def url_share(subject: Subject) -> float:
    """Share of the characters that stand in web addresses."""
    body = subject.body
    if not ("/" in body and "://" in body) and "www." not in body:
        return 0.0
    return sum(map(len, _URL.findall(body))) / len(body)


def symbols_per_word(subject: Subject) -> float:
    """Hash signs and ellipses for each word (Gopher's measure)."""
    return subject.reading.symbols / (subject.reading.words or 1)


def letter_share(subject: Subject) -> float | None:
    """Letters, their marks and digits among all but white space; None where there is no other."""
    kinds = subject.reading.kinds
    solid = len(subject.body) - kinds[alphabet.BLANK]
    return sum([kinds[kind] for kind in _LETTERS]) / solid if solid > 0 else None


def alphabetic_word_share(subject: Subject) -> float | None:
    """Words that are not numbers; None for a text without words."""
    reading = subject.reading
    return 1 - reading.numbers / reading.words if reading.words else None


def second_script_share(subject: Subject) -> float:
    """Share of the letters that belong to the second most used script."""
    letters = sorted(subject.reading.scripts)
    return letters[-2] / sum(letters) if letters[-2] else 0.0
