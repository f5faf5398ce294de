"""`copydesk learn`: finds the lines of a source's page furniture in its own articles."""

from __future__ import annotations

import os
from pathlib import Path

import typer
from msgspec import Struct

from pipeline import __version__
from pipeline.clean.learned_lines import LearnedLine
from pipeline.clean.learning import Learner
from pipeline.cli.clock import now
from pipeline.cli.notice import say_if_slow
from pipeline.cli.progress import progress_bar
from pipeline.cli.table import print_json
from pipeline.flow import Desk
from pipeline.runners.first_pass import learn as learn_from
from pipeline.runners.first_pass import refuse_read_once
from pipeline.runners.inputs import Inputs, arrivals
from pipeline.runners.outputs import write_whole
from pipeline.runners.stopping import Stop
from pipeline.settings import load
from pipeline.settings.rules_file import write_rules

_HEADING = """\
Lines that belong to the pages of a source, not to its articles. Learned by `copydesk learn`
({version}) from {articles:,} articles of {sources:,} sources. Read it before you use it: what
says something of a story does not belong here. Name this file as clean.learned.
"""


class Learned(Struct, frozen=True):
    """What `copydesk learn --json` prints."""

    articles: int
    sources: int
    lines: dict[str, tuple[LearnedLine, ...]]


def learn(
    paths: list[str], out: Path, *, least: int, jobs: int, config: Path | None, json: bool
) -> None:
    """Learns from all articles, then writes the rules file."""
    say_if_slow()
    desk = load(config, os.environ).settings.desk()
    inputs = Inputs(paths, desk.parse)
    with progress_bar("learn", inputs) as progress, Stop() as stop:
        items = stop.before_next(arrivals(inputs, desk.parse, now()))
        learner = learn_from(items, desk, jobs=jobs, least=least, progress=progress)
    if stop.stopped:
        typer.echo(f"Stopped on request: {out} was not written.", err=True)
        raise KeyboardInterrupt
    rules = learner.rules()
    write_whole(out, rules_file(learner).encode())
    if json:
        lines = {source: own.lines for source, own in rules.items()}
        print_json(Learned(learner.articles, learner.sources, lines))
        return
    count = sum(len(own.lines) for own in rules.values())
    typer.echo(
        f"{count:,} lines of {len(rules):,} sources, learned from {learner.articles:,} articles of "
        f"{learner.sources:,} sources, are in {out}. Read it, then set clean.learned to use it."
    )


def first_pass(paths: list[str], desk: Desk, moment: str, jobs: int) -> Learner:
    """Learns from the inputs before `copydesk run --learn` begins; they must be readable twice."""
    refuse_read_once(paths)
    inputs = Inputs(paths, desk.parse)
    with progress_bar("learn", inputs) as progress, Stop() as stop:
        items = stop.before_next(arrivals(inputs, desk.parse, moment))
        learner = learn_from(items, desk, jobs=jobs, progress=progress)
    if stop.stopped:
        typer.echo("Stopped on request while learning: nothing was written.", err=True)
        raise KeyboardInterrupt
    return learner


def rules_file(learner: Learner) -> str:
    """Returns the text of a rules file with the learned lines."""
    heading = _HEADING.format(
        version=__version__, articles=learner.articles, sources=learner.sources
    )
    return write_rules(learner.rules(), heading)
