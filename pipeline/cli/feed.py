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
from pipeline.runners.inputs import Inputs
from pipeline.runners.kafka.admin.producer import Feed
from pipeline.runners.stopping import Stop
from pipeline.settings import load


def feed(
    paths: list[str], *, rate: float | None, start: int, config: Path | None, json: bool
) -> None:
    """Sends every article of the inputs from number `start` on, at most `rate` a second."""
    settings = load(config, os.environ).settings
    inputs = Inputs(paths, settings.parse)
    clock = time.monotonic()
    feeder = Feed(settings.kafka, rate, lambda line: echo(line, err=True))
    with progress_bar("feed", inputs) as progress, Stop() as stop:
        feeder.run(stop.before_next(inputs), progress, start)
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
