"""Measures of the characters of the body, from the counts of `native.read_text`."""

from __future__ import annotations

import re

from pipeline.check.measure import CHARACTERS, WORDS, Measure, Taken
from pipeline.check.subject import Reading, Subject
from pipeline.native.bits import BLANK, BROKEN, CAPITAL, CASELESS, DIGIT, MARK, SMALL

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]+")


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    body, reading, kinds = subject.body, subject.reading, subject.reading.kinds
    size, words = len(body) or 1, reading.words
    return {
        "alphabetic_word_share": 1 - reading.numbers / words if words else None,
        "letter_share": letter_share(kinds, len(body)),
        "capital_share": capital_share(kinds),
        "digit_share": kinds[DIGIT] / size,
        "url_share": url_share(body),
        # Line breaks, which separate the paragraphs, do not count.
        "white_space_share": (kinds[BLANK] - len(subject.rows) + 1) / size,
        "symbols_per_word": reading.symbols / (words or 1),
        "replacement_characters": body.count("\N{REPLACEMENT CHARACTER}") if kinds[BROKEN] else 0,
        "broken_share": kinds[BROKEN] / size,
        "second_script_share": second_script_share(reading),
    }


def letter_share(kinds: list[int], size: int) -> float | None:
    """Returns the share of letters, marks and digits; None for a blank text."""
    letters = kinds[SMALL] + kinds[CAPITAL] + kinds[CASELESS] + kinds[MARK] + kinds[DIGIT]
    solid = size - kinds[BLANK]
    return letters / solid if solid > 0 else None


def capital_share(kinds: list[int]) -> float | None:
    """Returns the share of capitals among letters with case; None where most letters have none."""
    cased = kinds[CAPITAL] + kinds[SMALL]
    return kinds[CAPITAL] / cased if cased > kinds[CASELESS] else None


def url_share(body: str) -> float:
    """Returns the share of the characters that belong to web addresses."""
    # One sign first: looking for several at a time takes ten times as long.
    if not ("/" in body and "://" in body) and "www." not in body:
        return 0.0
    return sum(map(len, _URL.findall(body))) / len(body)


def second_script_share(reading: Reading) -> float:
    """Returns the share of letters that belong to the second most frequent script."""
    second = sorted(reading.scripts)[-2]
    return second / sum(reading.scripts) if second else 0.0


MEASURES = (
    Measure("alphabetic_word_share", WORDS, "Words that are not numbers."),
    Measure("letter_share", CHARACTERS, "Letters, marks and digits among all but white space."),
    Measure("capital_share", "share of cased letters", "Capitals."),
    Measure("digit_share", CHARACTERS, "Digits."),
    Measure("url_share", CHARACTERS, "Web addresses."),
    Measure("white_space_share", CHARACTERS, "White space other than line breaks."),
    Measure("symbols_per_word", "signs per word", "Hash signs and ellipses."),  # Gopher's
    Measure("replacement_characters", "characters", "Characters lost in decoding (U+FFFD)."),
    Measure("broken_share", CHARACTERS, "Control, private-use and lost characters."),
    Measure("second_script_share", "share of letters", "Letters of the second most used script."),
)
