"""What differs between the two outcomes of one input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from pipeline.article import DeadLetter, Outcome, Repair, Severity
from pipeline.assembly import draft_of
from pipeline.publish import door
from pipeline.routing import Door

Settled = Outcome | DeadLetter


class Aspect(StrEnum):
    """What can differ of an article."""

    VERDICT = "verdict"  # the door it leaves through
    TEXT = "text"  # headline, description, body, authors
    FINDINGS = "findings"  # which, and how severe; for a dead letter, its reason
    REPAIRS = "repairs"  # which, and how much they edited
    COPY = "copy"  # the article that it matches, and how
    FIELDS = "fields"  # id, address, dates, language, source and whatever else it came with


class Change(Struct, frozen=True):
    """What changes for one input; rules are ids of repairs and findings, and reasons."""

    doors: tuple[Door, Door]  # before, after
    aspects: tuple[Aspect, ...]
    now: tuple[str, ...]  # rules that touch it under the new settings alone
    no_longer: tuple[str, ...]  # under the old settings alone
    otherwise: tuple[str, ...]  # under both, with other edits or another severity


def compare(old: Settled, new: Settled) -> Change | None:
    """Returns what changes for an input; None where nothing does."""
    aspects = tuple(aspect for aspect, of in _ASPECTS.items() if of(old) != of(new))
    if not aspects:
        return None
    before, after = _repairs(old) | _findings(old), _repairs(new) | _findings(new)
    return Change(
        doors=(door(old), door(new)),
        aspects=aspects,
        now=tuple(sorted(after.keys() - before.keys())),
        no_longer=tuple(sorted(before.keys() - after.keys())),
        otherwise=tuple(
            sorted(rule for rule in before.keys() & after.keys() if before[rule] != after[rule])
        ),
    )


def _texts(settled: Settled) -> object:
    return None if isinstance(settled, DeadLetter) else draft_of(settled.article)


def _findings(settled: Settled) -> dict[str, object]:
    if isinstance(settled, DeadLetter):
        return {settled.reason: Severity.REJECT}
    return {finding.rule: finding.severity for finding in settled.quality.findings}


def _repairs(settled: Settled) -> dict[str, object]:
    """Returns for each rule its edits, and the characters that they removed and added."""
    made: dict[str, object] = {}
    for rule, repairs in _by_rule(settled).items():
        numbers = [(one.count, one.chars_removed, one.chars_added) for one in repairs]
        made[rule] = tuple(map(sum, zip(*numbers, strict=True)))
    return made


def _by_rule(settled: Settled) -> dict[str, list[Repair]]:
    found: dict[str, list[Repair]] = {}
    for repair in () if isinstance(settled, DeadLetter) else settled.quality.repairs:
        found.setdefault(repair.rule, []).append(repair)
    return found


def _copy(settled: Settled) -> object:
    found = None if isinstance(settled, DeadLetter) else settled.quality.match
    return found and (found.kind, found.relation, found.of)


def _fields(settled: Settled) -> object:
    if isinstance(settled, DeadLetter):
        return None
    article = settled.article
    return (
        article.id,
        article.url,
        article.date_published,
        article.date_published_raw,
        article.date_modified,
        article.date_modified_raw,
        article.in_language,
        article.source,
        article.dateline,
        article.extra,
        settled.quality.language,
    )


_ASPECTS: Mapping[Aspect, Callable[[Settled], object]] = {
    Aspect.VERDICT: door,
    Aspect.TEXT: _texts,
    Aspect.FINDINGS: _findings,
    Aspect.REPAIRS: _repairs,
    Aspect.COPY: _copy,
    Aspect.FIELDS: _fields,
}
