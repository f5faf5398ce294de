import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.copies import prepared, seen, story

from pipeline import native
from pipeline.article import Origin, Prepared
from pipeline.dedup import (
    CompactIndex,
    DedupOptions,
    Entry,
    Index,
    entry_of,
    match,
    window_start,
)
from pipeline.dedup.index import MemoryDetails
from pipeline.dedup.index.entry import as_kept, to_keep
from pipeline.native import twins

# Small, and with no memory beyond the near-copy window; that has tests of its own.
SMALL = DedupOptions(capacity=1024, exact_window_days=30)


@pytest.fixture(params=[native.Index, twins.Index], ids=["native", "twin"], autouse=True)
def tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(native, "Index", request.param)


def filled(*entries: Entry, options: DedupOptions | None = None):
    index = CompactIndex(options or SMALL)
    for entry in entries:
        index.add(entry)
    return index


def ids(index: Index, article: Prepared):
    return [entry.id for entry in index.neighbours(article)]


def test_an_empty_index_proposes_nothing():
    assert ids(CompactIndex(SMALL), prepared(story(1))) == []
    assert len(CompactIndex(SMALL)) == 0


def test_other_stories_are_not_proposed():
    index = filled(*(seen(story(number), id=str(number)) for number in range(2, 30)))
    assert ids(index, prepared(story(1))) == []


def test_the_same_words_are_proposed():
    assert ids(filled(seen(story(1))), prepared(story(1).upper())) == ["old"]


def test_the_same_address_is_proposed_whatever_the_text():
    index = filled(seen(story(1), url="https://example.com/a"))
    assert ids(index, prepared(story(2), url="http://www.example.com/a/#comments")) == ["old"]


def test_a_changed_text_is_proposed():
    index = filled(seen(story(1)))
    assert ids(index, prepared(story(1).replace("bridge", "harbour"))) == ["old"]


def test_an_excerpt_pasted_into_a_long_page_is_proposed_both_ways():
    page = " ".join(story(number) for number in range(40))
    excerpt = story(7, sentences=14)
    assert ids(filled(seen(page)), prepared(excerpt)) == ["old"]
    assert ids(filled(seen(excerpt)), prepared(page)) == ["old"]


def test_neighbours_come_in_order_of_arrival():
    index = filled(*(seen(story(1), id=name) for name in "cab"))
    assert ids(index, prepared(story(1))) == ["c", "a", "b"]


def test_two_articles_of_one_id_are_two_entries():
    index = filled(seen(story(1), id="x"), seen(story(2), id="x"))
    assert len(index) == 2
    assert ids(index, prepared(story(2))) == ["x"]


def test_an_empty_text_is_neither_kept_nor_proposed():
    index = filled(seen("..."))
    assert len(index) == 0
    assert ids(index, prepared("")) == []


def test_an_unchanged_refetch_only_renews_its_entry():
    first = seen(story(1), url="https://example.com/a", seen_at="2024-05-01T00:00:00Z")
    again = seen(story(1), url="https://example.com/a/", seen_at="2024-05-20T00:00:00Z", id="again")
    index = filled(first, again)
    assert len(index) == 1
    assert index.evict("2024-05-10T00:00:00Z") == []
    [held] = index.neighbours(prepared(story(1)))
    assert (held.id, held.seen_at) == ("old", "2024-05-01T00:00:00Z")
    assert index.evict("2024-05-21T00:00:00Z") == [0]


def test_a_message_delivered_again_is_kept_once():
    origin = Origin(topic="articles.raw", partition=0, offset=7)
    index = filled(seen(story(1), origin=origin), seen(story(1), origin=origin))
    assert len(index) == 1


def test_evicting_forgets_what_was_seen_before_and_nothing_else():
    days = [f"2024-05-{day:02}T00:00:00Z" for day in range(1, 11)]
    index = filled(*(seen(story(n), id=str(n), seen_at=day) for n, day in enumerate(days)))
    assert index.evict("2024-05-04T00:00:00Z") == [0, 1, 2]
    assert len(index) == 7
    assert ids(index, prepared(story(2))) == []
    assert ids(index, prepared(story(3))) == ["3"]


def test_what_arrives_late_with_an_old_time_is_kept_as_long_as_what_it_arrived_with():
    index = filled(
        seen(story(1), id="new", seen_at="2024-05-09T00:00:00Z"),
        seen(story(2), id="late", seen_at="2024-05-01T00:00:00Z"),
    )
    assert index.evict("2024-05-09T00:00:00Z") == []
    assert [held.seen_at for held in index.neighbours(prepared(story(2)))] == [
        "2024-05-01T00:00:00Z"
    ]
    assert index.evict("2024-05-10T00:00:00Z") == [0, 1]


