"""`copydesk run`: cleans, checks and de-duplicates files."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.article import encode
from pipeline.cli.learn import first_pass, rules_file
from pipeline.cli.notice import say_if_slow
from pipeline.cli.progress import progress_bar
from pipeline.cli.summary import print_summary
from pipeline.cli.table import print_json
from pipeline.cli.terminal import echo
from pipeline.clock import now
from pipeline.flow import Stages
from pipeline.report import Run, Tally, render
from pipeline.runners.files import run_files
from pipeline.runners.inputs import Inputs, arrivals
from pipeline.runners.outputs import (
    LEARNED,
    REPORT,
    SOURCES,
    Outputs,
    find_articles,
    path_of,
    write_whole,
)
from pipeline.runners.stopping import Stop
from pipeline.settings import Lessons, Settings, load, with_html, with_rules

if TYPE_CHECKING:
    from pipeline.runners.memory import Memory


def run(
    paths: list[str],
    out: Path,
    *,
    jobs: int,
    learn: bool,
    html: str | None,
    memory: Path | None,
    config: Path | None,
    json: bool,
) -> None:
    """Does the work of `copydesk run`. Raises KeyboardInterrupt where a signal stopped it."""
    say_if_slow()
    settings = with_html(load(config, os.environ).settings, html)
    moment, clock = now(), time.monotonic()
    learners = first_pass(paths, settings.stages(), moment, jobs) if learn else None
    if learners:
        known = Lessons(settings.clean.rules)
        settings = with_rules(settings, known.with_more(learners.lessons()))
    stages = settings.stages()
    with _memory(memory, settings) if memory else nullcontext() as kept:
        tally, stopped = _run_all(paths, out, stages, moment, jobs=jobs, memory=kept)
        seconds = time.monotonic() - clock
        facts = Run(inputs=tuple(paths), started=moment, seconds=seconds, ruleset=stages.ruleset)
        _write_results(out, tally, facts)
        if kept and not stopped:
            kept.save()
    if learners:
        write_whole(out / LEARNED, rules_file(learners).encode())
    if json:
        print_json(tally.figures())
    else:
        print_summary(tally, out, seconds)
    if stopped:
        unsaved = f" {memory} is as it was before." if memory else ""
        echo(f"Stopped on request: the rest was not read, all lines are whole.{unsaved}", err=True)
        raise KeyboardInterrupt


def _memory(path: Path, settings: Settings) -> Memory:
    from pipeline.runners.memory import Memory  # noqa: PLC0415 - it takes NumPy, a tenth of a second

    return Memory(path, settings.dedup, settings.sources)


def _run_all(
    paths: list[str], out: Path, stages: Stages, moment: str, *, jobs: int, memory: Memory | None
) -> tuple[Tally, bool]:
    """Runs every input through the desk; counts of them, and whether a signal ended it early."""
    inputs = Inputs(paths, stages.parse)
    with (
        Outputs(out, paths, moment, stages.ruleset) as outputs,
        progress_bar("run", inputs) as progress,
        Stop() as stop,
    ):
        items = stop.before_next(arrivals(inputs, stages.parse, moment))
        index, past = (memory.index, memory.sources) if memory else (None, None)
        tally = run_files(
            items, outputs, stages, jobs=jobs, index=index, past=past, progress=progress
        )
    for note in inputs.notes:
        echo(note, err=True)
    return tally, stop.stopped


def _write_results(out: Path, tally: Tally, facts: Run) -> None:
    """Writes the lines of each source, and the report."""
    write_whole(path_of(out, SOURCES), b"".join(encode(s) + b"\n" for s in tally.source_lines()))
    originals = find_articles(out, tally.wanted_originals())
    write_whole(out / REPORT, render(tally, originals, facts).encode())
