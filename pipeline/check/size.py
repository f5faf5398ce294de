"""Measures of size: characters, words, sentences, paragraphs."""

from __future__ import annotations

from pipeline import traits
from pipeline.check.measure import Measure
from pipeline.check.subject import Subject


def mean_word_length(subject: Subject) -> float | None:
    """Returns the mean length of words, in characters.

    Returns None for a text without words, and for scripts in which each character counts as a word.
    """
    reading = subject.reading
    unspaced = sum([reading.scripts[script] for script in traits.UNSPACED])
    if not reading.words or unspaced * 2 > sum(reading.scripts):
        return None
    return sum([reading.kinds[kind] for kind in traits.WORD_KINDS]) / reading.words


MEASURES = (
    Measure("characters", "characters", "Characters of the body.", lambda it: len(it.body)),
    Measure(
        "words",
        "words",
        "Words of the body; in scripts without spaces each character is one.",
        lambda it: it.reading.words,
    ),
    Measure(
        "content_words",
        "words",
        "Words of headline and body.",
        lambda it: it.reading.words + len(it.headline_words),
    ),
    Measure("sentences", "sentences", "Sentences of the body.", lambda it: it.reading.sentences),
    Measure(
        "lines", "lines", "Lines of the body that are not blank.", lambda it: len(it.reading.lines)
    ),
    Measure("paragraphs", "paragraphs", "Paragraphs of the body.", lambda it: len(it.paragraphs)),
    Measure(
        "longest_paragraph",
        "characters",
        "The longest paragraph.",
        lambda it: max(map(len, it.paragraphs), default=0),
    ),
    Measure(
        "words_per_sentence",
        "words",
        "Words for each sentence.",
        lambda it: it.reading.words / (it.reading.sentences or 1),
    ),
    Measure("mean_word_length", "characters", "Mean length of a word.", mean_word_length),
)
