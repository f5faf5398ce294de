"""Measures of the language: how sure it is, and whether it is the declared one."""

from __future__ import annotations

from functools import cache

from pipeline import languages
from pipeline.check.identify import KNOWN, same_language
from pipeline.check.measure import Measure, Taken
from pipeline.check.subject import Subject, keys_of
from pipeline.native import count_among


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    return {
        "language_score": subject.guess.score,  # 0 for too few letters
        "other_language_score": other_language_score(subject),
        "stop_words": stop_words(subject),
    }


def other_language_score(subject: Subject) -> float | None:
    """Returns the score of the detected language if it is not the declared one, else 0.

    Returns None if no language is declared, or one that the model does not know.
    """
    if subject.declared is None or subject.declared not in KNOWN:
        return None
    guess, score = subject.guess
    return 0.0 if guess is None or same_language(guess, subject.declared) else score


def stop_words(subject: Subject) -> float | None:
    """Returns how many distinct stop words of the declared or detected language the text has.

    Returns None if the language has no list of stop words.
    """
    stops = _stop_words(subject.declared or subject.guess.language or "")
    if not stops:
        return None
    found = count_among(subject.reading.keys, stops)
    if found > 1:
        return found
    return count_among(keys_of(subject.body.casefold()), stops)


@cache
def _stop_words(language: str) -> bytes:
    """Returns the distinct keys of a language's stop words; empty if it has no list."""
    keys = keys_of(languages.stop_words().get(language, ""))
    return b"".join({keys[at : at + 8] for at in range(0, len(keys), 8)})


MEASURES = (
    Measure("language_score", "0 to 1", "How sure the language model is."),
    Measure(
        "other_language_score",
        "0 to 1",
        "How sure it is of another language than the declared one.",
    ),
    Measure(
        "stop_words",
        "distinct words",
        "Commonest words of the language that the text has.",
    ),
)
