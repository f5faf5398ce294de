"""A progress bar for commands that read inputs; shown on terminals only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from pipeline.cli.terminal import NARROW, new_console
from pipeline.runners.inputs import Inputs

_REFRESH = 64  # articles between two updates of the bar


@contextmanager
def progress_bar(
    name: str, inputs: Inputs | None, noun: str = "article"
) -> Iterator[Callable[[int], None]]:
    """Yields a function that takes the number of articles done; the bar shows bytes read.

    Without inputs nobody knows how much there is to do.
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    console = new_console(stderr=True)
    columns = (
        TextColumn("[bold]{task.description}"),
        *(() if console.width < NARROW else (BarColumn(), TaskProgressColumn())),
        TextColumn("{task.fields[doing]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(
            f"copydesk {name}", total=inputs.total_bytes if inputs else None, doing="starting"
        )

        shown = 1 - _REFRESH  # the first is shown at once

        def show(done: int) -> None:
            nonlocal shown
            if done - shown >= _REFRESH:
                shown = done
                doing = f"{done:,} {noun}{'s' * (done != 1)}"
                bar.update(task, completed=inputs.done_bytes if inputs else None, doing=doing)

        yield show
