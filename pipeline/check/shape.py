"""What the lines look like: how they end, what they begin with, rows, lists of headlines."""

from __future__ import annotations

import re

from pipeline import text
from pipeline.check.subject import Subject

_BULLETS = ("\N{BULLET}", "- ", "* ", "\N{EN DASH} ", "\N{BLACK SQUARE}", "\N{TRIANGULAR BULLET}")
_ELLIPSES = ("...", "\N{HORIZONTAL ELLIPSIS}", "[\N{HORIZONTAL ELLIPSIS}]", "[...]")
_COLUMN = re.compile(r"\t|\S {2,}\S| \| ")
_COLUMN_SIGNS = ("\t", "  ", " | ")
_DIGITS = re.compile(r"\d+")
# A headline in a list: longer than a menu entry, shorter than a paragraph.
_HEADLINE_CHARACTERS = range(25, 161)
# A longer line with tabs or wide gaps is a paragraph whose line breaks were lost.
_ROW_CHARACTERS = 160
# Digits that make a line a row of a table: figures and units, hardly a word between them.
_ROW_DIGITS = 0.25


def end_punctuation_share(subject: Subject) -> float:
    """Share of the lines that end like a sentence, closing quotes and brackets set aside."""
    return _share(subject, sum(map(text.ends_sentence, subject.lines)))


def bullet_line_share(subject: Subject) -> float:
    return _share(subject, sum(line.startswith(_BULLETS) for line in subject.lines))


def ellipsis_line_share(subject: Subject) -> float:
    return _share(subject, sum(line.endswith(_ELLIPSES) for line in subject.lines))


def table_line_share(subject: Subject) -> float:
    """Share of the lines that are rows: columns set apart, or mostly figures."""
    lines = subject.lines
    if any(sign in subject.body for sign in _COLUMN_SIGNS):
        rows = sum(_is_row(line) or _has_columns(line) for line in lines)
    else:
        rows = sum(map(_is_row, lines))
    return _share(subject, rows)


def headline_line_share(subject: Subject) -> float:
    """Share of the lines with the length of a headline and no mark at their end."""
    return _share(
        subject,
        sum(
            len(line) in _HEADLINE_CHARACTERS and not text.ends_sentence(line)
            for line in subject.lines
        ),
    )


def _is_row(line: str) -> bool:
    # A row of figures begins or ends with one; looking there first spares the prose.
    if not (line[0].isdigit() or line[-1].isdigit() or line[-1] in "%)"):
        return False
    return sum(map(len, _DIGITS.findall(line))) > _ROW_DIGITS * len(line)


def _has_columns(line: str) -> bool:
    return len(line) < _ROW_CHARACTERS and _COLUMN.search(line) is not None


def _share(subject: Subject, lines: int) -> float:
    return lines / len(subject.lines) if subject.lines else 0.0
