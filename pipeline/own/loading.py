"""Imports what the settings name: rules and checks of the user's own."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from pipeline.check import MEASURES, RULES, Limit, Measure, Subject
from pipeline.clean import REPAIRS, Rule
from pipeline.clean.scan import Scan
from pipeline.clean.triggers import Trigger
from pipeline.own.options import OwnOptions
from pipeline.parse.problems import NOTICES

_ID = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_LONGEST = 60  # characters of an id, which labels metrics
_TAKEN = {
    **{rule.id: "a repair" for rule in REPAIRS},
    **dict.fromkeys(RULES, "a check"),
    **{notice.id: "a notice of parsing" for notice in NOTICES},
}


class Check(NamedTuple):
    """A check of the user's own: a measure, the function that takes it, and its limits.

    `take` returns a number, or None for an article that the measure does not apply to.
    """

    measure: Measure
    take: Callable[[Subject], float | None]
    limits: tuple[Limit, ...]


class Imported(NamedTuple):
    """What the import paths of the settings name, and the modules that it comes from."""

    rules: tuple[Rule, ...] = ()
    checks: tuple[Check, ...] = ()
    limits: tuple[Limit, ...] = ()  # of the checks, and on measures of ours
    modules: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()  # (setting, what is wrong)


def imported(options: OwnOptions) -> Imported:
    """Imports everything that the settings name, and says what cannot be used of it."""
    if options.folder and options.folder not in sys.path:
        sys.path.append(options.folder)
    problems: list[tuple[str, str]] = []
    repairs = _all_of("own.repairs", options.repairs, (Rule,), problems)
    checks = _all_of("own.checks", options.checks, (Check, Limit), problems)
    own = [one for one in checks if isinstance(one, Check)]
    limits = [
        limit for one in checks for limit in (one.limits if isinstance(one, Check) else (one,))
    ]
    problems += [("own.repairs", one) for one in _wrong_rules(repairs)]
    problems += [("own.checks", one) for one in _wrong_checks(own, limits)]
    problems += _clashes(repairs, limits)
    paths = (*options.repairs, *options.checks)
    modules = tuple(dict.fromkeys(path.partition(":")[0] for path in paths))
    return Imported(tuple(repairs), tuple(own), tuple(limits), modules, tuple(problems))


def _all_of(
    setting: str,
    paths: Iterable[str],
    types: tuple[type, ...],
    problems: list[tuple[str, str]],
) -> list[Any]:
    found: list[Any] = []
    for path in paths:
        try:
            found += _one(path, types)
        except _UnusableError as error:
            problems.append((setting, f"{path!r}: {error}"))
    return found


class _UnusableError(ValueError):
    """What an import path names cannot be used; the message says why."""


def _one(path: str, types: tuple[type, ...]) -> Sequence[Any]:
    module, _, name = path.partition(":")
    if not module or not name.isidentifier():
        raise _UnusableError("an import path is written package.module:NAME")
    try:
        home = import_module(module)
    except ModuleNotFoundError as error:
        raise _UnusableError(
            f"there is no module {error.name}; install its package, or put it beside the "
            "settings file"
        ) from error
    except (Exception, SystemExit) as error:
        raise _UnusableError(
            f"{module} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not hasattr(home, name):
        raise _UnusableError(f"{module} has no {name}")
    value = getattr(home, name)
    values = (value,) if isinstance(value, types) else value
    if not isinstance(values, list | tuple) or not all(isinstance(one, types) for one in values):
        wanted = " or ".join(one.__name__ for one in types)
        raise _UnusableError(f"is neither a {wanted} nor a tuple of them")
    return values


def _wrong_rules(rules: Sequence[Rule]) -> Iterator[str]:
    for rule in rules:
        yield from _wrong_id(rule.id, rule.summary)
        if not isinstance(rule.trigger, Trigger) or not callable(rule.find):
            yield f"{rule.id}: a rule has a Trigger, and a function that finds"
            continue
        try:
            Scan([rule])
        except Exception as error:  # noqa: BLE001 - patterns are theirs
            yield f"{rule.id}: its trigger cannot be used: {error}"


def _wrong_checks(checks: Sequence[Check], limits: Sequence[Limit]) -> Iterator[str]:
    ours = {measure.id for measure in MEASURES}
    measures = [check.measure.id for check in checks]
    for check in checks:
        yield from _wrong_id(check.measure.id, check.measure.summary)
        if check.measure.id in ours or measures.count(check.measure.id) > 1:
            yield f"{check.measure.id}: there is a measure of this id"
        if not callable(check.take):
            yield f"{check.measure.id}: a check has a function that takes the measure"
    for limit in limits:
        yield from _wrong_id(limit.rule, limit.summary)
        if limit.measure not in ours and limit.measure not in measures:
            yield f"{limit.rule}: there is no measure {limit.measure!r}"
        if limit.low is not None and limit.high is not None:
            yield f"{limit.rule}: a limit is low or high; two limits make a range"


def _wrong_id(name: object, summary: object) -> Iterator[str]:
    if not isinstance(name, str) or not _ID.fullmatch(name) or len(name) > _LONGEST:
        yield f"{name!r} is no id: small letters, digits, - and _, {_LONGEST} characters at most"
    if not isinstance(summary, str) or not summary.strip():
        yield f"{name}: a summary says what it does"


def _clashes(rules: Sequence[Rule], limits: Sequence[Limit]) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = dict(_TAKEN)
    named = [("own.repairs", rule.id) for rule in rules]
    named += [("own.checks", limit.rule) for limit in limits]
    for setting, name in named:
        if name in seen:
            yield setting, f"{name}: {seen[name]} has this id; take another"
        seen[name] = f"another rule of {setting}"
