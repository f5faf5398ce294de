import json
import re
import tomllib
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean import Context, clean, repair, undo
from pipeline.clean.edits import apply
from pipeline.clean.phrases import LINE_BEGINNING, compile_phrase, flatten_line, key_of, load
from pipeline.clean.rules.boilerplate import RULES

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
    edited, _ = apply(draft, rule_id, BY_ID[rule_id].find(draft, ANYWHERE))
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


def test_every_phrase_of_the_pattern_files_compiles_and_names_a_rule():
    found = load(dict.fromkeys(BY_ID, 100))
    phrases = {phrase for group in found.by_opening.values() for phrase in group}
    for phrase in phrases:
        re.compile(phrase.regex)
        assert phrase.rule in BY_ID


def shortest_line(phrase: str, names: dict[str, list[str]]) -> str:
    """A line that the phrase matches, without what may be missing, with one of each choice."""
    while (name := re.search(r"<(\w+)>\+?", phrase)) or (
        name := re.search(r"\[([^][()]*)\]|\(([^][()]*)\)", phrase)
    ):
        choice = names[name[1]][0] if name[0][0] == "<" else (name[2] or "").split("/")[0]
        phrase = f"{phrase[: name.start()]}{choice}{phrase[name.end() :]}"
    phrase = re.sub(r"(?:[^\s/]+/)+", "", phrase.replace(" / ", "/"))
    words = [word.rstrip("*") for word in phrase.split()]
    return " ".join("12" if word == "#" else word for word in words if word.strip("."))


def test_a_line_is_matched_with_the_phrases_that_begin_like_it():
    folder = files("pipeline.clean").joinpath("patterns")
    names = tomllib.loads(folder.joinpath("names.toml").read_text("utf-8"))
    phrases = load(dict.fromkeys(BY_ID, 1000))
    for path in folder.iterdir():
        if path.name != "names.toml":
            for places in tomllib.loads(path.read_text("utf-8")).values():
                for phrase in chain.from_iterable(places.values()):
                    line = shortest_line(phrase, names)
                    first = LINE_BEGINNING.match(line)
                    assert first, phrase
                    if ")'" in phrase or key_of(first[1]) not in phrases.reach:
                        continue  # an ending glued to a group, a word of two scripts
                    found = phrases.that_may_match(line, 0, len(line))
                    assert any(
                        one.matches(flatten_line(line).lstrip("\u00bf\u00a1")) for one in found
                    ), line


def test_prose_is_matched_with_no_phrase():
    line = "The council said on Monday that the ferry would sail."
    assert load(dict.fromkeys(BY_ID, 1000)).that_may_match(line, 0, len(line)) == ()


def test_pattern_files_repeat_no_phrase():
    for path in files("pipeline.clean").joinpath("patterns").iterdir():
        if path.name.endswith(".toml") and path.name != "names.toml":
            for rule, places in tomllib.loads(path.read_text("utf-8")).items():
                for place, phrases in places.items():
                    repeated = {phrase for phrase in phrases if phrases.count(phrase) > 1}
                    assert not repeated, f"{path.name} [{rule}] {place}"


@pytest.mark.parametrize(
    ("phrase", "line", "matches"),
    [
        ("share this/the story", "Share the story!", True),
        ("share this/the story", "Share a story", False),
        ("share [this story] now", "Share now", True),
        ("share (this/the whole story)", "Share: the whole story", True),
        ("read also: ...", "Read also: the bridge", True),
        ("read also: ...", "Read also the bridge", False),
        ("read also* ...", "READ ALSOThe bridge", True),
        ("copyright ..", "Copyright The River Post", True),
        ("copyright ..", "Copyright is what the court of the river talked about", False),
        ("# comments", "1,234 comments", True),
        ("# comments", "many comments", False),
        ("ilgili haberler", "İLGİLİ HABERLER", True),
        ("関連 記事", "関連記事", True),
    ],
)
def test_a_phrase_matches_the_whole_line(phrase: str, line: str, *, matches: bool):
    found = re.fullmatch(compile_phrase(phrase, {}).regex, flatten_line(line))
    assert (found is not None) is matches


@pytest.mark.parametrize(
    ("phrase", "message"),
    [
        ("", "empty"),
        ("share (this", "not closed"),
        ("share this)", "closes nothing"),
        ("[share] ", "begin with a word"),
        ("... share", "begin with a word"),
        ("share <nobody>", "not in names"),
        ("share !!!", "no word"),
    ],
)
def test_a_phrase_that_cannot_be_read_says_why(phrase: str, message: str):
    with pytest.raises(ValueError, match=message):
        compile_phrase(phrase, {})
