"""Measures of the shape of lines: their ends, bullets, rows of tables, lists of headlines."""

from __future__ import annotations

import re

from pipeline.check.measure import LINES, Measure, Taken
from pipeline.check.subject import Subject
from pipeline.native.bits import GAPPED, ROW

_COLUMN = re.compile(r"\t|\S {2,}\S| \| ")
# A longer line with tabs or wide gaps is a paragraph whose line breaks were lost.
_ROW_CHARACTERS = 160


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    reading = subject.reading
    ended, headlines, rows, bulleted, broken_off, gapped = reading.line_counts
    lines = len(reading.lines) or 1
    return {
        "end_punctuation_share": ended / lines,
        "bullet_line_share": bulleted / lines,
        "ellipsis_line_share": broken_off / lines,
        "headline_line_share": headlines / lines,
        "table_line_share": (count_rows(subject) if gapped else rows) / lines,
    }


def count_rows(subject: Subject) -> int:
    """Returns how many lines are rows: lines with columns, or mostly figures."""
    pairs = zip(subject.reading.lines, subject.lines, strict=True)
    return sum(
        bool(found & ROW or (found & GAPPED and _has_columns(line))) for found, line in pairs
    )


def _has_columns(line: str) -> bool:
    return len(line) < _ROW_CHARACTERS and _COLUMN.search(line) is not None


MEASURES = (
    Measure("end_punctuation_share", LINES, "Lines that end like a sentence."),
    Measure("bullet_line_share", LINES, "Lines that begin with a bullet."),
    Measure("ellipsis_line_share", LINES, "Lines that end in an ellipsis."),
    Measure("headline_line_share", LINES, "Lines that look like headlines."),
    Measure("table_line_share", LINES, "Lines that look like rows of a table."),
)
