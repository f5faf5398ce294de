"""Cleans a draft: runs all repairs and logs every edit.

The repairs are in `rules/`, their foundations in the files beside it. The repairs run in rounds
until none finds anything, so cleaning is idempotent. No result depends on other articles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from msgspec.structs import replace

from pipeline.article import Draft, Flaw, Observation, Repair
from pipeline.clean.edits import Piece, Splice, apply, name_lines, trace, undo
from pipeline.clean.options import CleanOptions
from pipeline.clean.rule import Context, Rule
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
    "observe",
    "repair",
    "trace",
    "undo",
]

# Real articles take two rounds. The cap bounds the time for adversarial texts, in which each repair
# enables the next.
_MAX_PASSES = 20
_AS_SHIPPED = CleanOptions()
# The flaws of the page that repairs show, by the ids of the repairs.
FLAWS: Mapping[str, Flaw] = {rule.id: rule.flaw for rule in REPAIRS if rule.flaw}


def clean(
    given: Draft, context: Context, options: CleanOptions = _AS_SHIPPED
) -> tuple[Draft, tuple[Repair, ...]]:
    r"""Returns the repaired draft and its repairs, in the order in which they were made.

    >>> draft, repairs = clean(Draft(body="It rained.\n\nShare this article"), Context())
    >>> draft.body, [repair.rule for repair in repairs]
    ('It rained.', ['drop_share_buttons'])
    """
    disabled = {*_disabled(context.source, options), *options.observe}
    return _repair(given, _informed(context, options), _all_rules(), disabled)


def observe(draft: Draft, context: Context, options: CleanOptions) -> tuple[Observation, ...]:
    """Returns what each rule that is only observed would edit in a cleaned draft, by itself."""
    disabled = _disabled(context.source, options)
    context = _informed(context, options)
    found = []
    for rule in dict.fromkeys(options.observe):
        if rule not in disabled:
            _, repairs = _repair(draft, context, _rule_alone(rule), frozenset())
            if repairs:
                edits = sum(repair.count for repair in repairs)
                removed = sum(repair.chars_removed for repair in repairs)
                added = sum(repair.chars_added for repair in repairs)
                found.append(Observation(rule, edits, removed, added))
    return tuple(found)


def repair(
    given: Draft, context: Context, rules: Sequence[Rule]
) -> tuple[Draft, tuple[Repair, ...]]:
    """Runs some repairs until none of them finds anything."""
    return _repair(given, context, Scan(rules), frozenset())


def asked_to_subscribe(repairs: Iterable[Repair]) -> bool:
    """Returns whether one of the repairs removed a request to subscribe."""
    return any(FLAWS.get(repair.rule) is Flaw.PAYWALL for repair in repairs)


@cache
def _all_rules() -> Scan:
    return Scan(REPAIRS)


@cache
def _rule_alone(id_: str) -> Scan:
    return Scan([rule for rule in REPAIRS if rule.id == id_])


def _informed(context: Context, options: CleanOptions) -> Context:
    """Returns the context with what the options know of the source."""
    own = options.rules.get(context.source or "")
    if own:
        context = replace(context, learned=own.table)
    if options.furniture.certainty != context.certainty:
        context = replace(context, certainty=options.furniture.certainty)
    return context


def _repair(
    given: Draft, context: Context, scan: Scan, disabled: Collection[str]
) -> tuple[Draft, tuple[Repair, ...]]:
    """Runs the rules in rounds, each on the draft that the previous rule left.

    After a repair the draft is scanned again and the round goes on with the next rule, until a
    whole round finds nothing.
    """
    draft = given
    repairs: list[Repair] = []
    always = scan.given(context)
    steps = last = -1  # rules so far; the rule that made the last repair
    memory = None
    while True:
        found, memory = scan.candidates(draft, always, memory)
        for number in _from(last + 1, sorted(found)):
            rule = scan.rules[number]
            if rule.id in disabled:
                continue
            splices = rule.find(draft, found[number], context)
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


def _from(first: int, numbers: list[int]) -> list[int]:
    """Returns the numbers of rules in the order of a round that begins with rule `first`."""
    at = bisect_left(numbers, first)
    return numbers[at:] + numbers[:at]


def _disabled(source: str | None, options: CleanOptions) -> Collection[str]:
    own = options.sources.get(source or "")
    return {*options.disabled, *own.disabled} if own else options.disabled
