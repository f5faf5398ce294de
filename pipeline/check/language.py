"""How well the language is known, and whether the text agrees with what was declared."""

from __future__ import annotations

import json
from importlib.resources import files

from pipeline.check.identify import KNOWN, same_language
from pipeline.check.subject import Subject

_STOP_WORDS: dict[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in json.loads(
        files("pipeline.check").joinpath("data/stop_words.json").read_text("utf-8")
    ).items()
}


def language_score(subject: Subject) -> float:
    """How sure the language model is of its best guess, 0..1; 0 for too few letters."""
    return subject.guess.score


def other_language_score(subject: Subject) -> float | None:
    """The score of a guess that is not the declared language; None where that can't be told.

    It can't where nothing is declared, or a language the model does not know.
    """
    if subject.declared is None or subject.declared not in KNOWN:
        return None
    guess, score = subject.guess
    return 0.0 if guess is None or same_language(guess, subject.declared) else score


def stop_words(subject: Subject) -> float | None:
    """Distinct stop words of the declared language, else of the guessed one.

    None where there is no list for it.
    """
    stops = _STOP_WORDS.get(subject.declared or subject.guess.language or "")
    return None if stops is None else _found(subject, stops)


def _found(subject: Subject, stops: frozenset[str]) -> int:
    found = len(stops & subject.vocabulary)
    if found > 1:
        return found
    return len(stops.intersection(map(str.casefold, subject.vocabulary)))
