"""Signals: what the line scan looks for in an article.

A signal belongs to a trigger and says where that has something to look at. It is a tuple:

    trigger   the number of the trigger
    kind      a `Kind`, which says what `data` is
    longest   characters of the longest line of the body that counts; 0: any
    head      the signal counts in the first so many lines of the body,
    tail      and in the last so many; both 0: in all
    fields    bits of `Field`: the texts that are searched
    data      by kind

A line is what lies between two line breaks and holds more than white space, without the white space
around it. In headline, description and authors no lines are told apart.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any


class Kind(IntEnum):
    """What a signal is of, and its `data`."""

    LITERALS = 0
    """`[(text, side, within)]`: a folded text is in it; at side 1 (2) with at most `within` folded
    characters between it and the beginning (the end) of the line; at side 0 anywhere."""
    CHARACTERS = 1
    """`[(one,)` or `(one, next)]`: it holds a character of `one`, right before one of `next`."""
    OPENINGS = 2
    """`[(first, second, reach)]`: a line of at most `reach` characters opens with words of these
    keys, as `twins.scan.opening` gives them; `second` None: with any second word or none."""
    LINES = 3
    """`()`: any line."""
    DOUBLED = 4
    """`()`: the line is its first half, a space, and the first half again."""
    RECURRING = 5
    """`(probe,)`: the first `probe` characters of a longer line come again in it."""
    ALIKE = 6
    """`(edge, shortest)`: of two lines of the body whose folds are longer than `shortest`, the
    folds have the first or the last `edge` characters in common."""
    LIKE_HEADLINE = 7
    """`()`: the last letters and digits of line and headline are the same."""
    UNLAID = 8
    """`()`: the body is anything but lines with one empty line between two."""
    UNTIDY = 9
    """`()`: the text has white space at its ends, or any but single spaces."""
    EMPTY = 10
    """`()`: the text is empty."""


class Field(IntFlag):
    """The texts of a draft, in the order in which they are given."""

    BODY = 1
    HEADLINE = 2
    DESCRIPTION = 4
    AUTHORS = 8


Signal = tuple[int, int, int, int, int, int, Any]
