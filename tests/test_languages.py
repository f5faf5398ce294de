"""The language files: how they are written, that all of it is read, and the grammar of phrases."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from itertools import chain
from typing import Any

import pytest

from pipeline.clean.phrases import LINE_BEGINNING, load
from pipeline.languages.bundle import read_files
from pipeline.languages.contents import FURNITURE
from pipeline.languages.grammar import compile_phrase, flatten_line, key_of

TEXTS = read_files(files("pipeline.languages"))
PARSED: Mapping[str, dict[str, Any]] = {name: tomllib.loads(text) for name, text in TEXTS.items()}
FURNITURE_PHRASES = [
    phrase
    for data in PARSED.values()
    for places in data.get("furniture", {}).values()
    for phrase in chain.from_iterable(places.values())
]
NAMES = {
    name: [word for data in PARSED.values() for word in data.get("words", {}).get(name, [])]
    for name in ("network", "agency", "piece", "month")
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
