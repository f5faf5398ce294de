"""`copydesk doctor`: what is fine here, what is not, and what to do."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import typer
from msgspec.structs import replace

from pipeline.cli.table import print_json, print_table
from pipeline.cluster import KafkaOptions
from pipeline.errors import CopydeskError
from pipeline.runners.checkup import Check, State, machine
from pipeline.settings import DEFAULT, load


def doctor(*, config: Path | None, json: bool) -> None:
    """Prints every check; exit 1 if something is broken."""
    checks = [*_checks(config)]
    if json:
        print_json(checks)
    else:
        rows = [(one.name, one.state, one.found, one.advice) for one in checks]
        print_table(("what", "state", "found", "what to do"), rows)
    if any(one.state is State.BROKEN for one in checks):
        raise typer.Exit(1)


def _checks(config: Path | None) -> Iterator[Check]:
    try:
        loaded = load(config, os.environ)
    except CopydeskError as error:
        yield Check("settings", State.BROKEN, str(error), "mend them; copydesk config check")
        return
    given = sum(place != DEFAULT for place in loaded.provenance.values())
    yield Check("settings", State.FINE, f"{loaded.file or 'no file'}, {given} given")
    yield from machine(loaded.settings)
    from pipeline.runners.kafka.admin.cluster_checkup import cluster  # noqa: PLC0415 - the clients

    logging.getLogger("kafka").setLevel(logging.ERROR)  # it cannot decode the members of Faust
    kafka = loaded.settings.kafka
    # Whoever works with files alone has named no broker, and needs none.
    is_unasked = kafka.bootstrap_servers == KafkaOptions().bootstrap_servers
    for check in cluster(kafka):
        if check.name == "broker" and check.state is State.BROKEN and is_unasked:
            advice = "only the stream needs one: set kafka.bootstrap_servers, or try make demo"
            yield replace(check, state=State.LOOK, advice=advice)
        else:
            yield check
