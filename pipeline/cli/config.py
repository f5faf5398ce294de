"""`copydesk config`: are the settings right, and which are in force."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from msgspec import Struct

from pipeline.cli.rules import rule_facts
from pipeline.cli.table import print_json, print_table
from pipeline.cli.terminal import echo
from pipeline.settings import DEFAULT, Settings, load, ruleset
from pipeline.settings.describe import rows


class Setting(Struct, frozen=True):
    """One entry of `config show --json`; `value` is `***` where it is a secret."""

    key: str
    value: Any
    origin: str


def check(config: Path | None) -> None:
    """Raises WrongUseError that names everything wrong with the settings."""
    loaded = load(config, os.environ)
    given = sum(place != DEFAULT for place in loaded.provenance.values())
    where = loaded.file or "no file"
    own = _own(loaded.settings)
    echo(f"Settings are fine: {where}, {given} given, {own}ruleset {ruleset(loaded.settings)}.")


def _own(settings: Settings) -> str:
    """Returns what there is of the user's own, in words; empty if there is nothing."""
    facts = [fact for fact in rule_facts(settings) if fact.stage.startswith("own ")]
    return f"of your own: {', '.join(fact.id for fact in facts)}; " if facts else ""


def show(*, config: Path | None, json: bool) -> None:
    """Prints every effective setting with its origin."""
    loaded = load(config, os.environ)
    provenance = loaded.provenance
    facts = [(row, provenance[row.path]) for row in rows(loaded.settings)]
    if json:
        print_json([Setting(row.path, row.value, place) for row, place in facts])
    else:
        lines = [(row.path, row.text, place) for row, place in facts]
        print_table(("setting", "value", "from"), lines)
