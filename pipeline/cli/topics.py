"""`copydesk topics`: compares the cluster's topics with the wanted ones, and applies changes."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from pipeline.cli.table import print_json, print_table
from pipeline.runners.kafka.admin.provisioning import TopicFact, TopicState, apply, inspect
from pipeline.settings import load


def topics(*, make: bool, config: Path | None, json: bool) -> None:
    """Prints how the cluster's topics differ from the wanted ones, after mending them if asked."""
    options = load(config, os.environ).settings.kafka
    facts = apply(options) if make else inspect(options)
    if json:
        print_json(facts)
    else:
        print_table(("topic", "partitions", "state", "what to do"), [_row(one) for one in facts])
    if any(fact.state is not TopicState.FINE for fact in facts):
        raise typer.Exit(1)


def _row(fact: TopicFact) -> tuple[str, str, str, str]:
    return fact.name, str(fact.partitions or fact.wanted_partitions), fact.state, _advice(fact)


def _advice(fact: TopicFact) -> str:
    if fact.state is TopicState.MISSING:
        return "copydesk topics --apply makes it"
    if fact.state is TopicState.OTHER_PARTITIONS:
        return (
            f"{fact.wanted_partitions} wanted: set kafka.topics to {fact.partitions}, or move to"
            " another kafka.prefix; a topic is not re-partitioned"
        )
    if fact.differs:
        changes = [f"{name} {there} to {fact.wanted[name]}" for name, there in fact.differs.items()]
        return f"copydesk topics --apply sets {', '.join(changes)}"
    return ""
