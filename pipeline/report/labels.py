"""Plain words for rules, reasons and kinds on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from pipeline.article import Kind, Relation
from pipeline.check import RULES
from pipeline.clean import REPAIRS
from pipeline.own import FAILED
from pipeline.parse import NOTICES, REASONS
from pipeline.routing import DOORS, Door

KINDS: Mapping[Kind, tuple[str, str]] = {  # name, what it means
    Kind.EXACT: ("Exact copy", "the same words in the same order"),
    Kind.NEAR: ("Near copy", "mostly the same text, changed in places"),
    Kind.EXCERPT: ("Excerpt", "a part of something seen before"),
    Kind.REWRITE: ("Rewrite", "the same story, with words or facts of its own"),
    Kind.EXTENSION: ("Fuller version", "holds something seen before, and more"),
}

RELATIONS: Mapping[Relation, str] = {
    Relation.SAME_URL: "same address",
    Relation.SAME_SOURCE: "same source",
    Relation.OTHER_SOURCE: "another source",
}

_SUMMARIES: Mapping[str, str] = {
    **{rule.id: rule.summary for rule in REPAIRS},
    **{limit.rule: limit.summary for limit in RULES.values()},
    **{notice.id: notice.summary.partition(";")[0] for notice in (*NOTICES, FAILED)},
    **REASONS,
}


_CODE = re.compile("`([^`]*)`")
_QUOTED = "\N{LEFT DOUBLE QUOTATION MARK}\\1\N{RIGHT DOUBLE QUOTATION MARK}"


def summary(rule: str) -> str:
    """Returns a phrase that describes a rule or reason, capitalized."""
    known = _CODE.sub(_QUOTED, _SUMMARIES.get(rule, plain(rule)).rstrip("."))
    return known[:1].upper() + known[1:]


class Part(Struct, frozen=True):
    """The inputs that left through one door, as a page shows them."""

    tone: str
    label: str
    number: int


def parts_of(counts: Mapping[Door, int]) -> tuple[Part, ...]:
    """Returns the inputs that left through each door, in the order of doors."""
    return tuple(Part(row.tone, row.many, counts.get(door, 0)) for door, row in DOORS.items())


def in_words(parts: Iterable[Part]) -> str:
    """Returns a sentence such as `12 published, 3 copies, 0 rejected, 1 unreadable`."""
    return ", ".join(f"{part.number} {part.label.lower()}" for part in parts)


def plain(name: str) -> str:
    """Returns an id in words: `headline-missing` is `headline missing`."""
    return name.replace("-", " ").replace("_", " ")


def count(number: int, noun: str) -> str:
    """Returns a number with its noun: `1 article`, `2,725 articles`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def share(part: float, whole: float) -> str:
    """Returns a share in percent, small ones with more digits; empty if the whole is 0."""
    if not whole:
        return ""
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1\N{NO-BREAK SPACE}%"
    if 99.9 < percent < 100:
        return ">99.9\N{NO-BREAK SPACE}%"
    digits = 1 if 0 < percent < 9.95 or 99 < percent < 100 else 0
    return f"{percent:.{digits}f}\N{NO-BREAK SPACE}%"
