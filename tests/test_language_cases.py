"""What each language file must know, by a file of cases of the same name in `cases/languages/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.article import Arrival, Draft, Origin, Rejected
from pipeline.check import CheckOptions, Subject, check
from pipeline.check.identify import same_language
from pipeline.check.notices import is_section
from pipeline.clean import CleanOptions, Context, clean
from pipeline.clean.datelines import dateline_of
from pipeline.flow import Stages, prepare

FOLDER = Path(__file__).parent / "cases" / "languages"
CASES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
PARTS = {"story", "goes", "stays", "stubs", "sections", "headlines"}
# Only where papers of the language print them in a form that Copydesk reads.
OPTIONAL = {"bylines", "datelines"}

language = pytest.mark.parametrize("language", CASES)


def cleaned(body: str, language: str) -> Draft:
    return clean(Draft(body=body), Context(language=language), CleanOptions())[0]


@language
def test_the_file_has_cases_of_each_part(language: str):
    assert CASES[language].keys() - OPTIONAL == PARTS
    assert all(CASES[language].values())


@language
def test_a_story_is_left_as_it_is(language: str):
    story = CASES[language]["story"]
    assert cleaned(story, language).body == story


@language
def test_a_story_is_known_to_be_in_the_language(language: str):
    story = CASES[language]["story"]
    found = check(Subject(body=story, language=language), CheckOptions())
    assert same_language(language, found.language or "")
    assert {one.rule for one in found.findings}.isdisjoint(
        {"few-stop-words", "language-not-declared", "not-an-article"}
    )


@language
def test_lines_of_the_page_go_from_below_a_story(language: str):
    story = CASES[language]["story"]
    lines = CASES[language]["goes"]
    assert [line for line in lines if cleaned(f"{story}\n\n{line}", language).body != story] == []


@language
def test_lines_that_only_begin_like_them_stay(language: str):
    first, rest = CASES[language]["story"].split("\n\n", 1)
    bodies = [f"{first}\n\n{line}\n\n{rest}" for line in CASES[language]["stays"]]
    assert [body for body in bodies if cleaned(body, language).body != body] == []


@language
def test_what_stands_where_an_article_should_be_is_rejected(language: str):
    def outcome(body: str) -> object:
        raw = {"headline": "Ana Lima", "articleBody": body, "inLanguage": language}
        arrival = Arrival(Origin(topic="raw", partition=0, offset=0), "2026-11-01T00:00:00Z")
        return prepare(msgspec.json.encode(raw), arrival, Stages())

    stubs = CASES[language]["stubs"]
    assert [body for body in stubs if not isinstance(outcome(body), Rejected)] == []


@language
def test_names_of_sections_are_no_headlines(language: str):
    assert [name for name in CASES[language]["sections"] if not is_section(name)] == []
    assert [name for name in CASES[language]["headlines"] if is_section(name)] == []


@language
def test_bylines_move_to_the_authors(language: str):
    story = CASES[language]["story"]
    for line, name in CASES[language].get("bylines", {}).items():
        found = cleaned(f"{line}\n\n{story}", language)
        assert (found.authors, found.body) == (name, story)


@language
def test_datelines_are_read(language: str):
    for line, dateline in CASES[language].get("datelines", {}).items():
        assert dateline_of(line) == dateline
