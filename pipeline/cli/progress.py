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

from pipeline.cli.terminal import new_console
from pipeline.runners.inputs import Inputs

_REFRESH = 64  # articles between two updates of the bar


@contextmanager
def progress_bar(name: str, inputs: Inputs | None) -> Iterator[Callable[[int], None]]:
    """Yields a function that takes the number of articles done; the bar shows bytes read.

    Without inputs nobody knows how much there is to do.
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[articles]:,} articles"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=new_console(stderr=True), transient=True) as bar:
        task = bar.add_task(
            f"copydesk {name}", total=inputs.total_bytes if inputs else None, articles=0
        )

        shown = 0

        def show(done: int) -> None:
            nonlocal shown
            if done - shown >= _REFRESH:
                shown = done
                bar.update(task, completed=inputs.done_bytes if inputs else None, articles=done)

        yield show
