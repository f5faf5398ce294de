"""`copydesk rules`: every repair and every check, with what it does by default."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from pipeline.check import LIMITS, Limit
from pipeline.clean import REPAIRS
from pipeline.cli.table import print_json, print_table
from pipeline.own import FAILED, OwnOptions, imported
from pipeline.own.language_files import count_entries
from pipeline.parse.problems import NOTICES
from pipeline.settings import Settings, load


class RuleFact(Struct, frozen=True):
    """One rule: its public id, and what it does unless the settings say otherwise."""

    id: str
    stage: str  # parse, clean, check, own; own clean, own check, own language of the user's
    summary: str
    limit: str  # empty where there is none
    severity: str  # empty for a repair: it edits, it does not judge
    source: str  # where the limit comes from


def rule_facts(settings: Settings | None = None) -> list[RuleFact]:
    """Returns every rule in the order they run, then those of the user's that settings name."""
    return [
        *(RuleFact(one.id, "parse", one.summary, "", one.severity, "") for one in NOTICES),
        *(RuleFact(rule.id, "clean", rule.summary, "", "", "") for rule in REPAIRS),
        *(
            RuleFact(one.rule, "check", one.summary, _bound(one), one.severity, one.source)
            for one in LIMITS
        ),
        RuleFact(FAILED.id, "own", FAILED.summary, "", FAILED.severity, ""),
        *(_own(settings.own) if settings else ()),
    ]


def _own(options: OwnOptions) -> Iterator[RuleFact]:
    found = imported(options)
    for rule in found.rules:
        yield RuleFact(rule.id, "own clean", rule.summary, "", "", rule.find.__module__)
    for one in found.limits:
        yield RuleFact(one.rule, "own check", one.summary, _bound(one), one.severity, one.source)
    for name, text in options.texts.items():
        what = f"adds {count_entries(text):,} phrases, words and limits"
        yield RuleFact(f"{name}.toml", "own language", what, "", "", str(options.languages))


def _bound(limit: Limit) -> str:
    """What the measure has to keep, e.g. "words at least 50"; "off" without a default."""
    if limit.low is not None:
        return f"{limit.measure} at least {limit.low:g}"
    return "off" if limit.high is None else f"{limit.measure} at most {limit.high:g}"


def show(*, config: Path | None, json: bool) -> None:
    """Prints every rule with its default limit."""
    facts = rule_facts(load(config, os.environ).settings)
    if json:
        print_json(facts)
    else:
        print_table(
            RuleFact.__struct_fields__,
            [[getattr(f, n) for n in f.__struct_fields__] for f in facts],
        )
