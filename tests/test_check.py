"""Checks: every rule on its cases, and the laws that hold for any article."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import Severity
from pipeline.check import LIMITS, MEASURES, MODULES, RULES, CheckOptions, Limit, Subject, check

CASES = json.loads((Path(__file__).parent / "cases" / "checks.json").read_text("utf-8"))
DEFAULTS = CheckOptions()
SHARES = {
    measure.id for measure in MEASURES if measure.unit.startswith(("share", "0 to 1", "1 yes"))
}
FIELDS = {
    "datePublished": "date_published",
    "datePublishedRaw": "date_published_raw",
    "seenAt": "seen_at",
    "askedToSubscribe": "asked_to_subscribe",
}


def subject_of(given_fields: dict[str, Any]):
    named = {FIELDS.get(name, name): value for name, value in given_fields.items()}
    if "authors" in named:
        named["authors"] = tuple(named["authors"])
    return Subject(**named)


def found_in(subject: Subject, options: CheckOptions = DEFAULTS):
    return {finding.rule: finding for finding in check(subject, options).findings}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_a_rule_finds_what_it_names_and_nothing_else(case: dict[str, Any]):
    found = case["rule"] in found_in(subject_of(case["input"]))
    assert found == (case["expected"] == "finds"), case["comment"]


def test_every_rule_that_is_on_has_a_case_that_finds_one_that_does_not_and_the_empty_text():
    told = {}
    for case in CASES:
        told.setdefault(case["rule"], set()).add(case["expected"])
        if not case["input"]["body"]:
            told[case["rule"]].add("empty")
    on = {limit.rule for limit in LIMITS if limit.low is not None or limit.high is not None}
    lacking = {rule for rule in on if told.get(rule) != {"finds", "silent", "empty"}}
    assert lacking == set()
    assert set(told) <= on


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_a_case_that_shows_a_genuine_article_is_not_rejected(case: dict[str, Any]):
    if "negative" not in case["label"] or case["expected"] == "finds":
        return
    rejecting = [
        rule
        for rule, finding in found_in(subject_of(case["input"])).items()
        if finding.severity is Severity.REJECT
    ]
    assert rejecting == []


def test_all_limits_are_looked_at_however_many_are_passed():
    found = found_in(Subject(headline="404", body="", url="nowhere"))
    assert {"empty", "fragment", "too-short", "brief", "error-headline", "url-malformed"} <= set(
        found
    )


def test_the_first_reason_names_the_kind_and_what_any_stub_has_is_the_last():
    own = Limit("own-recall", "words", Severity.REJECT, "", "", high=1)
    found = check(
        Subject(headline="404", body="Accept all cookies. " * 3), CheckOptions(own=(own,))
    ).findings
    rejecting = [one.rule for one in found if one.severity is Severity.REJECT]
    assert rejecting == [
        "error-headline", "cookie-wall", "own-recall", "notices-only", "not-an-article",
    ]  # fmt: skip


def test_a_finding_gives_value_and_limit_in_the_unit_of_the_measure():
    finding = found_in(Subject(headline="Pool", body="The pool is open."))["brief"]
    assert (finding.value, finding.limit) == (4, 85)


def test_a_brief_is_never_rejected_for_being_short():
    found = found_in(Subject(headline="Ferry sails", body="From Monday, says the port."))
    assert {finding.severity for finding in found.values()} <= {Severity.INFO, Severity.WARN}
    assert "brief" in found


def test_each_measure_a_limit_names_is_taken():
    names = {measure.id for measure in MEASURES}
    wanted = {limit.measure for limit in LIMITS}
    wanted |= {scope.measure for limit in LIMITS for scope in limit.scope}
    assert wanted <= names
    assert len(names) == len(MEASURES)
    assert len(RULES) == len(LIMITS)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_module_takes_the_measures_that_it_lists_in_their_order(module: Any):
    for subject in (Subject(), Subject(body="Accept all cookies.")):
        assert list(module.take(subject)) == [measure.id for measure in module.MEASURES]


def test_the_detected_language_goes_before_a_wrong_declaration():
    text = "Der Stadtrat hat am Dienstag beschlossen, das alte Schwimmbad ein Jahr offen zu halten."
    assert check(Subject(body=text, language="en-GB"), DEFAULTS).language == "de"
    assert check(Subject(body=text), DEFAULTS).language == "de"


def test_a_language_the_model_does_not_know_is_believed_as_declared():
    text = "An samu ruwan sama mai yawa a garin, kuma mutane da dama sun bar gidajensu."
    assert check(Subject(body=text, language="ha"), DEFAULTS).language == "ha"


def test_a_text_of_few_letters_has_no_language_of_its_own():
    assert check(Subject(body="12:30 - 14:45"), DEFAULTS).language is None
    assert check(Subject(body="12:30 - 14:45", language="FR_fr"), DEFAULTS).language == "fr"


PIECES = st.sampled_from(
    (
        "\n\n",
        "\n",
        "We use cookies. ",
        "{{",
        "}}",
        "<p>",
        "...",
        "\ufffd",
        "\x00",
        "\ud800",
        "lorem ipsum ",
        "\u4e2d\u6587",
        "\u0627\u0644",
        "the pool ",
        "1,200 ",
        "\U0002000b",
        "\U0001f600",
    )
)
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=40).map("".join)
NAMES = st.none() | TEXTS


@settings(max_examples=300)
@given(
    headline=TEXTS,
    body=TEXTS,
    url=NAMES,
    source=NAMES,
    language=NAMES,
    date_published=NAMES | st.datetimes().map(str),
    seen_at=TEXTS | st.just("2024-05-10T00:00:00Z"),
)
def test_any_article_is_checked_and_every_measure_lies_in_its_range(**fields: Any):
    checked = check(Subject(**fields), DEFAULTS)
    for name, value in checked.measures.items():
        assert isinstance(value, float)
        assert math.isfinite(value), name
        assert name == "age" or value >= 0, name
        assert name not in SHARES or value <= 1, name


@settings(max_examples=50)
@given(body=TEXTS)
def test_the_same_article_is_always_judged_alike(body: str):
    assert check(Subject(body=body), DEFAULTS) == check(Subject(body=body), DEFAULTS)
