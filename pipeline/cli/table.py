"""Facts on the screen: an aligned table for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import repeat

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.cli.starting import clear_starting
from pipeline.cli.terminal import NARROW, new_console, plain, plain_json


def print_json(facts: object) -> None:
    """Prints facts as indented JSON on standard output."""
    clear_starting()
    encoded = msgspec.json.format(msgspec.json.encode(facts), indent=2)
    sys.stdout.write(plain_json(encoded.decode()) + "\n")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints aligned columns, folded to a terminal's width; elsewhere one line for each row."""
    if sys.stdout.isatty():
        show_table(new_console(), header, rows)
        return
    clear_starting()
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(header))]
    for line in lines:
        cells = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        )
        sys.stdout.write(plain("  ".join(cells).rstrip()) + "\n")


def show_table(
    console: Console,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Iterable[str] = repeat(""),
) -> None:
    """Prints a table in which nothing is cut, each row in its style.

    Where it does not fit a narrow terminal, a row is a few lines: its first cell, and below it the
    others that are not empty, each after its heading.
    """
    widths = (max(cell_len(row[at]) for row in (header, *rows)) + 2 for at in range(len(header)))
    if console.width < NARROW and sum(widths) > console.width:
        console.print(Text(header[0], "dim"))
        for (first, *others), style in zip(rows, styles, strict=False):
            console.print(Text(first, "bold"))
            named = [
                f"{name}: {cell}" for name, cell in zip(header[1:], others, strict=True) if cell
            ]
            is_short = sum(map(cell_len, named)) < 2 * console.width
            for line in ["; ".join(named)] if is_short else named:
                console.print(Padding(Text(line, style), (0, 0, 0, 2)))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row, style in zip(rows, styles, strict=False):
        table.add_row(*(Text(cell) for cell in row), style=style)
    console.print(table)
