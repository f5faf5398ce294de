"""`copydesk rules`: every repair and every check, with what it does by default."""

from __future__ import annotations

from msgspec import Struct

from pipeline.check import LIMITS, Limit
from pipeline.clean import REPAIRS
from pipeline.cli.table import print_json, print_table
from pipeline.parse.problems import NOTICES


class RuleFact(Struct, frozen=True):
    """One rule: its public id, and what it does unless the settings say otherwise."""

    id: str
    stage: str  # parse, clean, check
    summary: str
    limit: str  # empty where there is none
    severity: str  # empty for a repair: it edits, it does not judge
    source: str  # where the limit comes from


def rule_facts() -> list[RuleFact]:
    """Returns every rule in the order they run."""
    return [
        *(RuleFact(one.id, "parse", one.summary, "", one.severity, "") for one in NOTICES),
        *(RuleFact(rule.id, "clean", rule.summary, "", "", "") for rule in REPAIRS),
        *(
            RuleFact(one.rule, "check", one.summary, _bound(one), one.severity, one.source)
            for one in LIMITS
        ),
    ]


def _bound(limit: Limit) -> str:
    """What the measure has to keep, e.g. "words at least 50"; "off" without a default."""
    if limit.low is not None:
        return f"{limit.measure} at least {limit.low:g}"
    return "off" if limit.high is None else f"{limit.measure} at most {limit.high:g}"


def show(*, json: bool) -> None:
    """Prints every rule with its default limit."""
    facts = rule_facts()
    if json:
        print_json(facts)
    else:
        print_table(
            RuleFact.__struct_fields__,
            [[getattr(f, n) for n in f.__struct_fields__] for f in facts],
        )
