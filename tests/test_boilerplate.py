import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean import Context, clean, repair, undo
from pipeline.clean.edits import apply
from pipeline.clean.rules.boilerplate import RULES
from pipeline.testing import all_lines

FOLDER = Path(__file__).parent / "cases"
CASES = [
    case
    for name in ("boilerplate", "publishers")
    for case in json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
]
BY_ID = {rule.id: rule for rule in RULES}
PAGE_LINES = json.loads((FOLDER / "lines.json").read_text("utf-8"))  # by language
STORY = """\
The council agreed on Monday to repair the old bridge over the river before winter.

Work will begin in spring, said the mayor, who thanked the engineers for their patience.

Until then a ferry crosses every half hour, and nobody has to pay for it on Sundays."""
ANYWHERE = Context()

LINES = st.sampled_from(
    [
        "The council agreed on Monday to repair the old bridge over the river.",
        "Short line",
        "Share this: Facebook",
        "Twitter",
        "Facebook",
        "Advertisement",
        "The bridge is closed until spring, said the mayor. Advertisement",
        "Related stories",
        "Read Also: Second bridge opens",
        "12 Comments",
        "* * *",
        "--",
        "Copyright 2024 The River Post. All rights reserved.",
        "This website uses cookies to improve your experience.",
        "Tags: bridge, river",
        "Read more",
        "",
        " ",
    ]
)
BODIES = st.lists(LINES, max_size=14).map("\n".join)


def drop(rule_id: str, body: str) -> str:
    draft = Draft(body=body)
    edited, _ = apply(draft, rule_id, BY_ID[rule_id].find(draft, all_lines(draft), ANYWHERE))
    return edited.body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_case_comes_out_as_written(case: dict[str, Any]):
    assert drop(case["rule"], case["input"]) == case["expected"]


@pytest.mark.parametrize("language", PAGE_LINES)
def test_lines_of_the_page_go_from_below_a_story(language: str):
    context = Context(language=language)
    left = [
        line
        for line in PAGE_LINES[language]
        if clean(Draft(body=f"{STORY}\n\n{line}"), context)[0].body != STORY
    ]
    assert left == []


@pytest.mark.parametrize("rule_id", BY_ID)
def test_every_rule_has_a_case_that_changes_one_that_does_not_and_an_empty_one(rule_id: str):
    own = [case for case in CASES if case["rule"] == rule_id]
    assert any(case["input"] != case["expected"] for case in own)
    assert any(case["input"] and case["input"] == case["expected"] for case in own)
    assert any(not case["input"] for case in own)


@given(BODIES)
def test_a_second_run_finds_nothing(body: str):
    for rule_id in BY_ID:
        once = drop(rule_id, body)
        assert drop(rule_id, once) == once


@given(BODIES)
def test_what_was_removed_can_be_put_back(body: str):
    draft = Draft(body=body)
    edited, repairs = repair(draft, ANYWHERE, RULES)
    assert undo(edited, repairs) == draft


@given(BODIES)
def test_nothing_is_added_and_something_is_left(body: str):
    edited, repairs = repair(Draft(body=body), ANYWHERE, RULES)
    assert all(not edit.added for done in repairs for edit in done.edits)
    assert bool(edited.body.strip()) == bool(body.strip())


@settings(max_examples=200)
@given(st.text())
def test_no_text_raises(body: str):
    edited, repairs = repair(Draft(body=body), ANYWHERE, RULES)
    assert undo(edited, repairs).body == body


@pytest.mark.parametrize(
    "body",
    [
        "Share this " * 470_000,
        "-" * 5_000_000,
        "share" * 1_000_000,
        "* " * 2_500_000,
        "分享" * 1_700_000,
        "Copyright " * 500_000,
    ],
    ids=["words", "signs", "one word", "stars", "one word without spaces", "copyright"],
)
def test_a_line_of_five_megabytes_is_left_alone(body: str):
    draft = Draft(body=body)
    assert repair(draft, ANYWHERE, RULES) == (draft, ())
