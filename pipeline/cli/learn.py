"""`copydesk learn`: finds the lines of a source's page furniture in its own articles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from pipeline import __version__
from pipeline.clean.learned_lines import LearnedLine
from pipeline.clean.learning import FEWEST, Learner
from pipeline.cli.notice import say_if_slow
from pipeline.cli.progress import progress_bar
from pipeline.cli.table import print_json
from pipeline.cli.terminal import echo
from pipeline.clock import now
from pipeline.flow import Stages
from pipeline.parse.date_orders import DateOrders, LearnedOrder
from pipeline.runners.first_pass import Learners, refuse_read_once
from pipeline.runners.first_pass import learn as learn_from
from pipeline.runners.inputs import Inputs, arrivals
from pipeline.runners.outputs import write_whole
from pipeline.runners.stopping import Stop
from pipeline.settings import load
from pipeline.settings.rules_file import write_rules

_HEADING = """\
Lines that belong to the pages of a source, not to its articles. Learned by `copydesk learn`
({version}) from {articles:,} articles of {sources:,} sources. Read it before you use it: what
says something of a story does not belong here. Below the lines, whether day or month comes first
in the dates of a source. Name this file as clean.learned.
"""
_MOST_TOLD = 3  # sources whose order was not learned


class Learned(Struct, frozen=True):
    """What `copydesk learn --json` prints."""

    articles: int
    sources: int
    lines: dict[str, tuple[LearnedLine, ...]]
    date_orders: dict[str, LearnedOrder]


def learn(
    paths: list[str], out: Path, *, least: int, jobs: int, config: Path | None, json: bool
) -> None:
    """Learns from all articles, then writes the rules file."""
    say_if_slow()
    stages = load(config, os.environ).settings.stages()
    inputs = Inputs(paths, stages.parse)
    with progress_bar("learn", inputs) as progress, Stop() as stop:
        items = stop.before_next(arrivals(inputs, stages.parse, now()))
        learners = learn_from(items, stages, jobs=jobs, least=least, progress=progress)
    if stop.stopped:
        echo(f"Stopped on request: {out} was not written.", err=True)
        raise KeyboardInterrupt
    lessons, learner = learners.lessons(), learners.lines
    write_whole(out, rules_file(learners).encode())
    if json:
        lines = {source: own.lines for source, own in lessons.lines.items()}
        print_json(Learned(learner.articles, learner.sources, lines, lessons.date_orders))
        return
    count = sum(len(own.lines) for own in lessons.lines.values())
    known = len(lessons.date_orders)
    dates = f", and the order of day and month in the dates of {known:,}" if known else ""
    if not count:
        echo(_why_no_lines(learner, least))
    echo(
        f"{count:,} lines of {len(lessons.lines):,} sources{dates}, learned from "
        f"{learner.articles:,} articles of {learner.sources:,} sources, are in {out}."
        f"{' Read it, then set clean.learned to use it.' if count or known else ''}"
    )
    for line in _not_learned(learners.dates):
        echo(line)


def _why_no_lines(learner: Learner, least: int) -> str:
    """Returns why no line was learned."""
    if not learner.articles:
        return "Nothing to learn from: no article that names its source was read."
    large = learner.large_sources
    if not large:
        return (
            f"No line was learned: {learner.sources:,} sources, none with the {FEWEST} articles"
            " that it takes."
        )
    return (
        f"No line was learned: of {learner.sources:,} sources {large:,} have the {FEWEST} articles"
        f" that it takes, and none has a line of its pages beside {least} stories or more that the"
        " general rules leave."
    )


def _not_learned(dates: DateOrders) -> Iterator[str]:
    """Yields why the order of a source's dates was not learned."""
    unknown = sorted(dates.unknown().items(), key=lambda item: -item[1].ambiguous)
    for source, its in unknown[:_MOST_TOLD]:
        why = "its other dates say both" if its.mixes else "too few of its other dates say which"
        yield f"{its.ambiguous:,} dates of {source} can still be read in two ways: {why}."
    if len(unknown) > _MOST_TOLD:
        yield f"So can dates of {len(unknown) - _MOST_TOLD:,} more sources."


def first_pass(paths: list[str], stages: Stages, moment: str, jobs: int) -> Learners:
    """Learns from the inputs before `copydesk run --learn` begins; they must be readable twice."""
    refuse_read_once(paths)
    inputs = Inputs(paths, stages.parse)
    with progress_bar("learn", inputs) as progress, Stop() as stop:
        items = stop.before_next(arrivals(inputs, stages.parse, moment))
        learners = learn_from(items, stages, jobs=jobs, progress=progress)
    if stop.stopped:
        echo("Stopped on request while learning: nothing was written.", err=True)
        raise KeyboardInterrupt
    return learners


def rules_file(learners: Learners) -> str:
    """Returns the text of a rules file with what was learned."""
    learner = learners.lines
    heading = _HEADING.format(
        version=__version__, articles=learner.articles, sources=learner.sources
    )
    return write_rules(learners.lessons(), heading)
