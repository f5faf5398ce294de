"""Signals: the conditions on lines and texts that the line scan searches for.

A signal belongs to a trigger and finds candidate lines for it. It is a tuple:

    trigger   the number of the trigger
    kind      a `Kind`, which determines the form of `data`
    longest   characters of the longest line of the body that counts; 0: any
    head      the number of lines at the top of the body in which the signal counts,
    tail      and the number of lines at its end; both 0: all lines
    fields    bits of `Field`: the texts that are searched
    data      by kind

A line is the text between two line breaks, without the white space around it; blank lines do not
count. Headline, description and authors count as one line each.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any


class Kind(IntEnum):
    """The kind of a signal; the string below each member describes its `data`."""

    LITERALS = 0
    """`[(text, side, within)]`: the line contains a folded text; at side 0 anywhere, at side 1 (2)
    with at most `within` folded characters between it and the beginning (the end) of the line."""
    CHARACTERS = 1
    """`[(one,)` or `(one, next)]`: the text contains a character of `one`, followed directly by a
    character of `next` if that is given."""
    OPENINGS = 2
    """`[(first, second, reach)]`: a line of at most `reach` characters opens with words of these
    keys, as returned by `twins.scan.opening`; `second` None: with any second word or none."""
    LINES = 3
    """`()`: any line."""
    DOUBLED = 4
    """`()`: the line is its first half, a space, and the first half again."""
    RECURRING = 5
    """`(probe,)`: the first `probe` characters of a longer line recur in it."""
    ALIKE = 6
    """`(edge, shortest)`: the fold of the line has the first or the last `edge` characters in
    common with that of another line; nowhere in a body without such a fold of more than
    `shortest` characters, which are fewer than `edge`."""
    LIKE_HEADLINE = 7
    """`()`: the last letters and digits of line and headline are the same."""
    UNLAID = 8
    """`()`: the body is anything but lines with one empty line between two."""
    UNTIDY = 9
    """`()`: the text has white space at its ends, or white space other than single spaces."""
    EMPTY = 10
    """`()`: the text is empty."""


class Field(IntFlag):
    """The texts of a draft, in the order in which they are given."""

    BODY = 1
    HEADLINE = 2
    DESCRIPTION = 4
    AUTHORS = 8


Signal = tuple[int, int, int, int, int, int, Any]
