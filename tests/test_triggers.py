"""The law of triggers: a rule finds on its candidates what it finds on all lines.

So no rule is silent where its own words and patterns say that it has something to do.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.real_articles import SETS, real_records
from support.regexes import drawn

from pipeline.article import Draft
from pipeline.clean import REPAIRS, Context, clean, triggers
from pipeline.clean.learned_lines import LearnedLine, LinePlace, SourceLines
from pipeline.clean.literals import Literal, Side, first_characters, literals_of
from pipeline.clean.rule import Rule
from pipeline.clean.scan import Scan
from pipeline.clean.triggers import Signal, Trigger
from pipeline.native.scan_signals import Field, Kind
from pipeline.testing import check_candidates

CASES = Path(__file__).parent / "cases"
SCAN = Scan(REPAIRS)
SIGNALS = [
    pytest.param(rule, signal, id=f"{rule.id}-{signal.kind.name}-{i}")
    for rule in {rule.trigger: rule for rule in REPAIRS}.values()
    for i, signal in enumerate(rule.trigger.signals)
]
PATTERNS = [
    pytest.param(rule, signal, pattern, id=f"{rule.id}-{i}")
    for rule in {rule.trigger: rule for rule in REPAIRS}.values()
    for signal in rule.trigger.signals
    if getattr(signal.data, "func", None) is triggers._literals
    for i, pattern in enumerate(signal.data.args[0])
]


NO_CONTEXT = Context()


def candidates(draft: Draft, context: Context = NO_CONTEXT) -> dict[str, Any]:
    found, _ = SCAN.candidates(draft, SCAN.given(context))
    return {SCAN.rules[number].id: one for number, one in found.items()}


def drafts_of_cases() -> list[tuple[Draft, Context]]:
    drafts = []
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text("utf-8")):
            value = case.get("input") if isinstance(case, dict) else None
            if isinstance(value, str):
                drafts.append((Draft(body=value), Context()))
            elif (
                isinstance(value, dict)
                and isinstance(value.get("body"), str)
                and "text" not in value
            ):
                texts = {
                    n: value[n] for n in Draft.__struct_fields__ if isinstance(value.get(n), str)
                }
                known = {n: value[n] for n in Context.__struct_fields__ if n in value}
                drafts.append((Draft(**texts), Context(**known)))
    return drafts


OF_CASES = drafts_of_cases()


def test_every_rule_finds_on_its_candidates_what_it_finds_on_all_lines_of_the_cases():
    for draft, context in OF_CASES:
        check_candidates(REPAIRS, draft, context)
        check_candidates(REPAIRS, clean(draft, context)[0], context)


LINES = sorted({line for draft, _ in OF_CASES for line in draft.body.split("\n") if line.strip()})
HEADLINES = sorted({draft.headline for draft, _ in OF_CASES})
DRAFTS = st.builds(
    Draft,
    st.sampled_from(HEADLINES) | st.sampled_from(LINES),
    st.sampled_from(["", " A dek."]),
    st.builds(
        str.join,
        st.sampled_from(["\n\n", "\n", "\n\n\n"]),
        st.lists(st.sampled_from(LINES) | st.text(max_size=9), max_size=9),
    ),
    st.sampled_from(["", "Ana Lima", "Ana Lima\nBo Ek"]),
)
LEARNED = SourceLines(
    tuple(
        LearnedLine(line=line, place=LinePlace.EDGE) for line in ("read <number> more", "our desk")
    )
)
CONTEXTS = st.builds(
    Context,
    source=st.sampled_from([None, "Port Town Post"]),
    host=st.sampled_from([None, "www.riverpost.example"]),
    language=st.sampled_from([None, "en", "de"]),
    markdown=st.booleans(),
    plain=st.booleans(),
    learned=st.sampled_from([None, LEARNED.table]),
)


@given(DRAFTS, CONTEXTS)
@settings(max_examples=300)
def test_every_rule_finds_on_its_candidates_what_it_finds_on_all_lines(
    draft: Draft, context: Context
):
    check_candidates(REPAIRS, draft, context)


@pytest.mark.parametrize("name", SETS)
def test_the_law_holds_for_real_articles(name: str):
    records = real_records(f"{name}.jsonl.gz")
    for record in records[:: max(1, len(records) // 40)]:
        draft = Draft(record.get("title") or "", "", record["text"] or "", "")
        check_candidates(REPAIRS, draft, Context())
        check_candidates(REPAIRS, clean(draft, Context())[0], Context())


def is_candidate(rule: Rule, signal: Signal, line: str) -> bool:
    in_headline = signal.where.fields == Field.HEADLINE
    draft = Draft(headline=line) if in_headline else Draft(body=line)
    return rule.id in candidates(draft)


@pytest.mark.parametrize(("rule", "signal"), SIGNALS)
def test_a_line_made_of_what_a_trigger_looks_for_is_a_candidate_in_any_case(
    rule: Rule, signal: Signal
):
    for line in lines_for(signal):
        for form in (line, line.upper(), line.lower(), line.title()):
            assert is_candidate(rule, signal, form), form


def lines_for(signal: Signal) -> list[str]:
    if signal.kind is Kind.LITERALS:
        around = {Side.ANY: "x{} x", Side.FIRST: "{} x", Side.LAST: "x{}"}
        literals = (Literal(*one) for one in signal.data())
        if signal.where.longest == 1:
            return [one.text for one in literals]
        return [around[Side(one.side)].format(one.text) for one in literals]
    if signal.kind is Kind.OPENINGS:
        return [
            f"{first} {second or ''}".replace("#", "12")
            for first, second, longest in signal.data()
            if len(first) + len(second or "") < (signal.where.longest or longest)
        ]
    return []


@pytest.mark.parametrize(("rule", "signal", "pattern"), PATTERNS)
def test_whatever_a_pattern_matches_is_a_candidate(
    rule: Rule, signal: Signal, pattern: re.Pattern[str]
):
    _, from_first, to_last = signal.data.args  # type: ignore[attr-defined]
    match = pattern.fullmatch if to_last else pattern.match if from_first else pattern.search
    rng, matched = random.Random(rule.id), 0  # noqa: S311
    for _ in range(400):
        before = "" if from_first else rng.choice(["", "Ferry. ", "(Ferry), ", "A  "])
        after = "" if to_last else rng.choice(["", " x"])
        line = f"{before}{drawn(pattern, rng)}{after}".strip()
        if "\n" in line or len(line) > (signal.where.longest or len(line)) or not match(line):
            continue
        matched += 1
        assert is_candidate(rule, signal, line), line
    assert matched


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"see\s+also", {"see also"}),
        (r"(?:photo|bild)\s*:", {"photo:", "photo :", "bild:", "bild :"}),
        (r"\w+ (?:ago|vor \d)", {" ago", " vor "}),
        (r"[^:]*\((?:from )?(?:left|right)\b", {"(from left", "(from right", "(left", "(right"}),
        (r"(?i:Stra\u00dfe)", {"strasse"}),
        (r"xy[a-z]{2}q?", {"xy"}),
    ],
)
def test_literals_are_what_every_match_holds(pattern: str, literals: set[str]):
    assert {one.text for one in literals_of(re.compile(pattern))} == literals


def test_literals_are_looked_for_where_they_must_be():
    at_end = literals_of(re.compile(r"\bmin\W{0,2}$"))
    assert at_end == {Literal("min", Side.LAST, 6)}
    at_beginning = literals_of(re.compile(r"\W{0,3}\*+x"), from_first=True)
    assert at_beginning == {Literal("*", Side.FIRST, 9)}


@pytest.mark.parametrize("pattern", [r"\w+", r"a?", r"\s+", r"(?:bridge|\d)", r"[^x]{3}", r"e"])
def test_a_pattern_without_literals_is_an_error_that_names_it(pattern: str):
    rule = Rule("drop_all", "all", Trigger.of(re.compile(pattern)), lambda *_: ())
    with pytest.raises(ValueError, match=re.escape(repr(pattern))):
        Scan([rule])


def test_characters_of_a_pattern_are_those_with_which_a_match_begins():
    assert first_characters(re.compile(r"a?[bc]|\bx")) == [("a",), ("bc",), ("x",)]
    assert first_characters(re.compile("[ab]c|d\\s"), 2)[0] == ("ab", "c")
    with pytest.raises(ValueError, match="cannot be listed"):
        first_characters(re.compile(r"\w"))
