"""The live page without a server: what is kept, how it is counted, what is drawn of it."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from typing import Any

import pytest
from support.html import HOSTILE, Page
from support.live_records import (
    AT,
    NOW,
    OPTIONS,
    PAGES,
    full_memory,
    hostile_memory,
    put_source,
    source,
    status,
    texts_of,
)

from pipeline.live import Answer, Found, Memory, PageState, Shown, Status, story_of
from pipeline.live.last_hour import MINUTES, NARROW, WIDE, Flow, draw
from pipeline.live.pages import POLICY
from pipeline.live.paths import article_path, link_out, name_in, source_path
from pipeline.routing import Door


def every_page(memory: Memory) -> list[str]:
    names = [one.name for one in memory.roster.ranked()]
    pages = [
        PAGES.home(memory, status(), "x-0"),
        PAGES.sources(memory, status(), Shown(query="o")),
        PAGES.found(memory, status(), HOSTILE[:4_000], Answer(kept=memory.recent.newest(9))),
        PAGES.problem("Locked", HOSTILE[:200], asks_token=True),
        *filter(None, (PAGES.source(memory, status(), name) for name in names)),
    ]
    for kept in memory.recent.newest(9):
        letter = memory.letters.get(kept.id)
        found = Found(id=kept.id, at=AT, article=kept.article, quality=kept.quality, letter=letter)
        pages.append(PAGES.article(status(), story_of(found, OPTIONS)))
    return pages


@pytest.mark.parametrize("make", [Memory, full_memory, hostile_memory])
def test_every_page_is_sound_and_nothing_on_it_runs_or_loads(make: Any):
    for html in every_page(make()):
        page = Page(html)
        assert page.open == []
        assert page.handlers == []
        assert page.tags.count("script") == page.tags.count("style") == 1
        assert " style=" not in html  # the policy would block it
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", html)
        for load in page.loads:
            assert re.match(r"/(?!/)|#|data:,$|https?://harbour\.example/", load), load


def test_the_policy_names_the_one_script_and_the_one_style():
    html = PAGES.home(full_memory(), status(), "x-0")
    for tag in ("style", "script"):
        [text] = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in POLICY
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY


def test_a_hostile_name_is_text_and_its_link_leads_to_it():
    name = "a/b <c> %2F ?#"
    memory = Memory()
    put_source(memory, source(name))
    html = PAGES.home(memory, status(), "x-0")
    assert name in texts_of(html)
    [path] = [load for load in Page(html).loads if load.startswith("/source/")]
    assert name_in(path, "source") == name


@pytest.mark.parametrize("name", ["a", "a/b", "..", ".", "", "%2F", "a?b#c", "é\u202e", "x" * 120])
def test_a_name_comes_back_from_its_path(name: str):
    path, _, query = source_path(name).partition("?")
    segments = path.split("/")
    assert not {".", "..", "%2E", "%2E%2E"} & set(segments)  # a browser would step up
    assert len(segments) <= 3
    assert query or name_in(path, "source") == name


def test_nothing_but_the_web_becomes_a_link():
    assert link_out("https://harbour.example/a") == "https://harbour.example/a"
    for url in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a b", None):
        assert link_out(url) is None


def test_an_id_too_long_for_a_path_is_told_by_its_origin():
    assert article_path("x" * 5_000, "t[0]@1") == "/article?at=t%5B0%5D%401"
    assert article_path("..", "t[0]@1") == "/article?at=t%5B0%5D%401"
    assert article_path("a/1") == "/article/a%2F1"


# The hour.


def test_the_figures_are_the_counts_of_the_records():
    text = texts_of(PAGES.home(full_memory(), status(), "x-0"))
    assert "Came in 4 " in text
    for label in ("Published 1", "Copies 1", "Rejected 1", "Unreadable 1"):
        assert f"{label} 25 %" in text
    assert "67 % repaired" in text  # of those that could be read


def test_an_article_counts_in_the_minute_it_arrived_in():
    flow = Flow()
    for seen in (NOW, NOW - 59, NOW - 60, NOW - 59 * 60, NOW - 60 * 60):
        flow.add(Door.CLEAN, repaired=False, seen=seen, out=NOW, now=NOW)
    hour = flow.hour(NOW, (0, NOW))
    assert [minute.doors.get(Door.CLEAN, 0) for minute in hour.minutes] == [1, *[0] * 57, 2, 1]
    assert (hour.start, hour.end) == ("18:04", "19:03")


def test_what_arrived_long_before_it_came_out_is_told_apart():
    flow = Flow()
    flow.add(Door.CLEAN, repaired=True, seen=NOW - 7200, out=NOW - 60, now=NOW)
    hour = flow.hour(NOW, (0, NOW))
    assert (hour.received, hour.earlier) == (0, 1)
    assert flow.hour(NOW + 3600, (0, NOW)).earlier == 0


def test_clocks_that_are_wrong_leave_the_hour_bounded():
    flow = Flow()
    for minutes in range(-10_000, 10_000, 3):
        flow.add(Door.CLEAN, repaired=False, seen=NOW + 60 * minutes, out=NOW, now=NOW)
    assert flow.hour(NOW, (0, NOW)).received == 20
    assert len(flow._minutes) <= MINUTES + 5


@pytest.mark.parametrize("frame", [WIDE, NARROW])
def test_bars_stand_on_each_other_inside_the_axes(frame: Any):
    flow = Flow()
    for number, door in enumerate([*Door, *Door, Door.CLEAN]):
        flow.add(door, repaired=False, seen=NOW - 60 * (number // 5), out=NOW, now=NOW)
    picture = draw(flow.hour(NOW, (0, NOW)), frame)
    by_minute: dict[float, list[Any]] = {}
    for bar in picture.bars:
        assert frame.left <= bar.x < bar.x + bar.width <= frame.width - frame.right
        assert frame.top <= bar.y < bar.y + bar.height <= frame.height - frame.bottom + 0.01
        by_minute.setdefault(bar.x, []).append(bar)
    assert sorted(map(len, by_minute.values())) == [4, 4]
    for bars in by_minute.values():
        for below, above in pairwise(bars):
            assert above.y + above.height == pytest.approx(below.y)


def test_minutes_of_which_nothing_is_known_are_no_zeros():
    hour = Flow().hour(NOW, (NOW - 600, NOW - 300))
    [before, after] = draw(hour, WIDE).gaps
    step = (WIDE.width - WIDE.left - WIDE.right) / MINUTES
    assert before.width == pytest.approx(49 * step)
    assert after.width == pytest.approx(5 * step)
    assert "Nothing is known of the hatched minutes" in texts_of(
        PAGES.home(Memory(), status(known=(NOW - 600, NOW - 300)), "x-0")
    )


def test_an_empty_hour_says_so():
    text = texts_of(PAGES.home(Memory(), status(), "x-0"))
    for told in ("nothing arrived", "No source has been counted yet", "Nothing came out"):
        assert told in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (status(PageState.READING, behind=1_200), "Reading the topics: 1,200 records to go"),
        (status(PageState.LOST, lost_since="19:01 UTC", problem="No answer."), "since 19:01 UTC"),
        (status(foreign=2), "2 records on the topics left out"),
    ],
)
def test_the_page_says_what_it_does_not_know(state: Status, words: str):
    assert words in texts_of(PAGES.home(Memory(), state, "x-0"))
