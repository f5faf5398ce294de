"""Measures of repetition: lines, paragraphs and runs of words, after the repairs.

Source: Rae et al. 2021 (Gopher), appendix A; here shares of runs count words instead of
characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.check.measure import CHARACTERS, LINES, WORDS, Measure
from pipeline.check.subject import Subject
from pipeline.native.bits import LONGEST_RUN, TOP_RUN


def distinct_word_share(subject: Subject) -> float | None:
    """Returns the share of distinct words; None for a text without words."""
    reading = subject.reading
    return reading.distinct / reading.words if reading.words else None


def _repeated(parts: Sequence[str]) -> float:
    return 1 - len(set(parts)) / len(parts) if parts else 0.0


def _repeated_characters(parts: Sequence[str]) -> float:
    distinct = set(parts)
    if len(distinct) == len(parts):
        return 0.0
    return 1 - sum(map(len, distinct)) / (sum(map(len, parts)) or 1)


def _share_in_runs(size: int) -> Callable[[Subject], float]:
    """Returns a measure of the share of the words in repeated runs of `size` words."""

    def take(subject: Subject) -> float:
        count = subject.reading.runs[size]
        return min(1.0, count / subject.reading.words) if count else 0.0

    return take


MEASURES = (
    Measure(
        "duplicate_line_share",
        LINES,
        "Lines that came before.",
        lambda it: _repeated(it.lines),
    ),
    Measure(
        "duplicate_line_character_share",
        CHARACTERS,
        "Characters in such lines.",
        lambda it: _repeated_characters(it.lines),
    ),
    Measure(
        "duplicate_paragraph_share",
        "share of paragraphs",
        "Paragraphs that came before.",
        lambda it: _repeated(it.paragraphs),
    ),
    Measure(
        "duplicate_paragraph_character_share",
        CHARACTERS,
        "Characters in such paragraphs.",
        lambda it: _repeated_characters(it.paragraphs),
    ),
    Measure("distinct_word_share", WORDS, "Distinct words.", distinct_word_share),
    *(
        Measure(
            f"top_{size}gram_share",
            WORDS,
            f"The most frequent run of {size} words.",
            _share_in_runs(size),
        )
        for size in range(2, TOP_RUN + 1)
    ),
    *(
        Measure(
            f"duplicate_{size}gram_share",
            WORDS,
            f"Runs of {size} words that came before.",
            _share_in_runs(size),
        )
        for size in range(TOP_RUN + 1, LONGEST_RUN + 1)
    ),
)
