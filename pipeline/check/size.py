"""Measures of size: characters, words, sentences, paragraphs."""

from __future__ import annotations

from operator import itemgetter

from pipeline import traits
from pipeline.check.measure import Measure, Taken
from pipeline.check.subject import Reading, Subject

_unspaced_of, _in_words = itemgetter(*traits.UNSPACED), itemgetter(*traits.WORD_KINDS)


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    reading, paragraphs = subject.reading, subject.paragraphs
    return {
        "characters": len(subject.body),
        "words": reading.words,
        "content_words": reading.words + len(subject.headline_words),
        "sentences": reading.sentences,
        "lines": len(reading.lines),
        "paragraphs": len(paragraphs),
        "longest_paragraph": max(map(len, paragraphs), default=0),
        "words_per_sentence": reading.words / (reading.sentences or 1),
        "mean_word_length": mean_word_length(reading),
    }


def mean_word_length(reading: Reading) -> float | None:
    """Returns the mean length of words, in characters.

    Returns None for a text without words, and for scripts in which each character counts as a word.
    """
    unspaced: int = sum(_unspaced_of(reading.scripts))
    if not reading.words or unspaced * 2 > sum(reading.scripts):
        return None
    letters: int = sum(_in_words(reading.kinds))
    return letters / reading.words


MEASURES = (
    Measure("characters", "characters", "Characters of the body."),
    Measure(
        "words",
        "words",
        "Words of the body; in scripts without spaces each character is one.",
    ),
    Measure("content_words", "words", "Words of headline and body."),
    Measure("sentences", "sentences", "Sentences of the body."),
    Measure("lines", "lines", "Lines of the body that are not blank."),
    Measure("paragraphs", "paragraphs", "Paragraphs of the body."),
    Measure("longest_paragraph", "characters", "The longest paragraph."),
    Measure("words_per_sentence", "words", "Words for each sentence."),
    Measure("mean_word_length", "characters", "Mean length of a word."),
)
