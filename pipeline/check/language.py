"""How well the language is known, and whether the text agrees with what was declared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline import languages, text
from pipeline.check import alphabet, kernels
from pipeline.check.identify import KNOWN, same_language
from pipeline.check.subject import Subject


def _keys(words: str) -> NDArray[np.uint64]:
    """One number for each word of a text; equal words have equal numbers."""
    keys: NDArray[np.uint64] = kernels.read_words(text.code_points(words), alphabet.SIGNS)[2]
    return keys


# Keys of the stop words of each language.
_STOP_WORDS: dict[str, NDArray[np.uint64]] = {
    code: np.unique(_keys(words)) for code, words in languages.stop_words().items()
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
    if stops is None:
        return None
    found = kernels.count_among(subject.reading.keys, stops)
    if found > 1:
        return found
    return kernels.count_among(_keys(subject.body.casefold()), stops)
