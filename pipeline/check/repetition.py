"""Measures of repetition: lines, paragraphs and runs of words, after the repairs.

Source: Rae et al. 2021 (Gopher), appendix A; here shares of runs count words instead of
characters.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.check.measure import CHARACTERS, LINES, WORDS, Measure, Taken
from pipeline.check.subject import Subject
from pipeline.native.bits import LONGEST_RUN, TOP_RUN

_RUNS = {
    size: f"top_{size}gram_share" if size <= TOP_RUN else f"duplicate_{size}gram_share"
    for size in range(2, LONGEST_RUN + 1)
}


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    reading = subject.reading
    lines = repeated(subject.lines)
    is_same = subject.paragraphs == subject.lines
    paragraphs = lines if is_same else repeated(subject.paragraphs)
    words = reading.words
    shares = [min(1.0, run / words) if run else 0.0 for run in reading.runs[2:]]
    return {
        "duplicate_line_share": lines[0],
        "duplicate_line_character_share": lines[1],
        "duplicate_paragraph_share": paragraphs[0],
        "duplicate_paragraph_character_share": paragraphs[1],
        "distinct_word_share": reading.distinct / words if words else None,
        **dict(zip(_RUNS.values(), shares, strict=True)),
    }


def repeated(parts: Sequence[str]) -> tuple[float, float]:
    """Returns which share of the parts came before, and of their characters."""
    distinct = set(parts)
    if len(distinct) == len(parts):
        return 0.0, 0.0
    characters = sum(map(len, distinct)) / (sum(map(len, parts)) or 1)
    return 1 - len(distinct) / len(parts), 1 - characters


MEASURES = (
    Measure("duplicate_line_share", LINES, "Lines that came before."),
    Measure("duplicate_line_character_share", CHARACTERS, "Characters in such lines."),
    Measure("duplicate_paragraph_share", "share of paragraphs", "Paragraphs that came before."),
    Measure("duplicate_paragraph_character_share", CHARACTERS, "Characters in such paragraphs."),
    Measure("distinct_word_share", WORDS, "Distinct words."),
    *(
        Measure(name, WORDS, f"The most frequent run of {size} words.")
        if size <= TOP_RUN
        else Measure(name, WORDS, f"Runs of {size} words that came before.")
        for size, name in _RUNS.items()
    ),
)
