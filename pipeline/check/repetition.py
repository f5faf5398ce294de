"""What is said again: lines, paragraphs and runs of words, after the repairs.

Source: the measures of Rae et al. 2021 (Gopher), appendix A; counted here in words instead of
characters for the runs. The limits are in `limits`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.check.subject import Subject


def duplicate_line_share(subject: Subject) -> float:
    """Share of the lines that stand further up already."""
    return _repeated(subject.lines)


def duplicate_line_character_share(subject: Subject) -> float:
    return _repeated_characters(subject.lines)


def duplicate_paragraph_share(subject: Subject) -> float:
    return _repeated(subject.paragraphs)


def duplicate_paragraph_character_share(subject: Subject) -> float:
    return _repeated_characters(subject.paragraphs)


def distinct_word_share(subject: Subject) -> float | None:
    """Distinct words among all; None for a text without words."""
    reading = subject.reading
    return reading.distinct / reading.words if reading.words else None


def top_2gram_share(subject: Subject) -> float:
    """Share of the words that stand in the most frequent pair of words."""
    return subject.reading.runs[2]


def top_3gram_share(subject: Subject) -> float:
    return subject.reading.runs[3]


def top_4gram_share(subject: Subject) -> float:
    return subject.reading.runs[4]


def duplicate_5gram_share(subject: Subject) -> float:
    """Share of the words in runs of five that stand further up already."""
    return subject.reading.runs[5]


def duplicate_6gram_share(subject: Subject) -> float:
    return subject.reading.runs[6]


def duplicate_7gram_share(subject: Subject) -> float:
    return subject.reading.runs[7]


def duplicate_8gram_share(subject: Subject) -> float:
    return subject.reading.runs[8]


def duplicate_9gram_share(subject: Subject) -> float:
    return subject.reading.runs[9]


def duplicate_10gram_share(subject: Subject) -> float:
    return subject.reading.runs[10]


def _repeated(parts: Sequence[str]) -> float:
    return 1 - len(set(parts)) / len(parts) if parts else 0.0


def _repeated_characters(parts: Sequence[str]) -> float:
    distinct = set(parts)
    if len(distinct) == len(parts):
        return 0.0
    return 1 - sum(map(len, distinct)) / (sum(map(len, parts)) or 1)
