"""How much there is: characters, words, sentences, paragraphs."""

from __future__ import annotations

from pipeline.check import alphabet
from pipeline.check.subject import Subject


def characters(subject: Subject) -> float:
    return len(subject.body)


def words(subject: Subject) -> float:
    return subject.reading.words


def content_words(subject: Subject) -> float:
    """Words of headline and body together."""
    return subject.reading.words + len(subject.headline_words)


def sentences(subject: Subject) -> float:
    return subject.reading.sentences


def lines(subject: Subject) -> float:
    return len(subject.reading.lines)


def paragraphs(subject: Subject) -> float:
    return len(subject.paragraphs)


def longest_paragraph(subject: Subject) -> float:
    return max(map(len, subject.paragraphs), default=0)


def words_per_sentence(subject: Subject) -> float:
    return subject.reading.words / (subject.reading.sentences or 1)


def mean_word_length(subject: Subject) -> float | None:
    """Does not apply to scripts where each character counts as a word, nor to an empty text."""
    reading = subject.reading
    unspaced = sum([reading.scripts[script] for script in alphabet.UNSPACED])
    if not reading.words or unspaced * 2 > sum(reading.scripts):
        return None
    return sum([reading.kinds[kind] for kind in alphabet.WORD_KINDS]) / reading.words
