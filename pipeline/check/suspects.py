"""The measure of lines that may be furniture: those that the line model doubts, and cleaning left.

The finding of its limit says which lines these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec.structs import replace

from pipeline.article import Finding
from pipeline.check.measure import Measure, Taken
from pipeline.check.subject import Subject

RULE = "furniture-suspected"
_RUN = re.compile(r"(\d+)(?:-(\d+))?")


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    return {"suspected_lines": len(subject.suspected)}


def with_lines(findings: Iterable[Finding], subject: Subject) -> tuple[Finding, ...]:
    """Returns the findings; that of suspected lines names them, as in `lines 3, 7-9`."""
    return tuple(
        replace(one, detail=f"lines {', '.join(_runs(subject.suspected))}")
        if one.rule == RULE
        else one
        for one in findings
    )


def _runs(numbers: list[int]) -> Iterator[str]:
    """Yields the numbers, those that follow each other as one range."""
    breaks = [i for i, (one, other) in enumerate(pairwise(numbers), 1) if other - one > 2]
    for first, end in pairwise([0, *breaks, len(numbers)]):
        run = numbers[first:end]
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"


def lines_of(findings: Iterable[Finding]) -> frozenset[int]:
    """Returns the numbers of the lines that the finding names, and of the blank ones in between."""
    runs = [run for one in findings if one.rule == RULE for run in _RUN.findall(one.detail or "")]
    return frozenset(n for first, last in runs for n in range(int(first), int(last or first) + 1))


MEASURES = (
    Measure(
        "suspected_lines",
        "lines",
        "Lines that the line model takes for furniture, but is not sure of.",
    ),
)
