"""Finds settings that contradict each other although each is valid by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline import check
from pipeline.check import CheckOptions
from pipeline.clean import Rule
from pipeline.clean.options import CleanOptions
from pipeline.settings.fit import guess, join
from pipeline.settings.source import Problem


class _Named(NamedTuple):
    """A rule named in the settings: where, and the rules it can be."""

    path: str
    setting: str  # the path that has a place: a list has one, an entry of a mapping its own
    id: str
    known: tuple[str, ...]


def contradictions(
    clean: CleanOptions,
    checks: CheckOptions,
    repairs: Iterable[Rule],
    places: Mapping[str, str],
) -> list[Problem]:
    """Rules that do not exist, limits that exclude each other; with the place of each setting."""
    ids = tuple(rule.id for rule in repairs)
    unknown = [
        Problem(
            places.get(named.setting, "settings"),
            f"{named.path}: {_why(named, ids, checks)}",
        )
        for named in (*_repairs(clean, ids), *_checks(checks))
        if named.id not in named.known
    ]
    unseen = [
        Problem(
            places.get("clean.observe", "settings"),
            f"clean.observe: {rule} is in clean.disabled too, so there is nothing to observe: take "
            "it out of one of the two",
        )
        for rule in clean.observe
        if rule in clean.disabled
    ]
    limits = [_place(message, places) for message in check.contradictions(checks)]
    return unknown or unseen + limits


def _why(named: _Named, repairs: tuple[str, ...], checks: CheckOptions) -> str:
    """Returns what is wrong with the rule: nowhere known, or not in this stage."""
    if named.path == "clean.observe" and named.id in {one.rule for one in checks.all_limits}:
        return f"{named.id!r} is a check: name it in check.observe"
    if named.path == "check.observe" and named.id in repairs:
        return f"{named.id!r} is a repair: name it in clean.observe"
    return f"no rule is called {named.id!r}{guess(named.id, named.known)}"


def _repairs(options: CleanOptions, known: tuple[str, ...]) -> Iterable[_Named]:
    lists = {"clean.disabled": options.disabled, "clean.observe": options.observe}
    for source, cleaning in options.sources.items():
        lists[f"{join('clean.sources', source)}.disabled"] = cleaning.disabled
    return [_Named(path, path, id_, known) for path, ids in lists.items() for id_ in ids]


def _checks(options: CheckOptions) -> Iterable[_Named]:
    tables: dict[str, Iterable[str]] = {
        "check.limits": options.limits,
        "check.severities": options.severities,
    }
    tables |= {join("check.languages", name): part for name, part in options.languages.items()}
    tables |= {join("check.sources", name): part for name, part in options.sources.items()}
    known = tuple(limit.rule for limit in options.all_limits)
    found = [
        _Named(path, join(path, id_), id_, known) for path, ids in tables.items() for id_ in ids
    ]
    path = "check.observe"
    return [*found, *(_Named(path, path, id_, known) for id_ in options.observe)]


def _place(message: str, places: Mapping[str, str]) -> Problem:
    """Returns the message at the place of the first setting it names; it lists the others."""
    about = {
        path: place
        for path, place in places.items()
        if path.startswith("check.") and path.rpartition(".")[2] in message
    }
    origins = ", ".join(f"{path}: {place}" for path, place in about.items())
    return Problem(next(iter(about.values()), "settings"), f"{message} ({origins})")
