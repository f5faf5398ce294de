"""Checks an article: takes all measures, then reports those beyond their limits. Changes nothing.

A measure is a plain function `Subject -> number` that knows no limit; each module of measures ends
in `MEASURES`, which lists them in the order of reports. `limits` holds all limits. Every article
gets all measures and all limits, even an empty one.
"""

from __future__ import annotations

from msgspec import Struct

from pipeline.article import Finding
from pipeline.check import (
    characters,
    language,
    metadata,
    repetition,
    shape,
    size,
    stubs,
)
from pipeline.check.findings import CheckOptions, contradictions, findings, number_of
from pipeline.check.identify import KNOWN, same_language
from pipeline.check.limits import LIMITS, RULES, Limit
from pipeline.check.measure import Measure
from pipeline.check.subject import Subject

__all__ = [
    "LIMITS",
    "MEASURES",
    "RULES",
    "CheckOptions",
    "Checked",
    "Limit",
    "Measure",
    "Subject",
    "check",
    "contradictions",
]


class Checked(Struct, frozen=True):
    """The result of checking. `language` is the detected one if the model is sure of it."""

    language: str | None
    measures: dict[str, float]
    findings: tuple[Finding, ...]


MEASURES: tuple[Measure, ...] = (
    *size.MEASURES,
    *shape.MEASURES,
    *characters.MEASURES,
    *repetition.MEASURES,
    *metadata.MEASURES,
    *language.MEASURES,
    *stubs.MEASURES,
)

_TAKES = tuple((measure.id, measure.take) for measure in MEASURES)
# Decimals of a measure: enough for every limit, and short in records.
_DECIMALS = 4


def check(subject: Subject, options: CheckOptions) -> Checked:
    """Returns all measures that apply to the article, and a finding for every limit passed."""
    measures = {
        name: round(value, _DECIMALS) if value % 1 else float(value)
        for name, take in _TAKES
        if (value := take(subject)) is not None
    }
    known = _language(subject, options)
    return Checked(known, measures, findings(measures, options, known, subject.source))


def _language(subject: Subject, options: CheckOptions) -> str | None:
    """Returns the detected language if the model is sure enough, else the declared one.

    The limit of `language-unknown` defines sure enough. A declared language that the model does
    not know, or that is close to the detected one, takes precedence over the model.
    """
    guess, score = subject.guess
    declared = subject.declared
    least = number_of(RULES["language-unknown"], options, None, subject.source)
    if guess is None or (least is not None and score < least):
        return declared
    if declared and (declared not in KNOWN or same_language(guess, declared)):
        return declared
    return guess
