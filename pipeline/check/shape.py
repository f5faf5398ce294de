"""What the lines look like: how they end, what they begin with, rows, lists of headlines."""

from __future__ import annotations

import re

from pipeline.check import kernels
from pipeline.check.subject import Subject

_COLUMN = re.compile(r"\t|\S {2,}\S| \| ")
# A longer line with tabs or wide gaps is a paragraph whose line breaks were lost.
_ROW_CHARACTERS = 160


def end_punctuation_share(subject: Subject) -> float:
    """Share of the lines that end like a sentence, closing quotes and brackets set aside."""
    return _share(subject.reading.lines, kernels.ENDED)


def bullet_line_share(subject: Subject) -> float:
    return _share(subject.reading.lines, kernels.BULLETED)


def ellipsis_line_share(subject: Subject) -> float:
    return _share(subject.reading.lines, kernels.BROKEN_OFF)


def table_line_share(subject: Subject) -> float:
    """Share of the lines that are rows: columns set apart, or mostly figures."""
    lines = subject.reading.lines
    if any(found & kernels.GAPPED for found in lines):
        lines = [
            found | kernels.ROW if found & kernels.GAPPED and _has_columns(line) else found
            for found, line in zip(lines, subject.lines, strict=True)
        ]
    return _share(lines, kernels.ROW)


def headline_line_share(subject: Subject) -> float:
    """Share of the lines with the length of a headline and no mark at their end."""
    return _share(subject.reading.lines, kernels.HEADLINE)


def _has_columns(line: str) -> bool:
    return len(line) < _ROW_CHARACTERS and _COLUMN.search(line) is not None


def _share(lines: list[int], bit: int) -> float:
    return sum([found & bit for found in lines]) / (bit * len(lines)) if lines else 0.0
