import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.outcomes import copy, dead_letter, outcome, rejected

from pipeline.article import DeadLetter, Finding, Kind, Outcome, Relation, Severity, Verdict
from pipeline.report import Tally
from pipeline.report.samples import MAX_CHARACTERS, BestSamples
from pipeline.report.spread import Spread
from pipeline.routing import Door
from pipeline.sources import OTHER, SourcesOptions

_MOST = SourcesOptions().most
_BYLINE = Finding("byline-missing", Severity.INFO)


def tally_of(*outcomes: Outcome | DeadLetter):
    tally = Tally()
    for one in outcomes:
        tally.add(one)
    return tally


def test_received_is_the_sum_of_the_four_doors():
    tally = tally_of(outcome(), outcome(), copy(), rejected("empty"), dead_letter())
    assert (tally.published, tally.duplicates, tally.rejected, tally.dead_letters) == (2, 1, 1, 1)
    assert tally.received == 5
    assert tally.articles == 4


def test_a_repair_counts_articles_edits_and_characters():
    tally = tally_of(outcome(), outcome(), outcome("Nothing here needs a repair of any kind."))
    count = tally.repairs["drop_share_buttons"]
    assert (count.articles, count.edits) == (2, 2)
    assert count.chars_removed == 2 * len("Share this article")
    assert tally.top_repairs() == [("drop_share_buttons", 2)]
    assert tally.repaired[Door.CLEAN] == 2


def test_a_finding_counts_once_an_article_however_often_it_was_made():
    tally = tally_of(outcome(findings=(_BYLINE, _BYLINE)), outcome(findings=(_BYLINE,)))
    assert tally.findings == {("byline-missing", Severity.INFO): 2}
    assert tally.top_findings(1) == [("byline-missing", 2)]


def test_copies_are_told_apart_by_kind_relation_and_what_was_done_with_them():
    revision = copy(Kind.NEAR, Relation.SAME_URL, verdict=Verdict.PUBLISH)
    tally = tally_of(copy(Kind.EXACT, Relation.SAME_SOURCE), revision)
    exact = tally.copies[Kind.EXACT, Relation.SAME_SOURCE]
    near = tally.copies[Kind.NEAR, Relation.SAME_URL]
    assert (exact.withheld, exact.published) == (1, 0)
    assert (near.withheld, near.published) == (0, 1)
    assert tally.likeness.count == 2


def test_first_reject_reasons_add_up_and_all_of_them_are_counted():
    tally = tally_of(rejected("empty", "fragment"), rejected("fragment"))
    assert tally.first_reject_reasons == {"empty": 1, "fragment": 1}
    assert tally.first_reject_reasons.total() == tally.rejected
    assert tally.reject_reasons == {"empty": 1, "fragment": 2}


def test_dead_letters_have_a_reason_and_no_source():
    tally = tally_of(dead_letter("binary"), outcome())
    assert tally.dead_letter_reasons == {"binary": 1}
    nameless = [record for record in tally.sources() if record.source is None]
    assert [record.dead_letters for record in nameless] == [1]


def test_sources_add_up_to_the_run_with_the_largest_first():
    tally = tally_of(
        outcome(source="Small"), *(outcome(source="Large") for _ in range(3)), rejected("empty")
    )
    records = tally.sources()
    assert [record.source for record in records] == ["Large", "Harbour Post", "Small"]
    assert sum(record.received for record in records) == tally.received
    assert records[0].repaired_share == 1.0
    assert records[0].newest_published == "2026-11-21"


def test_a_source_record_is_json_in_camel_case():
    line = msgspec.json.encode(tally_of(outcome(findings=(_BYLINE,))).sources()[0])
    record = json.loads(line)
    assert record["window"] == "run"
    assert record["meanWords"] == 40
    assert record["findings"] == [{"rule": "byline-missing", "articles": 1}]
    assert record["lastSeenAt"] == "2026-11-22T19:03:00Z"


def test_sources_beyond_the_bound_are_counted_together():
    first = outcome()
    tally = Tally()
    for number in range(_MOST + 50):
        quality = msgspec.structs.replace(first.quality, source=f"source-{number}")
        tally.add(msgspec.structs.replace(first, quality=quality))
    records = {record.source: record.received for record in tally.sources()}
    assert len(records) == _MOST + 1
    assert records[OTHER] == 50


def test_figures_are_json_and_equal_the_counts():
    figures = json.loads(msgspec.json.encode(tally_of(outcome(), copy(), dead_letter()).figures()))
    assert (figures["received"], figures["deadLetters"], figures["repaired"]) == (3, 1, 2)
    assert figures["copies"] == {"near-other-source": {"withheld": 1, "published": 0}}
    assert figures["repairs"]["drop_share_buttons"]["charsRemoved"] == 36


def test_an_empty_run_has_figures_and_no_sources():
    tally = Tally()
    assert tally.figures().median_words is None
    assert tally.sources() == []
    assert tally.wanted_originals() == frozenset()


def test_originals_are_wanted_for_the_copies_shown_and_for_no_more():
    tally = tally_of(*(copy(of=f"a-{number}") for number in range(100)))
    wanted = tally.wanted_originals()
    assert wanted
    assert wanted == {
        s.quality.match.of for _, samples in tally.samples.copies.items() for s in samples
    }
    assert len(wanted) <= 2


def test_a_huge_article_is_counted_and_not_kept():
    tally = tally_of(outcome("A very long word. " * MAX_CHARACTERS))
    assert tally.published == 1
    assert list(tally.samples.repaired.items()) == []


def test_a_dead_letter_is_kept_in_part():
    tally = tally_of(dead_letter(value=b"x" * 1_000_000))
    (letter,) = tally.samples.dead_letters.of("not-json")
    assert len(letter.value) < 1_000
    assert letter.size == 1_000_000


def test_a_shelf_keeps_the_best_of_each_source_and_the_earlier_of_equals():
    best = BestSamples(2)
    for score, source, name in [(1, "a", "one"), (1, "b", "two"), (5, "a", "three"), (1, "c", "x")]:
        if best.admits("rule", score, source):
            best.put("rule", score, source, name)
    assert best.of("rule") == ["three", "two"]


@given(st.lists(st.integers(0, 300), min_size=1))
def test_a_spread_has_the_lower_median_and_loses_nothing(values: list[int]):
    spread = Spread(200)
    for number, value in enumerate(values):
        spread.add("even" if number % 2 else "odd", value)
    capped = sorted(min(value, 200) for value in values)
    assert spread.median == capped[(len(capped) - 1) // 2]
    binned = [spread.binned(series, (0, 10, 50)) for series in ("even", "odd", "none")]
    assert sum(map(sum, binned)) == len(values) == spread.count
