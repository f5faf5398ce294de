"""How much there is: characters, words, sentences, paragraphs."""

from __future__ import annotations

from pipeline.check import alphabet
from pipeline.check.subject import Subject


def characters(subject: Subject) -> float:
    return len(subject.body)


def words(subject: Subject) -> float:
    return len(subject.words)


def content_words(subject: Subject) -> float:
    """Words of headline and body together."""
    return len(subject.words) + len(subject.headline_words)


def sentences(subject: Subject) -> float:
    return subject.sentences


def lines(subject: Subject) -> float:
    return len(subject.lines)


def paragraphs(subject: Subject) -> float:
    return len(subject.paragraphs)


def longest_paragraph(subject: Subject) -> float:
    return max(map(len, subject.paragraphs), default=0)


def words_per_sentence(subject: Subject) -> float:
    return len(subject.words) / (subject.sentences or 1)


def mean_word_length(subject: Subject) -> float | None:
    """Does not apply to scripts where each character counts as a word, nor to an empty text."""
    if not subject.words or _is_mostly_unspaced(subject):
        return None
    in_words = sum(sum(subject.counts[kind :: alphabet.KINDS]) for kind in alphabet.WORD_KINDS)
    return in_words / len(subject.words)


def _is_mostly_unspaced(subject: Subject) -> bool:
    """Whether half of the letters are of scripts without spaces between words."""
    unspaced = sum(subject.scripts.get(script, 0) for script in alphabet.UNSPACED)
    return unspaced * 2 > sum(subject.scripts.values())
