"""Cleaning: repairs what can be repaired and logs every edit.

The repairs are in `rules/`; the files beside it are what they stand on. The list of them runs round
until none finds anything, so cleaning a clean article again changes nothing either; no result
depends on any other article.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, islice

from msgspec.structs import replace

from pipeline.article import Draft, Flaw, Repair
from pipeline.clean.edits import Piece, Splice, apply, name_lines, trace, undo
from pipeline.clean.options import CleanOptions
from pipeline.clean.rule import Context, Rule
from pipeline.clean.rules import REPAIRS
from pipeline.clean.suspects import look

__all__ = [
    "FLAWS",
    "REPAIRS",
    "CleanOptions",
    "Context",
    "Piece",
    "Rule",
    "Splice",
    "asked_to_subscribe",
    "clean",
    "repair",
    "trace",
    "undo",
]

# Real articles take two passes. The cap only bounds the time of texts built so that each repair
# makes room for the next.
_MAX_PASSES = 20
_AS_SHIPPED = CleanOptions()
# What repairs say of the page, by their ids.
FLAWS: Mapping[str, Flaw] = {rule.id: rule.flaw for rule in REPAIRS if rule.flaw}


def clean(
    given: Draft, context: Context, options: CleanOptions = _AS_SHIPPED
) -> tuple[Draft, tuple[Repair, ...]]:
    """The repaired draft and the log of every edit, in the order they were made."""
    own = options.rules.get(context.source or "")
    if own:
        context = replace(context, learned=own.table)
    return repair(given, context, _enabled(context.source, options))


def repair(
    given: Draft, context: Context, rules: Sequence[Rule]
) -> tuple[Draft, tuple[Repair, ...]]:
    """Run some repairs until none of them finds anything."""
    draft = given
    repairs: list[Repair] = []
    signs = look(draft).signs
    quiet = 0  # rules in a row that found nothing: after all of them, none ever will
    for rule in islice(cycle(rules), _MAX_PASSES * len(rules)):
        splices = rule.find(draft, context) if rule.needs is None or rule.needs & signs else ()
        if splices:
            draft, done = apply(draft, rule.id, splices)
            if done:
                repairs.append(done)
                signs = look(draft).signs
                quiet = 0
                continue
        quiet += 1
        if quiet == len(rules):
            break
    return draft, name_lines(given, repairs)


def asked_to_subscribe(repairs: Iterable[Repair]) -> bool:
    """Return whether one of the repairs removed a request to subscribe."""
    return any(FLAWS.get(repair.rule) is Flaw.PAYWALL for repair in repairs)


def _enabled(source: str | None, options: CleanOptions) -> Sequence[Rule]:
    own = options.sources.get(source or "")
    disabled = {*options.disabled, *(own.disabled if own else ())}
    return [rule for rule in REPAIRS if rule.id not in disabled] if disabled else REPAIRS
