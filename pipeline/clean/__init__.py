"""Cleaning: repairs what can be repaired and logs every edit.

The repairs are in `rules/`; the files beside it are what they stand on. The list of them runs round
until none finds anything, so cleaning a clean article again changes nothing either; no result
depends on any other article.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from msgspec.structs import replace

from pipeline.article import Draft, Flaw, Repair
from pipeline.clean.edits import Piece, Splice, apply, name_lines, trace, undo
from pipeline.clean.options import CleanOptions
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.rules import REPAIRS
from pipeline.clean.scan import Scan

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
    """Return the repaired draft and the log of every edit, in the order they were made."""
    own = options.rules.get(context.source or "")
    if own:
        context = replace(context, learned=own.table)
    return _repair(given, context, _all_rules(), _disabled(context.source, options))


def repair(
    given: Draft, context: Context, rules: Sequence[Rule]
) -> tuple[Draft, tuple[Repair, ...]]:
    """Run some repairs until none of them finds anything."""
    return _repair(given, context, Scan(rules), frozenset())


def asked_to_subscribe(repairs: Iterable[Repair]) -> bool:
    """Return whether one of the repairs removed a request to subscribe."""
    return any(FLAWS.get(repair.rule) is Flaw.PAYWALL for repair in repairs)


@cache
def _all_rules() -> Scan:
    return Scan(REPAIRS)


def _repair(
    given: Draft, context: Context, scan: Scan, disabled: Collection[str]
) -> tuple[Draft, tuple[Repair, ...]]:
    """Run the rules round and round, each on the draft that the one before it left.

    After a repair the draft is scanned again and the round goes on with the next rule, until a
    whole round finds nothing.
    """
    draft = given
    repairs: list[Repair] = []
    always = scan.given(context)
    steps = last = -1  # rules so far; the rule that made the last repair
    while True:
        found = scan.candidates(draft, always)
        for number, candidates in _from(last + 1, found):
            rule = scan.rules[number]
            if rule.id in disabled:
                continue
            splices = rule.find(draft, candidates, context)
            draft, done = apply(draft, rule.id, splices) if splices else (draft, None)
            if done:
                repairs.append(done)
                steps += (number - last - 1) % len(scan.rules) + 1
                last = number
                break
        else:
            break
        if steps >= _MAX_PASSES * len(scan.rules):
            break
    return draft, name_lines(given, repairs) if repairs else ()


def _from(first: int, found: list[tuple[int, Candidates]]) -> list[tuple[int, Candidates]]:
    """Return the rules found in the order of a round that begins with a rule's number."""
    later = [one for one in found if one[0] >= first]
    return later + found[: len(found) - len(later)]


def _disabled(source: str | None, options: CleanOptions) -> Collection[str]:
    own = options.sources.get(source or "")
    return {*options.disabled, *own.disabled} if own else options.disabled
