"""One row of the table: a figure as the input had it, after Copydesk, and beside another tool."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_FLOORS = Path(__file__).with_name("floors.toml")


class Figure(NamedTuple):
    """A measured number and, where there are any, the numbers it is compared with."""

    id: str  # its name in `floors.toml`
    count: int  # what it was measured on
    after: float
    before: float | None = None  # the input as it is
    beside: str = ""  # what another tool reaches


@lru_cache(maxsize=1)
def floors() -> dict[str, float]:
    """The least each figure may be, by its id; ids that end in `_most` are the most."""
    tables = tomllib.loads(_FLOORS.read_text("utf-8"))
    return {f"{group}.{name}": value for group, t in tables.items() for name, value in t.items()}


def holds(figure: Figure) -> bool:
    """Whether the figure keeps to its floor, if it has one."""
    floor = floors().get(figure.id)
    if floor is None:
        return True
    return figure.after <= floor if figure.id.endswith("_most") else figure.after >= floor


def print_table(figures: Iterable[Figure]) -> bool:
    """Print one line a figure; whether all keep to their floors."""
    print(f"{'figure':46}{'of':>8}{'as is':>9}{'Copydesk':>10}{'floor':>8}  beside")
    kept = True
    for figure in figures:
        floor = floors().get(figure.id)
        before = "" if figure.before is None else f"{figure.before:.4f}"
        bound = "" if floor is None else f"{floor:g}"
        mark = "" if holds(figure) else "  PAST ITS FLOOR"
        kept &= not mark
        print(
            f"{figure.id:46}{figure.count:8,}{before:>9}{figure.after:10.4f}{bound:>8}"
            f"  {figure.beside}{mark}"
        )
    return kept
