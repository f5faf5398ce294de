"""Notices: what is one, what only talks about one."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Arrival, Origin, Rejected
from pipeline.check.notices import ends_in_more, is_section, kind_of, shares
from pipeline.flow import Stages, prepare

# By language: what stands where an article should be.
STUBS = json.loads((Path(__file__).parent / "cases" / "stubs.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Page Not Found!", "error"),
        ("Page not found errors cost the office a day", None),
        ("\u201cPage not found\u201d", None),
        ("We use cookies and similar tools to keep the site running.", "cookie"),
        ("Diese Website verwendet Cookies.", "cookie"),
        ("LOADING, PLEASE WAIT", "javascript"),
        ("Already a subscriber? Log in", "paywall"),
        ("Le contenu de cet article n\u2019est pas \u00e0 vendre.", None),
        ("Read more", "more"),
        ("The council voted on Tuesday.", None),
        ("", None),
    ],
)
def test_the_kind_of_a_sentence(sentence: str, kind: str | None):
    assert kind_of(sentence) == kind


@pytest.mark.parametrize("language", STUBS)
def test_a_notice_in_place_of_an_article_is_rejected(language: str):
    def outcome(body: str) -> object:
        raw = {"headline": "Council repairs the old bridge", "articleBody": body}
        arrival = Arrival(Origin(topic="raw", partition=0, offset=0), "2026-11-01T00:00:00Z")
        return prepare(msgspec.json.encode(raw), arrival, Stages())

    assert [body for body in STUBS[language] if not isinstance(outcome(body), Rejected)] == []


def test_shares_are_of_all_words_of_the_text():
    lines = ["The pool stays open.", "Sign in", "Forgot your password? Get help"]
    assert shares(lines, 12) == {"login": pytest.approx(7 / 12)}
    assert shares([], 0) == {}


def test_a_section_is_a_part_of_the_site_not_a_story():
    assert is_section("Archive")
    assert is_section("Tag: swimming")
    assert not is_section("Archive of the pool found in a cellar")
    assert not is_section("")


def test_a_link_to_the_rest_is_told_from_a_sentence():
    assert ends_in_more("The council has voted to keep the pool. Read more")
    assert ends_in_more("\u7ee7\u7eed \u9605\u8bfb\u5168\u6587")
    assert not ends_in_more("The town wants more")
    assert not ends_in_more("")


@given(st.lists(st.text(max_size=40), max_size=10))
def test_shares_of_any_lines_lie_between_nothing_and_all(lines: list[str]):
    total = sum(len(line.split()) for line in lines) or 1
    assert all(share >= 0 for share in shares(lines, total).values())
