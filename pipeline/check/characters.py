"""Which characters the body is made of, read from the class counts of `alphabet`."""

from __future__ import annotations

import re

from pipeline.check import alphabet
from pipeline.check.subject import Subject

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+")
_LETTERS = (alphabet.SMALL, alphabet.CAPITAL, alphabet.CASELESS)


def capital_share(subject: Subject) -> float | None:
    """Capitals among the letters that have case; None where most letters have none."""
    capital = _count(subject, alphabet.CAPITAL)
    cased = capital + _count(subject, alphabet.SMALL)
    return capital / cased if cased > _count(subject, alphabet.CASELESS) else None


def digit_share(subject: Subject) -> float:
    return _count(subject, alphabet.DIGIT) / (len(subject.body) or 1)


def white_space_share(subject: Subject) -> float:
    """Line breaks, which part the paragraphs, are not counted."""
    blanks = _count(subject, alphabet.BLANK) - subject.body.count("\n")
    return blanks / (len(subject.body) or 1)


def broken_share(subject: Subject) -> float:
    """Controls, private use, lone surrogates and replacement characters."""
    return _count(subject, alphabet.BROKEN) / (len(subject.body) or 1)


def replacement_characters(subject: Subject) -> float:
    return subject.body.count("\N{REPLACEMENT CHARACTER}")


def url_share(subject: Subject) -> float:
    """Share of the characters that stand in web addresses."""
    body = subject.body
    if "://" not in body and "www." not in body:
        return 0.0
    return sum(map(len, _URL.findall(body))) / len(body)


def symbols_per_word(subject: Subject) -> float:
    """Hash signs and ellipses for each word (Gopher's measure)."""
    body = subject.body
    signs = body.count("#") + body.count("...") + body.count("\N{HORIZONTAL ELLIPSIS}")
    return signs / (len(subject.words) or 1)


def letter_share(subject: Subject) -> float | None:
    """Letters, their marks and digits among all but white space; None where there is no other."""
    solid = len(subject.body) - _count(subject, alphabet.BLANK)
    kinds = (*_LETTERS, alphabet.MARK, alphabet.DIGIT)
    return sum(_count(subject, kind) for kind in kinds) / solid if solid > 0 else None


def alphabetic_word_share(subject: Subject) -> float | None:
    """Words that are not numbers; None for a text without words."""
    if not subject.words:
        return None
    return 1 - sum(map(str.isnumeric, subject.words)) / len(subject.words)


def second_script_share(subject: Subject) -> float:
    """Share of the letters that belong to the second most used script."""
    letters = sorted(subject.scripts.values())
    return letters[-2] / sum(letters) if len(letters) > 1 else 0.0


def _count(subject: Subject, kind: int) -> int:
    return sum(subject.counts[kind :: alphabet.KINDS])