def test_an_index_restored_from_what_was_held_decides_and_evicts_the_same():
    live, log = CompactIndex(SMALL), {}
    for number in range(12):
        entry = seen(
            story(number % 7),
            id=str(number),
            url=f"https://example.com/{number % 5}",
            seen_at=f"2024-05-{number + 1:02}T00:00:00Z",
        )
        held = live.add(entry)
        log[held.number] = held
    for number in live.evict("2024-05-03T00:00:00Z"):
        del log[number]
    restored = CompactIndex(SMALL)
    for number in sorted(log):
        restored.restore(log[number])
    for number in range(8):
        arrival = prepared(story(number), url="https://example.com/3")
        assert ids(live, arrival) == ids(restored, arrival)
    fresh = seen(story(40), id="next")
    assert live.add(fresh) == restored.add(fresh)
    assert live.evict("2024-05-08T00:00:00Z") == restored.evict("2024-05-08T00:00:00Z") != []


def live(index: CompactIndex) -> int:
    """Keys and sampled shingles in all its tables."""
    return index._rows.keys + index._rows.sampled


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=12))
def test_evicting_everything_frees_every_table(arrivals: list[tuple[int, int]]):
    details = MemoryDetails()
    index = CompactIndex(SMALL, details)
    for number, day in arrivals:
        index.add(
            seen(
                story(number) if number else "short text",
                url=f"https://example.com/{number}",
                seen_at=f"2024-05-0{day}T00:00:00Z",
            )
        )
    held = len(index)
    assert len(details) == held
    assert len(index.evict("2024-06-01T00:00:00Z")) == held
    assert (len(index), len(details), live(index), index.oldest) == (0, 0, 0, None)


def test_what_too_many_articles_share_leads_to_the_earliest_and_the_newest():
    options = replace(SMALL, postings=3)
    index = filled(
        *(seen(story(1).replace("gauge", f"gauge{n}"), id=str(n)) for n in range(9)),
        options=options,
    )
    assert index.cuts > 0
    one = filled(seen(story(1)))
    assert 3 * one.sampled <= index.sampled < 5 * one.sampled
    assert {"0", "1", "8"} <= set(ids(index, prepared(story(1))))
    assert len(index.evict("2024-06-01T00:00:00Z")) == 9
    assert live(index) == 0


def test_one_text_at_too_many_addresses_is_still_renewed_at_each():
    index = CompactIndex(replace(SMALL, postings=3))
    for _ in range(2):
        for number in range(9):
            index.add(seen(story(1), url=f"https://example.com/{number}"))
    assert len(index) == 9


def test_candidates_are_capped_at_the_likeliest():
    options = replace(SMALL, candidates=2)
    variants = [f"{story(1, sentences=10 + 2 * n)} {story(10 + n)}" for n in range(5)]
    index = filled(*(seen(body, id=str(n)) for n, body in enumerate(variants)), options=options)
    assert ids(index, prepared(story(1))) == ["3", "4"]


def test_another_scheme_is_refused_by_name():
    strange = prepared(story(1))
    strange = replace(strange, fingerprint=replace(strange.fingerprint, scheme="sha1-w3"))
    with pytest.raises(ValueError, match=r"sha1-w3.*xxh32-w5"):
        CompactIndex(SMALL).neighbours(strange)
    with pytest.raises(ValueError, match=r"sha1-w3.*xxh32-w5"):
        CompactIndex(SMALL).add(entry_of(strange, None))


def test_bands_that_do_not_fit_the_signature_are_refused():
    with pytest.raises(ValueError, match="128"):
        CompactIndex(DedupOptions(bands=64, rows=3))


@settings(max_examples=10)
@given(st.permutations(range(8)))
def test_what_is_found_does_not_depend_on_the_order_of_adding(order: list[int]):
    texts = [story(n % 4) + (" " + story(50 + n) if n > 3 else "") for n in range(8)]
    index = filled(*(seen(texts[n], id=str(n)) for n in order))
    assert sorted(ids(index, prepared(story(2) + " That is all."))) == ["2", "6"]
    assert ids(index, prepared(story(2))) == ["2"]  # the same words: nothing is closer


def test_a_cluster_keeps_the_name_of_its_first_article():
    index, clusters = CompactIndex(SMALL), []
    for number in range(6):
        body = story(1, sentences=20).replace("river", "lake") if number % 2 else story(1)
        article = prepared(body, id=str(number), seen_at=f"2024-05-0{number + 1}T00:00:00Z")
        found = match(article, index.neighbours(article), DedupOptions())
        clusters.append(found.cluster if found else article.article.id)
        index.add(entry_of(article, found))
    assert clusters == ["0"] * 6


def test_the_window_is_counted_back_from_arrival():
    options = DedupOptions(window_days=30)
    assert window_start("2024-05-31T12:00:00Z", options) == "2024-05-01T12:00:00Z"
    assert window_start("2024-05-31T12:00:00.250000Z", options) == "2024-05-01T12:00:00Z"


def test_a_short_entry_is_written_without_what_follows_from_its_text():
    entry = seen("The river rose in one night by 2.1 metres, said Anna Bell. " * 3)
    kept = to_keep(entry)
    assert (kept.fingerprint.shingles, kept.fingerprint.signature) == (b"", b"")
    assert as_kept(kept) == entry
    long = seen("word " * 700)
    assert to_keep(long) is long
    assert as_kept(long) is long
