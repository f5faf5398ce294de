"""The compact index's exact memory and its limits: with the native tables, with their twin."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.copies import prepared, seen, story

from pipeline import native
from pipeline.article import Prepared
from pipeline.dedup import CompactIndex, DedupOptions, HeldEntry, window_start
from pipeline.native import twins

SMALL = DedupOptions(capacity=1024, exact_window_days=30)
LONG = replace(SMALL, exact_window_days=180)
START = datetime(2024, 5, 1, tzinfo=UTC)


def day(number: float) -> str:
    return (START + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(index: CompactIndex, article: Prepared):
    return [entry.id for entry in index.neighbours(article)]


@pytest.fixture(params=[native.Index, twins.Index], ids=["native", "twin"], autouse=True)
def tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(native, "Index", request.param)


def test_address_and_words_are_remembered_longer_than_likeness():
    index = CompactIndex(LONG)
    index.add(seen(story(1), id="page", url="https://example.com/a", seen_at=day(0)))
    assert index.evict(window_start(day(60), LONG)) == []
    assert len(index) == 1
    changed = story(1).replace("bridge", "harbour")
    assert ids(index, prepared(changed)) == []
    assert ids(index, prepared(story(1))) == ["page"]
    assert ids(index, prepared(story(2), url="https://example.com/a")) == ["page"]
    assert index.evict(window_start(day(181), LONG)) == [0]
    assert ids(index, prepared(story(1))) == []


def test_an_article_delivered_again_after_the_window_is_found_by_likeness_again():
    index = CompactIndex(LONG)
    page = seen(story(1), id="page", url="https://example.com/a", seen_at=day(0))
    index.add(page)
    index.evict(window_start(day(60), LONG))
    held = index.add(copy(seen(story(1), url="https://example.com/a", seen_at=day(60))))
    assert held == HeldEntry(0, day(60), page)
    assert ids(index, prepared(story(1).replace("bridge", "harbour"))) == ["page"]
    assert index.evict(window_start(day(200), LONG)) == []


def test_the_exact_window_is_never_shorter_than_the_other():
    index = CompactIndex(replace(SMALL, exact_window_days=1))
    index.add(seen(story(1), seen_at=day(0)))
    assert index.evict(window_start(day(29), SMALL)) == []
    assert ids(index, prepared(story(1).replace("bridge", "harbour"))) == ["old"]


def test_what_comes_due_at_once_goes_in_slices_but_is_found_no_more():
    index = CompactIndex(replace(SMALL, capacity=4096))
    for number in range(700):
        index.add(seen(f"{story(number)}", id=str(number), seen_at=day(0)))
    before = window_start(day(40), SMALL)
    first = index.evict(before)
    assert 0 < len(first) < 700
    assert all(ids(index, prepared(story(number))) == [] for number in range(0, 700, 50))
    assert len(first) + len(index.evict(before)) == 700
    assert len(index) == 0


def test_a_full_index_lets_the_one_seen_longest_ago_go():
    index = CompactIndex(SMALL)
    for number in range(1030):
        index.add(seen(f"{story(number, sentences=2)}", id=str(number), seen_at=day(0)))
    assert len(index) == 1024
    assert ids(index, prepared(story(5, sentences=2))) == []
    assert ids(index, prepared(story(6, sentences=2))) == ["6"]


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(9)))
def test_the_order_of_restoring_does_not_matter(order: list[int]):
    live = CompactIndex(SMALL)
    helds = [
        live.add(seen(story(n % 3) + f" {story(40 + n)}", id=str(n), seen_at=day(n)))
        for n in range(9)
    ]
    restored = CompactIndex(SMALL)
    for n in order:
        held = helds[n]
        assert held
        restored.restore(held)
    for n in range(3):
        assert ids(restored, prepared(story(n))) == ids(live, prepared(story(n)))
    before = window_start(day(34.5), SMALL)
    assert sorted(restored.evict(before)) == live.evict(before) == [0, 1, 2, 3, 4]


def test_another_article_under_a_known_number_is_refused():
    index = CompactIndex(SMALL)
    index.restore(HeldEntry(3, day(0), seen(story(1))))
    with pytest.raises(ValueError, match="number 3 is of another article"):
        index.restore(HeldEntry(3, day(0), seen(story(2))))


def test_a_chain_of_a_band_too_long_to_follow_is_counted():
    index = CompactIndex(replace(SMALL, postings=4, sample_rate=1 << 20))
    for number in range(10):
        index.add(seen(story(1), id=str(number), url=f"https://example.com/{number}"))
    assert index.cuts == 0
    assert ids(index, prepared(story(1).replace("bridge", "harbour")))[-1] == "9"
    assert index.cuts > 0
