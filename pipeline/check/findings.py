"""Turns measures into findings by the limits in force: defaults, language, source.

All limits are compared for every article, so the rate of a rule does not depend on the order of
the rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from itertools import combinations, product
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from pipeline.article import Finding, Severity
from pipeline.check.limits import GENERAL, LIMITS, Limit, Scope, by_language
from pipeline.languages.bundle import set_in_use
from pipeline.native import passed_limits

_Numbers = dict[str, float | None]


class CheckOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """Limits and severities that differ from the defaults of `LIMITS` (`copydesk rules`)."""

    limits: Annotated[
        _Numbers,
        Meta(
            description="Limits for all articles by rule id, in the unit of the rule's measure;"
            " null switches a rule off. Defaults and their sources: `copydesk rules`."
        ),
    ] = {}
    languages: Annotated[
        dict[str, _Numbers],
        Meta(
            description="Limits by primary language tag and rule id, e.g. `zh: {too-short: 30}`."
            " They go before `limits`."
        ),
    ] = {}
    sources: Annotated[
        dict[str, _Numbers],
        Meta(
            description="Limits by source name and rule id, e.g. `gazette.example: {date-old: 30}`."
            " They go before all others."
        ),
    ] = {}
    severities: Annotated[
        dict[str, Severity],
        Meta(description="info, warn or reject by rule id, where it is not the rule's default."),
    ] = {}

    observe: Annotated[
        tuple[str, ...],
        Meta(
            description="Ids of rules that find nothing, as if they were off, while what they "
            "would have found is counted: `observed` in the quality record."
        ),
    ] = ()
    own: Annotated[
        tuple[Limit, ...],
        Meta(description="Limits of the user's own.", extra={"internal": True}),
    ] = ()

    @property
    def all_limits(self) -> tuple[Limit, ...]:
        """Every limit, whether it is ours or the user's own; the general ones are the last."""
        return (*LIMITS[: -len(GENERAL)], *self.own, *GENERAL)

    @cached_property
    def plans(self) -> dict[tuple[int, str | None, str | None, bool], _Plan]:
        """The limits, in force or only observed: a cache.

        By the set of language files, language, and source.
        """
        return {}


class Bound(NamedTuple):
    """A limit in force, with the number and severity that apply."""

    rule: str
    measure: str
    severity: Severity
    is_low: bool
    number: float
    scope: tuple[Scope, ...]


class _Plan(NamedTuple):
    """The limits in force, in the order of `all_limits`, and as `passed_limits` takes them."""

    bounds: tuple[Bound, ...]
    ranges: tuple[tuple[str, float, float], ...]  # measure, least, most


def findings(
    measures: dict[str, float], options: CheckOptions, language: str | None, source: str | None
) -> tuple[Finding, ...]:
    """Returns a finding for every limit passed, in the order of `all_limits`.

    A measure that is absent does not apply to the article and has no finding.
    """
    return _passed(measures, _plan(options, language, source))


def observed(
    measures: dict[str, float], options: CheckOptions, language: str | None, source: str | None
) -> tuple[Finding, ...]:
    """Returns the findings that the rules would have which are only observed."""
    if not options.observe:
        return ()
    return _passed(measures, _plan(options, language, source, observed=True))


def _passed(measures: dict[str, float], plan: _Plan) -> tuple[Finding, ...]:
    passed = [plan.bounds[place] for place in passed_limits(measures, plan.ranges)]
    return tuple(
        [
            Finding(bound.rule, bound.severity, measures[bound.measure], bound.number)
            for bound in passed
            if not bound.scope or _is_in_scope(bound, measures)
        ]
    )


def bounds(options: CheckOptions, language: str | None, source: str | None) -> tuple[Bound, ...]:
    """Returns the limits in force for a language and a source; rules that are off are left out."""
    return _plan(options, language, source).bounds


def number_of(
    limit: Limit, options: CheckOptions, language: str | None, source: str | None
) -> float | None:
    """Returns the number in force; None for a rule that is off, or only observed."""
    return None if limit.rule in options.observe else _set(limit, options, language, source)


def _set(
    limit: Limit, options: CheckOptions, language: str | None, source: str | None
) -> float | None:
    """Returns the number of the source, the language, all articles, or the default."""
    for numbers in (
        options.sources.get(source or "", {}),
        options.languages.get(language or "", {}),
        options.limits,
    ):
        if limit.rule in numbers:
            return numbers[limit.rule]
    if language is not None and language in by_language(limit):
        return by_language(limit)[language]
    return limit.high if limit.low is None else limit.low


