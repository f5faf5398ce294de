"""The language files: how they are written, that all of it is read, and the grammar of phrases."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.rules.boilerplate import rules_of
from pipeline.languages import bundle, words_for
from pipeline.languages.bundle import compiled, read_files
from pipeline.languages.contents import (
    FURNITURE,
    NOTICES,
    SCALES,
    SCRIPT,
    WORDS,
    Place,
)
from pipeline.languages.grammar import compile_phrase, expand, flatten_line, key_of
from pipeline.languages.phrases import LINE_BEGINNING, load
from pipeline.own.language_files import problems
from tests.support.made_up_words import CASES, outcomes, own_files

ROOT = Path(__file__).parents[1]
TEXTS = read_files()
PARSED: Mapping[str, dict[str, Any]] = {name: tomllib.loads(text) for name, text in TEXTS.items()}
FURNITURE_PHRASES = [
    phrase
    for data in PARSED.values()
    for places in data.get("furniture", {}).values()
    for phrase in chain.from_iterable(places.values())
]
NAMES = {
    name: [word for data in PARSED.values() for word in data.get("words", {}).get(name, [])]
    for name in ("network", "agency", "piece")
}


def shortest_line(phrase: str) -> str:
    """A line that the phrase matches, without what may be missing, with one of each choice."""
    while (name := re.search(r"<(\w+)>\+?", phrase)) or (
        name := re.search(r"\[([^][()]*)\]|\(([^][()]*)\)", phrase)
    ):
        choice = NAMES[name[1]][0] if name[0][0] == "<" else (name[2] or "").split("/")[0]
        phrase = f"{phrase[: name.start()]}{choice}{phrase[name.end() :]}"
    phrase = re.sub(r"(?:[^\s/]+/)+", "", phrase.replace(" / ", "/"))
    words = [word.rstrip("*") for word in phrase.split()]
    return " ".join("12" if word == "#" else word for word in words if word.strip("."))


def test_a_line_is_matched_with_the_phrases_that_begin_like_it():
    phrases = load()
    for phrase in FURNITURE_PHRASES:
        line = shortest_line(phrase)
        first = LINE_BEGINNING.match(line)
        assert first, phrase
        if ")'" in phrase or key_of(first[1]) not in phrases.reach:
            continue  # an ending glued to a group, a word of two scripts
        found = phrases.that_may_match(line, 0, len(line))
        flat = flatten_line(line).lstrip("\u00bf\u00a1")
        assert any(one.matches(flat) for one in found), line


@pytest.mark.parametrize(
    "ends", [(">> ", " <<"), ("\u3010", "\u3011"), ("*** ", " ***"), ("\u25b6\ufe0f", "")]
)
def test_decoration_around_a_line_hides_no_phrase(ends: tuple[str, str]):
    lines = [line for line in map(shortest_line, FURNITURE_PHRASES) if rules_of(line)]
    assert [line for line in lines if not rules_of(line.join(ends))] == []


@pytest.mark.parametrize("line", ["[Read also] The bridge", ">> READ ALSO: The bridge <<"])
def test_a_label_may_be_in_brackets(line: str):
    assert rules_of(line) == {"drop_related_links"}


def test_prose_is_matched_with_no_phrase():
    line = "The council said on Monday that the ferry would sail."
    assert load().that_may_match(line, 0, len(line)) == ()


def test_every_phrase_is_of_a_kind_of_furniture():
    kinds = {kind.id for kind in FURNITURE}
    assert {phrase.rule for found in load().by_opening.values() for phrase in found} <= kinds


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
        ("댓글 # 개", "댓글 12개", True),
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
        ("share <nobody>", "no list of names"),
        ("share !!!", "no word"),
    ],
)
def test_a_phrase_that_cannot_be_read_says_why(phrase: str, message: str):
    with pytest.raises(ValueError, match=message):
        compile_phrase(phrase, {})


@pytest.mark.parametrize(
    ("phrase", "wordings"),
    [
        ("page not found", ["page not found"]),
        ("the page/site ...", ["the page ...", "the site ..."]),
        (
            "(sorry/oops) [but] no page",
            ["sorry no page", "sorry but no page", "oops no page", "oops but no page"],
        ),
        ("# (hour/hours) ago", ["# hour ago", "# hours ago"]),
        ("from (left/right) :", ["from left:", "from right:"]),
    ],
)
def test_a_phrase_of_words_and_choices_has_each_of_its_wordings(phrase: str, wordings: list[str]):
    assert expand(phrase) == wordings


@pytest.mark.parametrize("phrase", ["copyright ..", "also* more", "<network> here", "\u00a9 us"])
def test_what_only_lines_of_furniture_know_is_no_wording(phrase: str):
    with pytest.raises(ValueError, match="for lines of furniture only"):
        expand(phrase)


WRITTEN = st.text(st.sampled_from("ab [](/)#.<>*: \u00a9\u3042"), max_size=30)


@given(WRITTEN)
def test_any_phrase_is_read_or_refused(phrase: str):
    for read in (expand, lambda one: compile_phrase(one, {})):
        try:
            read(phrase)
        except ValueError as error:
            assert str(error)


def test_the_files_are_written_as_they_should_be():
    assert problems(TEXTS) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[wrods]\n", "xx.toml: [wrods] is no section here"),
        ('[words]\nbylin = ["zby"]\n', "xx.toml: [words] bylin is read by nothing"),
        ("[words]\nbyline = []\n", "xx.toml: [words] byline holds nothing; leave it out"),
        ('[words]\nbyline = ["Zby"]\n', "xx.toml: [words] byline 'Zby' has capitals"),
        ('[words]\nbyline = ["z", "z"]\n', "xx.toml: [words] byline 'z' comes twice"),
        (
            '[words]\nbyline = ["zby ("]\n',
            "xx.toml: [words] byline 'zby (': a bracket is not closed",
        ),
        ('[notices]\nerorr = ["zo"]\n', "xx.toml: [notices] erorr is no kind; there are error,"),
        (
            '[notices]\nerror = ["zo zo"]\nlogin = ["(zo/za) zo"]\n',
            "xx.toml: [notices] login '(zo/za) zo' is also of the kind error",
        ),
        (
            '[notices]\nerror = ["zo .. zo"]\n',
            "xx.toml: [notices] error 'zo .. zo': '..' is for lines of furniture only",
        ),
        ('[furniture.drop_it]\nedge = ["zo"]\n', "xx.toml: [furniture.drop_it] is no rule; there"),
        (
            '[furniture.drop_share_buttons]\ntop = ["zo"]\n',
            "xx.toml: [furniture.drop_share_buttons] top is no place; use anywhere,",
        ),
        (
            '[furniture.drop_share_buttons]\nedge = ["... zo"]\n',
            "xx.toml: [furniture.drop_share_buttons] edge '... zo': a phrase must begin with",
        ),
        (
            '[furniture]\ndrop_share_buttons.edge = ["zo"]\ndrop_follow_calls.edge = ["zo"]\n',
            "xx.toml: [furniture.drop_follow_calls] edge 'zo' is also of the kind drop_share_b",
        ),
        ("[limits]\ntoo-shrt = 3\n", "xx.toml: [limits] too-shrt is no rule of the checks"),
        ("[script]\nspaced = true\n", "xx.toml: [script] spaced = True is read by nothing"),
        ("[words\n", "xx.toml: Expected ']'"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, problem: str):
    found = problems({"xx": f'name = "Example"\n{text}'})
    assert any(one.startswith(problem) for one in found), found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[words]\nbyline = ["zby ("]\n', r"xx\.toml: \[words\] byline 'zby \(': a bracket"),
        (
            '[notices]\nerror = ["zo*"]\n',
            r"xx\.toml: \[notices\] error 'zo\*': 'zo\*' is for lines of furniture only",
        ),
        (
            '[furniture.drop_share_buttons]\nedge = ["zo <nobody>"]\n',
            r"xx\.toml: \[furniture\.drop_share_buttons\] edge 'zo <nobody>': there is no list",
        ),
        ("[words\n", r"xx\.toml: Expected '\]'"),
    ],
)
def test_an_entry_that_cannot_be_read_stops_the_product_with_its_place(text: str, problem: str):
    with pytest.raises(ValueError, match=problem):
        compiled({**TEXTS, "xx": f'name = "Example"\n{text}'})


def test_a_word_more_in_any_list_changes_what_the_product_does():
    plain, added = outcomes({}), outcomes(own_files())
    assert [section for section in plain if plain[section] == added[section]] == []


def test_nothing_is_left_of_the_files_of_a_user_when_others_are_used():
    plain = outcomes({})
    outcomes(own_files())
    assert outcomes({}) == plain


def test_each_list_has_a_made_up_word():
    sections = {case.section for case in CASES}
    assert {f"words.{name}" for name in WORDS} <= sections
    assert {f"notices.{kind}" for kind in NOTICES} <= sections
    assert {f"script.{key}" for key in SCRIPT} <= sections
    assert {kind.id for kind in FURNITURE} <= {
        section.split(".")[1] for section in sections if section.startswith("furniture.")
    }
    assert {place.value for place in Place} <= {section.split(".")[-1] for section in sections}


def test_a_list_is_read_by_the_module_that_it_names():
    for name, words in WORDS.items():
        if words.reader != "phrases":
            path = ROOT / "pipeline" / f"{words.reader.replace('.', '/')}.py"
            text = path.read_text("utf-8")
            has_function = name in {"stop", "number", *SCALES}
            assert has_function or f'"{name}"' in text or f"'{name}'" in text, name


def test_a_word_of_scale_has_one_value():
    every = [word for name in SCALES for word in words_for(name)]
    assert len(every) == len(set(every))


def test_an_edited_file_counts_at_once_and_is_compiled_anew(tmp_path: Path):
    folder = tmp_path / "languages"
    shutil.copytree(ROOT / "pipeline" / "languages", folder)
    kept = folder / bundle.NAME
    kept.unlink(missing_ok=True)
    first = bundle.read_bundle(str(folder))
    assert kept.exists()
    assert bundle.read_bundle(str(folder)) == first
    with (folder / "sq.toml").open("a", encoding="utf-8") as file:
        file.write('[furniture.drop_click_calls]\nedge = ["kliko zorb"]\n')
    second = bundle.read_bundle(str(folder))
    assert len(second.phrases) == len(first.phrases) + 1
    assert second.key != first.key
    assert bundle.read_bundle(str(folder)) == second


def test_a_damaged_bundle_is_compiled_anew(tmp_path: Path):
    folder = tmp_path / "languages"
    shutil.copytree(ROOT / "pipeline" / "languages", folder)
    (folder / bundle.NAME).write_bytes(b"\x93\xff")
    assert bundle.read_bundle(str(folder)) == bundle.load_bundle()


def test_a_folder_that_cannot_be_written_is_only_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "languages"
    shutil.copytree(ROOT / "pipeline" / "languages", folder)
    (folder / bundle.NAME).unlink(missing_ok=True)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(bundle.os, "replace", refuse)
    assert bundle.read_bundle(str(folder)) == bundle.load_bundle()
    assert not (folder / bundle.NAME).exists()
