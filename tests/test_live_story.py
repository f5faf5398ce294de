"""One article on the live page: its edits, its copy, its measures, or why there is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace
from support.live_records import AT, OPTIONS, PAGES, at, put_dead, status, texts_of
from support.outcomes import BODY, SEEN_AT, article, copy, outcome, rejected

from pipeline.article import (
    Kind,
    Outcome,
    Quality,
    Relation,
    Severity,
    encode,
)
from pipeline.live import Found, Memory, story_of
from pipeline.live.wire import listed_record
from pipeline.publish import record
from pipeline.routing import Door


def told(one: Outcome, **more: Any):
    found = Found(
        id=one.article.id,
        at=AT,
        article=encode(record(one, SEEN_AT)),
        quality=encode(one.quality),
        **more,
    )
    return story_of(found, OPTIONS)


def test_an_article_is_shown_as_it_came_and_as_it_left():
    story = told(at(outcome(), 1))
    body = story.diff.fields[-1]
    before, after = ("".join(span.text for span in side) for side in (body.before, body.after))
    assert "Share this article" in before
    assert "Share this article" not in after
    assert story.text == BODY.replace("Share this article\n\n", "")


def test_a_copy_is_shown_beside_its_original():
    story = told(copy(of="a-0"), original=encode(article("a-0", "First", BODY)))
    assert story.matched.earlier.headline == "First"
    assert any(span.state == "shared" for span in story.matched.later.text)
    assert story.reasons == ("Near copy, another source",)
    html = PAGES.article(status(), told(copy(Kind.EXACT, Relation.SAME_URL, of="a-0")))
    assert "The earlier article is not at hand" in texts_of(html)


def test_findings_stand_beside_the_limits_they_passed():
    story = told(rejected("too-few-words"))
    [row] = story.findings
    assert (row.value, row.limit, row.severity) == ("1", "0.5", Severity.REJECT)
    assert (story.tone, story.verdict) == ("rejected", "Rejected")
    words = [row for row in story.measures if row.measure == "words"]
    assert words
    assert all(row.limit.startswith(("at least", "at most")) for row in words)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"article_body": "something else"}, "does not fit this text"),
        ({"article_body": "word " * 50_000}, "it has 250,000 characters"),
    ],
)
def test_edits_that_cannot_be_drawn_are_said_to_be(changes: dict[str, Any], note: str):
    one = at(outcome(), 1)
    story = told(replace(one, article=replace(one.article, **changes)))
    assert story.diff is None
    assert any(note in text for text in story.notes)
    assert story.text


def test_what_could_not_be_read_shows_why_and_how_it_began():
    memory = Memory()
    id_ = put_dead(memory, 1, b'{"headline": \x00')
    kept = memory.recent.by_name(id_)[0]
    found = Found(id=id_, at=AT, quality=kept.quality, letter=memory.letters[id_])
    text = texts_of(PAGES.article(status(), story_of(found, OPTIONS)))
    for words in ("Unreadable", "it ends early", "14 bytes", '{"headline":', "U+0000"):
        assert words in text


def test_an_article_without_its_account_is_shown_all_the_same():
    one = copy(of="a-0")
    story = story_of(Found(id="x", at=AT, article=encode(record(one, SEEN_AT))), OPTIONS)
    assert story.verdict == "Withheld as a copy"
    assert story.diff is None
    assert story.matched
    assert PAGES.article(status(), story)


def test_accounts_read_what_a_quality_record_writes():
    one = at(copy(of="a-0"), 7)
    account = listed_record(encode(one.quality))
    assert account.door is Door.DUPLICATES
    assert json.loads(encode(account))["reasons"] == list(one.quality.reasons)
    assert isinstance(one.quality, Quality)
