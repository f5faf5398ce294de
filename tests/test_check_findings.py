"""Limits in force: defaults, language, source; what contradicts is told at load."""

from __future__ import annotations

import msgspec
import pytest

from pipeline.article import Severity
from pipeline.check import CheckOptions, Subject, check, contradictions

BRIEF = Subject(headline="Ferry sails", body="The ferry to Holm sails again from Monday.")


def rules(subject: Subject, options: CheckOptions):
    return {finding.rule: finding for finding in check(subject, options).findings}


def test_a_limit_can_be_moved_for_all_for_a_language_and_for_a_source():
    subject = Subject(body=BRIEF.body, source="port.example", language="en")
    assert rules(subject, CheckOptions(limits={"brief": 5}, languages={}))["too-short"]
    assert "brief" not in rules(subject, CheckOptions(limits={"brief": 5}))
    by_language = CheckOptions(limits={"brief": 5}, languages={"en": {"brief": 60}})
    assert rules(subject, by_language)["brief"].limit == 60
    by_source = CheckOptions(
        languages={"en": {"brief": 60}}, sources={"port.example": {"brief": 70}}
    )
    assert rules(subject, by_source)["brief"].limit == 70


def test_none_switches_a_rule_off_and_zero_does_not():
    assert "brief" not in rules(BRIEF, CheckOptions(limits={"brief": None}))
    assert "symbols" in rules(Subject(body="#one two"), CheckOptions(limits={"symbols": 0.0}))


def test_a_rule_that_is_off_by_default_comes_on_for_one_source():
    old = Subject(
        body=BRIEF.body,
        source="port.example",
        date_published="2020-01-01",
        seen_at="2024-05-10T00:00:00Z",
    )
    assert "date-old" not in rules(old, CheckOptions())
    options = CheckOptions(sources={"port.example": {"date-old": 30}})
    assert rules(old, options)["date-old"].limit == 30


def test_a_severity_can_be_changed():
    options = CheckOptions(severities={"headline-missing": Severity.REJECT})
    assert rules(Subject(body=BRIEF.body), options)["headline-missing"].severity is Severity.REJECT


def test_the_defaults_do_not_contradict_each_other():
    assert contradictions(CheckOptions()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (CheckOptions(limits={"short": 1}), "check.limits.short: there is no such rule"),
        (CheckOptions(severities={"shrot": Severity.INFO}), "check.severities.shrot"),
        (CheckOptions(languages={"zh": {"nope": 1}}), "check.languages.zh.nope"),
        (CheckOptions(limits={"short-words": 12}), "short-words (12) is above long-words (10)"),
        (CheckOptions(limits={"binary": 0.001}), "the rejecting limit is passed first"),
        (CheckOptions(sources={"a.example": {"html-page": 0.001}}), "check.sources.a.example"),
        (CheckOptions(languages={"xx": {"long-words": 2}}), "(language xx)"),
    ],
)
def test_a_contradiction_is_told_with_its_place(options: CheckOptions, told: str):
    problems = contradictions(options)
    assert any(told in problem for problem in problems), problems


def test_an_unknown_setting_is_an_error():
    with pytest.raises(msgspec.ValidationError, match="limit"):
        msgspec.convert({"limit": {}}, CheckOptions)


def test_options_survive_their_own_encoding():
    options = CheckOptions(sources={"a.example": {"date-old": 30.0, "brief": None}})
    check(BRIEF, options)
    assert msgspec.json.decode(msgspec.json.encode(options), type=CheckOptions) == options
