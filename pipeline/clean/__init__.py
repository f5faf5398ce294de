"""Cleans a draft: runs all repairs and logs every edit.

The repairs are in `rules/`, their foundations in the files beside it. The repairs run in rounds
until none finds anything, so cleaning is idempotent. No result depends on other articles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache

from msgspec.structs import replace

from pipeline.article import Draft, Flaw, Observation, Repair
from pipeline.clean.edits import Piece, Splice, apply, name_lines, trace, undo
from pipeline.clean.options import CleanOptions
from pipeline.clean.rule import Candidates, Context, Rule, RuleFailedError
from pipeline.clean.rules import REPAIRS
from pipeline.clean.scan import Scan
from pipeline.languages.bundle import set_in_use

__all__ = [
    "FLAWS",
    "REPAIRS",
    "Candidates",
    "CleanOptions",
    "Context",
    "Piece",
    "Rule",
    "RuleFailedError",
    "Splice",
    "asked_to_subscribe",
    "clean",
    "clean_with",
    "dateline_of",
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
    draft, repairs, _ = clean_with((), given, context, options)
    return draft, repairs


def clean_with(
    own: tuple[Rule, ...], given: Draft, context: Context, options: CleanOptions
) -> tuple[Draft, tuple[Repair, ...], tuple[RuleFailedError, ...]]:
    """Cleans by our rules, then by the user's `own`; also returns which of these failed.

    A rule that fails has no part in the result: the article is cleaned anew without it.
    """
    context = _informed(context, options)
    disabled = {*_disabled(context.source, options), *options.observe}
    failed: list[RuleFailedError] = []
    while True:
        try:
            draft, repairs = _repair(given, context, _scan(own), disabled)
        except RuleFailedError as error:
            failed.append(error)
            disabled.add(error.rule)
        else:
            return draft, repairs, tuple(failed)


def observe(
    draft: Draft, context: Context, options: CleanOptions, own: tuple[Rule, ...] = ()
) -> tuple[Observation, ...]:
    """Returns what each rule that is only observed would edit in a cleaned draft, by itself.

    A rule of the user's `own` that fails would edit nothing.
    """
    disabled = _disabled(context.source, options)
    context = _informed(context, options)
    found = []
    for rule in dict.fromkeys(options.observe):
        if rule not in disabled:
            with suppress(RuleFailedError):
                _, repairs = _repair(draft, context, _rule_alone(rule, own), frozenset())
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


def dateline_of(body: str) -> str | None:
    """Returns the dateline at the head of a body, or None; see `datelines`."""
    # Not at the top: `languages.bundle.use` may have it made anew.
    from pipeline.clean.datelines import dateline_of as find  # noqa: PLC0415

    return find(body)


_scans: dict[tuple[int, tuple[Rule, ...]], Scan] = {}


def _scan(own: tuple[Rule, ...]) -> Scan:
    """Returns the scan of our rules, by the words in use, and of the user's."""
    key = (set_in_use(), own)
    if key not in _scans:
        from pipeline.clean.rules import REPAIRS as OURS  # noqa: PLC0415 - as above

        _scans[key] = Scan((*OURS, *own))
    return _scans[key]


@cache
def _rule_alone(id_: str, own: tuple[Rule, ...]) -> Scan:
    return Scan([rule for rule in _scan(own).rules if rule.id == id_])


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
    off = scan.numbers_of(disabled) if disabled else ()
    steps = last = -1  # rules so far; the rule that made the last repair
    memory = None
    while True:
        found, memory = scan.candidates(draft, always, memory)
        for number in off:
            found.pop(number, None)
        for number in _from(last + 1, sorted(found)):
            rule = scan.rules[number]
            splices = rule.find(draft, found[number], context)
            if not splices:
                continue
            draft, done = apply(draft, rule.id, splices)
            if done:
                repairs.append(done)
                steps += (number - last - 1) % len(scan.rules) + 1
                last = number
                break
        else:
            break
        if steps >= _MAX_PASSES * len(scan.rules):
            _blame(repairs, scan)
            break
    return draft, name_lines(given, repairs) if repairs else ()


def _blame(repairs: Sequence[Repair], scan: Scan) -> None:
    """Raises `RuleFailedError` if a rule of the user's is among those that come to no end."""
    own = {rule.id for rule in scan.rules[len(REPAIRS) :]}
    for repair in reversed(repairs[-_MAX_PASSES:]):
        if repair.rule in own:
            raise RuleFailedError(repair.rule, "its edits never come to an end")


def _from(first: int, numbers: list[int]) -> list[int]:
    """Returns the numbers of rules in the order of a round that begins with rule `first`."""
    at = bisect_left(numbers, first)
    return numbers[at:] + numbers[:at]


def _disabled(source: str | None, options: CleanOptions) -> Collection[str]:
    own = options.sources.get(source or "")
    return {*options.disabled, *own.disabled} if own else options.disabled
