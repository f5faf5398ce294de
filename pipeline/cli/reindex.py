"""`copydesk reindex`: makes the index anew from the published articles."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.cli.table import print_json
from pipeline.cli.terminal import echo
from pipeline.routing import Topic
from pipeline.runners.kafka.admin.rebuilding import reindex as work
from pipeline.settings import load


def reindex(*, config: Path | None, json: bool) -> None:
    """Makes the entries anew that this version cannot compare, and prints how many."""
    options = load(config, os.environ).settings.kafka
    done = work(options)
    if json:
        print_json(done)
    else:
        echo(
            f"{options.topic(Topic.INDEX)}: {done.renewed:,} entries made anew, {done.forgotten:,}"
            f" forgotten whose articles are gone, {done.readable:,} left as they were."
        )
