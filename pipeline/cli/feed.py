"""`copydesk feed`: files onto the raw topic."""

from __future__ import annotations

import os
import time
from pathlib import Path

import typer

from pipeline.cli.progress import progress_bar
from pipeline.cli.table import print_json
from pipeline.cli.terminal import echo
from pipeline.routing import Topic
from pipeline.runners.inputs import Inputs, without_pages
from pipeline.runners.kafka.admin.producer import Feed
from pipeline.runners.stopping import Stop
from pipeline.settings import load, with_html


def feed(
    paths: list[str],
    *,
    rate: float | None,
    start: int,
    html: str | None,
    config: Path | None,
    json: bool,
) -> None:
    """Sends every article of the inputs from number `start` on, at most `rate` a second."""
    settings = with_html(load(config, os.environ).settings, html)
    inputs = Inputs(paths, settings.parse)
    clock = time.monotonic()
    feeder = Feed(settings.kafka, rate, lambda line: echo(line, err=True))
    with progress_bar("feed", inputs) as progress, Stop() as stop:
        items = without_pages(inputs, settings.parse)
        feeder.run(stop.before_next(items), progress, start)
    for note in inputs.notes:
        echo(note, err=True)
    fed, seconds = feeder.fed, time.monotonic() - clock
    if json:
        print_json(fed)
    else:
        topic = settings.kafka.topic(Topic.RAW)
        echo(
            f"{fed.acknowledged:,} of {fed.read:,} articles are on {topic} "
            f"({seconds:.1f} s); {fed.refused:,} were not sent."
        )
    if stop.stopped:
        echo(
            f"Stopped on request: the rest was not read; --from {feeder.first_open} goes on.",
            err=True,
        )
        raise KeyboardInterrupt
    if fed.acknowledged != fed.read:
        raise typer.Exit(1)
