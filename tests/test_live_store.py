"""What the live page keeps, in bounded memory: the newest outcomes, and every source."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace
from support.html import Page
from support.live_records import (
    AT,
    NOW,
    PAGES,
    at,
    full_memory,
    put,
    put_dead,
    put_source,
    signal,
    source,
    status,
    texts_of,
    window,
)
from support.outcomes import SEEN_AT, outcome

from pipeline.article import (
    encode,
)
from pipeline.live import Memory, Shown
from pipeline.live.lists import SPARK_HEIGHT, SPARK_WIDTH, spark
from pipeline.live.pages import SOURCES_A_PAGE
from pipeline.live.recent import Recent
from pipeline.live.roster import Roster
from pipeline.live.wire import leaf_of, listed_record
from pipeline.publish import record
from pipeline.sources import (
    Baseline,
    SignalName,
    SourceRecord,
    Span,
)

# The newest outcomes.


def test_an_outcome_is_listed_once_both_its_records_are_there():
    one = at(outcome(), 1)
    account, written = encode(one.quality), encode(record(one, SEEN_AT))
    for first in ("account", "article"):
        recent = Recent()
        for kind in (first, {"account": "article", "article": "account"}[first]):
            assert recent.newest(9) == []
            if kind == "account":
                recent.add_account(listed_record(account), account, AT)
            else:
                recent.add_article(leaf_of(written), written, AT)
        [kept] = recent.newest(9)
        assert (kept.id, kept.headline, kept.number) == ("a-1", "Ferry stays", 1)
        assert recent.since(1, 9) == []


def test_the_newest_stay_whatever_order_they_come_in():
    memory = Memory()
    memory.recent = Recent(most=3)
    for when in (5, 9, 1, 7, 8, 2):
        put(memory, at(outcome(), when, id=f"a-{when}"), AT + when)
    assert [kept.id for kept in memory.recent.newest(9)] == ["a-9", "a-8", "a-7"]
    assert memory.recent.by_name("a-1") == []
    assert len(memory.recent._by_name) == 4  # their ids and their one address
    assert len(memory.recent._ages) == 3


def test_bytes_are_bounded_and_a_giant_pushes_nobody_out():
    memory = Memory()
    memory.recent = Recent(most_bytes=50_000)
    for number in range(100):
        put(memory, at(outcome(), number, id=f"a-{number}"), AT + number)
        assert memory.recent.size <= 50_000
    assert 5 < len(memory.recent) < 50
    before = len(memory.recent)
    put(memory, at(outcome("word " * 400_000), 200, id="giant"), AT + 200)
    [giant] = memory.recent.by_name("giant")
    assert giant.article is None  # it is looked for on its topic
    assert giant.number
    assert len(memory.recent) >= before - 2


def test_an_article_is_found_by_id_address_and_origin():
    memory = full_memory()
    [kept] = memory.recent.by_name("a-0")
    assert memory.recent.by_name("https://harbour.example/a-0") == [kept]
    assert memory.recent.by_origin("articles.raw[0]@0") is kept


def test_an_id_can_come_more_than_once_the_newest_first():
    memory = Memory()
    for offset in range(3):
        put(memory, at(outcome(), offset), AT + offset)
    assert [kept.offset for kept in memory.recent.by_name("a-1")] == [2, 1, 0]


def test_records_of_other_programs_are_counted_and_left_out():
    memory = Memory()
    broken = replace(at(outcome(), 1).quality, seen_at="yesterday")
    for value in (None, b"", b"\xff", b"{}", b'{"id": 3}', encode(broken)):
        memory.add_account(value, AT, NOW)
        memory.add_article(value, AT)
    memory.add_source(b"x", b"{}")
    assert memory.foreign == 13
    assert len(memory.recent) == 0


def test_dead_letters_of_the_same_bytes_are_one_and_few_are_kept():
    memory = Memory()
    ids = {put_dead(memory, number, b"x" * (number % 600)) for number in range(1_200)}
    assert len(ids) == 600
    assert len(memory.letters) == 500


# Sources.


def ranked(*records: SourceRecord) -> list[str | None]:
    roster = Roster()
    for one in records:
        put_source(roster, one)
    return [standing.name for standing in roster.ranked()]


def test_sources_in_trouble_come_first_by_gravity_then_volume():
    assert ranked(
        source("large", hours=(90,) * 24),
        source("flooded", signal(SignalName.FLOOD), hours=(99,) * 24),
        source("broken", signal(SignalName.EXTRACTOR_BROKE), hours=(1,) * 24),
        source("small", hours=(1,) * 24),
        source("broken and large", signal(SignalName.EXTRACTOR_BROKE), hours=(2,) * 24),
        source(None, hours=(3,) * 24),
        source("silent", signal(SignalName.SILENT), hours=(0,) * 24),
    ) == ["silent", "broken and large", "broken", "flooded", "large", None, "small"]


def test_a_source_that_went_is_forgotten():
    roster = Roster()
    roster.put(b"x", encode(source("x")))
    roster.put(b"x", None)
    assert roster.ranked() == []


def test_what_its_partition_counted_since_is_known_of_a_source():
    roster = Roster()
    put_source(roster, source("stopped", at="2026-11-22T16:10:00Z", hours=(1,) * 24))
    put_source(roster, source("elsewhere", at="2026-11-22T16:10:00Z", hours=(1,) * 24, partition=5))
    put_source(roster, source("goes on", at="2026-11-22T19:03:00Z", hours=(1,) * 24))
    by_name = {one.name: one.hours for one in roster.ranked()}
    assert by_name["stopped"] == (*[1] * 21, 0, 0, 0)
    assert by_name["elsewhere"] == (1,) * 24  # not counted yet is no zero


def test_figures_of_yesterday_are_not_todays():
    roster = Roster()
    day = window(Span.DAY, "2026-11-21T00:00:00Z", 40)
    put_source(roster, source("stopped", at="2026-11-21T23:50:00Z", windows=(day,)))
    put_source(roster, source("goes on"))
    assert {one.name: one.today.received for one in roster.ranked()} == {
        "stopped": 0,
        "goes on": 40,
    }


def test_records_of_one_name_are_added_up():
    roster = Roster()
    for partition in (0, 3):
        put_source(roster, source("other", partition=partition))
    [standing] = roster.ranked()
    assert standing.hours == (*[4] * 23, 8)
    assert (standing.today.received, standing.today.repaired) == (80, 40)
    assert [one.partition for one in roster.records("other")] == [0, 3]


def test_sources_are_bounded_and_those_that_changed_lately_stay():
    roster = Roster(most=3)
    for name in ("a", "b", "c", "a", "d"):
        put_source(roster, source(name))
    assert sorted(one.name or "" for one in roster.ranked()) == ["a", "c", "d"]


def test_ten_thousand_sources_are_shown_page_by_page():
    memory = Memory()
    for number in range(10_000):
        put_source(memory, source(f"source {number:05}"))
    html = PAGES.home(memory, status(), "x-0")
    assert "All 10,000 sources" in texts_of(html)
    assert len(html) < 200_000
    last = PAGES.sources(memory, status(), Shown(page=999_999))
    assert f"Page {10_000 // SOURCES_A_PAGE} of {10_000 // SOURCES_A_PAGE}" in texts_of(last)
    found = PAGES.sources(memory, status(), Shown(query="SOURCE 0777"))
    assert "10 sources with" in texts_of(found)


def test_a_sparkline_shows_every_hour_that_had_anything():
    drawn = spark([0] * 20 + [1, 0, 500, 250])
    assert [round(bar.height, 1) for bar in drawn.bars] == [1.5, SPARK_HEIGHT, SPARK_HEIGHT / 2]
    for bar in drawn.bars:
        assert 0 <= bar.x < bar.x + bar.width <= SPARK_WIDTH
        assert bar.y + bar.height == pytest.approx(SPARK_HEIGHT)
    assert [bar.tone for bar in drawn.bars] == ["", "", "now"]
    assert drawn.bars[0].title == "3 h ago: 1"
    assert drawn.about == "751 articles in 24 hours, 500 in the fullest, 250 in this one"


def test_a_source_without_articles_has_no_shares():
    memory = Memory()
    put_source(memory, source())
    html = PAGES.source(memory, status(), "Harbour Post")
    rows = dict(re.findall(r'<th scope="row">([^<]*)</th>((?:<td class="n">[^<]*</td>)+)', html))
    cells = {name: re.findall(">([^<]*)</td>", row) for name, row in rows.items()}
    assert cells["Came in"] == ["0", "4", "40", "400"]
    space = "\N{NO-BREAK SPACE}"
    assert cells["Repaired"] == ["", *[f"50{space}%"] * 3]
    assert cells["Mean words"] == ["", "400", "400", "400"]
    assert "it takes three days" in texts_of(html)


def test_a_source_is_shown_beside_what_is_usual_for_it():
    usual = Baseline(
        days=21,
        hour_articles=5.0,
        hour_spread=1.0,
        day_articles=90.0,
        repaired_share=0.4,
        duplicate_share=0.1,
        rejected_share=0.02,
        words=430.0,
        fields={"headline": 1.0},
    )
    memory = Memory()
    gone = signal(SignalName.FIELD_GONE, "an author in 20 %", "a-1", "a/2")
    put_source(memory, source("Harbour Post", gone, baseline=usual))
    html = PAGES.source(memory, status(), "Harbour Post")
    text = texts_of(html)
    for words in (
        "rests on 21 days",
        "5 ± 1 an hour, 90 a day",
        "an author in 20 %",
        "22 Nov 17:00",
    ):
        assert words in text
    assert {"/article/a-1", "/article/a%2F2"} <= set(Page(html).loads)


def test_a_source_lists_its_own_verdicts_only():
    memory = Memory()
    put(memory, at(outcome(headline="Mine"), 0))
    put(memory, at(outcome(headline="Theirs", source="Valley Post"), 1))
    text = texts_of(PAGES.source(memory, status(), "Harbour Post"))
    assert "Mine" in text
    assert "Theirs" not in text
    assert PAGES.source(memory, status(), "Nobody") is None


def test_signals_that_are_over_are_told_apart():
    memory = Memory()
    was, now = signal(SignalName.SILENT, "no more"), signal(SignalName.FLOOD, "too much")
    put_source(memory, source("Harbour Post", now, raised=(was, now)))
    html = PAGES.source(memory, status(), "Harbour Post")
    before, _, after = html.partition("1 earlier signal")
    assert "too much" in before
    assert "too much" not in after
    assert "no more" in after
