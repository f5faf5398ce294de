"""Measures of the shape of lines: their ends, bullets, rows of tables, lists of headlines."""

from __future__ import annotations

import re

from pipeline.check.measure import LINES, Measure
from pipeline.check.subject import Subject
from pipeline.native.bits import BROKEN_OFF, BULLETED, ENDED, GAPPED, HEADLINE, ROW

_COLUMN = re.compile(r"\t|\S {2,}\S| \| ")
# A longer line with tabs or wide gaps is a paragraph whose line breaks were lost.
_ROW_CHARACTERS = 160


def table_line_share(subject: Subject) -> float:
    """Returns the share of the lines that are rows: lines with columns, or mostly figures."""
    lines = subject.reading.lines
    if any(found & GAPPED for found in lines):
        lines = bytes(
            found | ROW if found & GAPPED and _has_columns(line) else found
            for found, line in zip(lines, subject.lines, strict=True)
        )
    return _share(lines, ROW)


def _has_columns(line: str) -> bool:
    return len(line) < _ROW_CHARACTERS and _COLUMN.search(line) is not None


def _share(lines: bytes, bit: int) -> float:
    return sum([found & bit for found in lines]) / (bit * len(lines)) if lines else 0.0


def _share_of(id_: str, bit: int, summary: str) -> Measure:
    return Measure(id_, LINES, summary, lambda it: _share(it.reading.lines, bit))


MEASURES = (
    _share_of("end_punctuation_share", ENDED, "Lines that end like a sentence."),
    _share_of("bullet_line_share", BULLETED, "Lines that begin with a bullet."),
    _share_of("ellipsis_line_share", BROKEN_OFF, "Lines that end in an ellipsis."),
    _share_of("headline_line_share", HEADLINE, "Lines that look like headlines."),
    Measure("table_line_share", LINES, "Lines that look like rows of a table.", table_line_share),
)
