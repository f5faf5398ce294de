"""Facts on the screen: an aligned table for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from pipeline.cli.terminal import new_console, plain, plain_json


def print_json(facts: object) -> None:
    """Prints facts as indented JSON on standard output."""
    encoded = msgspec.json.format(msgspec.json.encode(facts), indent=2)
    sys.stdout.write(plain_json(encoded.decode()) + "\n")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints aligned columns, folded to a terminal's width; elsewhere one line for each row."""
    if sys.stdout.isatty():
        table = Table(*header, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        new_console().print(table)
        return
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(header))]
    for line in lines:
        cells = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        )
        sys.stdout.write(plain("  ".join(cells).rstrip()) + "\n")