def contradictions(options: CheckOptions) -> list[str]:
    """Returns the contradictions in the options, a sentence with the setting's name for each.

    They are unknown rules; a low limit above the high one of the same measure; a rejecting limit
    that is passed before the warning one.
    """
    known = {limit.rule: limit for limit in options.all_limits}
    problems = [
        f"check.observe.{rule}: the rule has no limit, so there is nothing to observe: set "
        f"check.limits.{rule}"
        for rule in options.observe
        if rule in known and not _has_number(known[rule], options)
    ]
    problems += [
        f"{place}.{rule}: there is no such rule; `copydesk rules` lists them"
        for place, rules in _places(options)
        for rule in rules
        if rule not in known
    ]
    languages = (None, *sorted({*_languages(options), *options.languages}, key=str))
    for language, source in product(languages, (None, *options.sources)):
        in_force = bounds(options, language, source)
        problems += (_where(language, source) + problem for problem in _conflicts(in_force))
    return list(dict.fromkeys(problems))


def _has_number(limit: Limit, options: CheckOptions) -> bool:
    """Returns whether the rule has a number for any language or source."""
    given = (*options.languages.values(), *options.sources.values())
    return any(numbers.get(limit.rule) is not None for numbers in given) or any(
        _set(limit, options, language, None) is not None
        for language in (None, *_languages(options))
    )


def _settle(
    options: CheckOptions, language: str | None, source: str | None, *, observed: bool
) -> Iterable[Bound]:
    for limit in options.all_limits:
        number = _set(limit, options, language, source)
        if number is not None and observed == (limit.rule in options.observe):
            severity = options.severities.get(limit.rule, limit.severity)
            is_low = limit.low is not None
            yield Bound(limit.rule, limit.measure, severity, is_low, number, limit.scope)


def _plan(
    options: CheckOptions, language: str | None, source: str | None, *, observed: bool = False
) -> _Plan:
    known = language if language in _languages(options) or language in options.languages else None
    special = source if source in options.sources else None
    key = set_in_use(), known, special, observed
    if key not in options.plans:
        options.plans[key] = _planned(tuple(_settle(options, known, special, observed=observed)))
    return options.plans[key]


def _languages(options: CheckOptions) -> frozenset[str]:
    """Returns the languages in which a default differs."""
    return _languages_of(options.own)


@cache
def _languages_of(own: tuple[Limit, ...]) -> frozenset[str]:
    return frozenset(language for limit in (*LIMITS, *own) for language in by_language(limit))


def _planned(in_force: tuple[Bound, ...]) -> _Plan:
    ranges = [
        (one.measure, one.number, math.inf) if one.is_low else (one.measure, -math.inf, one.number)
        for one in in_force
    ]
    return _Plan(in_force, tuple(ranges))


def _is_in_scope(bound: Bound, measures: Mapping[str, float]) -> bool:
    return all(
        scope.least <= measures.get(scope.measure, 0.0) <= scope.most for scope in bound.scope
    )


def _places(options: CheckOptions) -> Iterable[tuple[str, Iterable[str]]]:
    yield "check.limits", options.limits
    yield "check.severities", options.severities
    yield "check.observe", options.observe
    for language, numbers in options.languages.items():
        yield f"check.languages.{language}", numbers
    for source, numbers in options.sources.items():
        yield f"check.sources.{source}", numbers


def _where(language: str | None, source: str | None) -> str:
    place = f"check.sources.{source}" if source else "check"
    return f"{place} (language {language}): " if language else f"{place}: "


def _conflicts(in_force: Iterable[Bound]) -> Iterable[str]:
    for one, other in combinations(in_force, 2):
        if one.measure == other.measure:
            low, high = (one, other) if one.is_low else (other, one)
            if one.is_low != other.is_low:
                if low.number > high.number:
                    yield (
                        f"{low.rule} ({low.number:g}) is above {high.rule} ({high.number:g}),"
                        f" so every {one.measure} is outside: lower the one or raise the other"
                    )
            elif _rejects_first(one, other) or _rejects_first(other, one):
                yield (
                    f"{one.rule} ({one.number:g}, {one.severity}) and {other.rule}"
                    f" ({other.number:g}, {other.severity}): the rejecting limit is passed first,"
                    " so the other says nothing; swap the numbers"
                )


def _rejects_first(one: Bound, other: Bound) -> bool:
    """Returns whether `one` rejects every article for which `other` has a finding."""
    if one.severity != Severity.REJECT or other.severity == Severity.REJECT or one.scope:
        return False
    return one.number > other.number if one.is_low else one.number < other.number
