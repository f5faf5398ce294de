import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.copies import prepared, seen, story

from pipeline.article import Change, Kind, Origin, Prepared, Relation
from pipeline.dedup import DedupOptions, Entry, is_withheld, match
from pipeline.dedup.fingerprint import fingerprint
from pipeline.dedup.verdict import measure

CASES = json.loads((Path(__file__).parent / "cases" / "copies.json").read_text("utf-8"))
OPTIONS = DedupOptions()
HERE, THERE = "https://here.example.com/a", "https://there.example.org/b"


def judge(new: Prepared, *earlier: Entry):
    return match(new, earlier, OPTIONS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_relates_as_the_case_says(case: dict[str, Any]):
    earlier, new = case["input"]["earlier"], case["input"]["new"]
    found = judge(prepared(**new), seen(**earlier))
    assert (found and [found.kind, found.relation]) == case["expected"]


def test_nothing_seen_is_no_match():
    assert judge(prepared(story(1))) is None


def test_the_same_words_are_exact():
    found = judge(prepared(story(1), url=THERE), seen(story(1).upper(), url=HERE))
    assert (found.kind, found.relation) == (Kind.EXACT, Relation.OTHER_SOURCE)
    assert (found.jaccard, found.containment) == (1.0, 1.0)


def test_the_evidence_names_the_earlier_article():
    earlier = seen(story(1), id="first", url=HERE, seen_at="2024-04-30T12:00:00Z")
    found = judge(prepared(story(1)), replace(earlier, cluster="origin"))
    assert (found.of, found.of_url, found.of_seen_at) == ("first", HERE, "2024-04-30T12:00:00Z")
    assert found.cluster == "origin"


def test_a_few_changed_words_are_near():
    found = judge(prepared(story(1).replace("bridge", "harbour")), seen(story(1)))
    assert found.kind is Kind.NEAR
    assert OPTIONS.near_jaccard <= found.jaccard < 1


def test_the_shorter_later_text_is_an_excerpt_the_fuller_one_an_extension():
    part, whole = story(1, sentences=8), story(1, sentences=20)
    assert judge(prepared(part), seen(whole)).kind is Kind.EXCERPT
    assert judge(prepared(whole), seen(part)).kind is Kind.EXTENSION


def reworded(text: str, step: int):
    """The text with every so many words replaced."""
    return " ".join(
        word if at % step else f"other{at}" for at, word in enumerate(text.split(), start=1)
    )


def test_a_text_reworded_throughout_is_found_at_a_second_look():
    found = judge(prepared(reworded(story(1), 9)), seen(story(1)))
    assert found.kind is Kind.NEAR
    assert found.jaccard < OPTIONS.near_jaccard
    assert found.passages == pytest.approx(8 / 9, abs=0.02)
    assert found.score >= OPTIONS.story_score


def test_clear_evidence_needs_no_second_look():
    found = judge(prepared(story(1).replace("bridge", "harbour")), seen(story(1)))
    assert (found.passages, found.score) == (None, None)


def test_a_round_up_that_quotes_most_of_a_statement_is_another_article():
    statement = story(1, sentences=16)
    quoted = reworded(story(1, sentences=12), 40)
    round_up = f"{story(2, sentences=30)} {quoted} {story(3, sentences=30)}"
    assert judge(prepared(round_up), seen(statement)) is None
    assert judge(prepared(f"{quoted} {story(2, sentences=2)}"), seen(statement)) is not None


def notice(issuer: str, figures: str):
    """One form of some 80 words."""
    amount, rate, fee, spread, year, price = figures.split()
    return (
        f"The finance company of {issuer}, of Upper Arley, is issuing {amount} million of bonds"
        f" with a coupon of {rate} percent and an issue price of {price}, said the lead manager,"
        f" the bank of {issuer} in the town. The bonds mature in the month of May of {year}, are"
        f" sold in pieces of a thousand and will be listed on the local exchange. Fees are made up"
        f" of {fee} for selling the bonds and {spread} for management and underwriting taken"
        " together, and payment is due within three weeks of the day of signing, as usual."
    )


def test_a_form_filled_in_again_is_no_copy_but_the_same_notice_is():
    one = notice("Alder Mills", "100 5.5 1.25 0.625 1994 101")
    other = notice("Birch Foods", "75 4.875 1.375 0.75 1992 100.5")
    corrected = one.replace("thousand", "hundred").replace("as usual", "a spokesman said")
    earlier = seen(one, source="Wire")
    assert judge(prepared(other, source="Wire"), earlier) is None
    assert judge(prepared(corrected, source="Wire"), earlier) is not None


def test_another_story_is_none():
    assert judge(prepared(story(1)), seen(story(2))) is None


def test_one_shared_sentence_is_none():
    quote = story(9, sentences=2)
    assert judge(prepared(f"{story(1)} {quote}"), seen(f"{story(2)} {quote}")) is None


def test_relation_is_by_address_then_source_then_site():
    def relation(url: str | None, source: str | None = None) -> Relation:
        return judge(prepared(story(1), url=url, source=source), earlier).relation

    earlier = seen(story(1), url=HERE, source="Here Daily")
    assert relation("http://here.example.com/a/?utm_source=x") is Relation.SAME_URL
    assert relation("https://sport.example.com/a") is Relation.SAME_SOURCE
    assert relation(THERE, "here daily") is Relation.SAME_SOURCE
    assert relation(THERE, "There Weekly") is Relation.OTHER_SOURCE
    assert relation(None) is Relation.OTHER_SOURCE


def test_a_changed_text_at_one_address_is_a_version():
    new = f"{story(1, sentences=6)} {story(2)}"
    found = judge(prepared(new, url=HERE), seen(story(1), url=HERE))
    assert found.relation is Relation.SAME_URL


def test_an_address_given_to_another_story_says_so_and_begins_a_cluster():
    new = prepared(story(1), url=HERE)
    found = judge(new, seen(story(2), url=HERE))
    assert (found.relation, found.change) == (Relation.SAME_URL, Change.OTHER_STORY)
    assert (found.novelty, found.cluster) == (1.0, new.article.id)
    assert not is_withheld(found, OPTIONS)


def test_a_copy_of_another_article_is_told_before_the_address_that_it_took():
    new = prepared(story(1), url=HERE)
    found = judge(new, seen(story(2), url=HERE), seen(story(1), id="copied", url=THERE))
    assert (found.of, found.change) == ("copied", None)


def test_a_rewritten_text_under_one_address_and_headline_is_a_version():
    new = prepared(story(1), url=HERE, headline="River floods old town")
    found = judge(new, seen(story(2), url=HERE, headline="River Floods Old Town!"))
    assert (found.kind, found.relation) == (Kind.REWRITE, Relation.SAME_URL)
    assert found.change is Change.REVISION


def test_exact_beats_a_version_and_a_version_beats_a_copy():
    older = seen(story(1).replace("bridge", "harbour"), id="version", url=HERE)
    copy = seen(story(1), id="copy", url=THERE)
    near = seen(story(1).replace("gauge", "level"), id="near", url=THERE)
    new = prepared(story(1), url=HERE)
    assert judge(new, older, copy).of == "copy"
    assert judge(new, near, older).of == "version"


def test_the_earliest_of_equals_is_named():
    late = seen(story(1), id="late", seen_at="2024-04-02T00:00:00Z")
    early = seen(story(1), id="early", seen_at="2024-04-01T00:00:00Z")
    assert judge(prepared(story(1)), late, early).of == "early"


def test_a_message_delivered_again_is_not_its_own_copy():
    origin = Origin(topic="articles.raw", partition=0, offset=7)
    entry = seen(story(1), origin=origin)
    assert judge(prepared(story(1), origin=origin), entry) is None
    assert judge(prepared(story(1), origin=replace(origin, offset=8)), entry) is not None


def test_a_file_given_twice_was_sent_twice():
    origin = Origin(file="a.txt", line=1)
    assert judge(prepared(story(1), origin=origin), seen(story(1), origin=origin)) is not None


def test_another_scheme_is_refused_by_name():
    strange = seen(story(1))
    strange = replace(strange, fingerprint=replace(strange.fingerprint, scheme="sha1-w3"))
    with pytest.raises(ValueError, match=r"xxh32-w5.*sha1-w3"):
        judge(prepared(story(1)), strange)


@pytest.mark.parametrize(
    ("relation", "held"),
    [
        (Relation.SAME_URL, {Kind.EXACT}),
        (Relation.SAME_SOURCE, {Kind.EXACT, Kind.NEAR, Kind.EXCERPT}),
        (Relation.OTHER_SOURCE, {Kind.EXACT, Kind.NEAR, Kind.EXCERPT}),
    ],
)
def test_copies_are_withheld_and_versions_and_extensions_published(
    relation: Relation, held: set[Kind]
):
    found = judge(prepared(story(1)), seen(story(1)))
    matches = {kind: replace(found, kind=kind, relation=relation) for kind in Kind}
    assert {kind for kind, one in matches.items() if is_withheld(one, OPTIONS)} == held


def test_what_is_withheld_is_an_option():
    found = replace(judge(prepared(story(1)), seen(story(1))), kind=Kind.NEAR)
    assert not is_withheld(found, DedupOptions(withhold_other_source=(Kind.EXACT,)))


STORIES = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(
    lambda numbers: " ".join(story(number, sentences=5) for number in numbers)
)


@settings(max_examples=40)
@given(STORIES, st.lists(STORIES, max_size=4), st.randoms())
def test_the_verdict_does_not_depend_on_the_order_of_the_neighbours(
    new: str, texts: list[str], random: Random
):
    entries = [
        seen(text, id=str(n), seen_at=f"2024-05-0{n + 1}T00:00:00Z") for n, text in enumerate(texts)
    ]
    shuffled = random.sample(entries, len(entries))
    assert judge(prepared(new), *entries) == judge(prepared(new), *shuffled)


@settings(max_examples=40)
@given(STORIES, STORIES)
def test_overlap_is_that_of_the_sets_and_the_same_both_ways(one: str, other: str):
    mine, theirs = fingerprint(one), fingerprint(other)
    there, back = measure(mine, theirs), measure(theirs, mine)
    assert (there.jaccard, there.containment) == (back.jaccard, back.containment)
    first = set(np.frombuffer(mine.shingles, "<u4").tolist())
    second = set(np.frombuffer(theirs.shingles, "<u4").tolist())
    assert there.jaccard == pytest.approx(len(first & second) / len(first | second))


SHORT = st.lists(
    st.sampled_from("river bridge mayor vote storm farm \u6cb3 \u6865 \u0e01 \u0e02".split()),
    min_size=1,
    max_size=19,
).map(" ".join)


@given(SHORT, SHORT)
def test_two_different_texts_under_20_words_never_match(one: str, other: str):
    found = judge(prepared(one), seen(other))
    assert found is None


SCRIPTS = {
    "Han": ("\u4e00", ""),
    "Thai": ("\u0e01", ""),
    "kana": ("\u3042", ""),
    "Arabic": ("\u0628", " "),
    "Devanagari": ("\u0915", " "),
}


def scribble(script: str, seed: int):
    """Two hundred words in a script: its first twenty letters, drawn by a seed."""
    first, space = SCRIPTS[script]
    letters = [chr(ord(first) + step) for step in range(20)]
    draw = Random(seed)  # noqa: S311 - no secret
    return space.join("".join(draw.choices(letters, k=3)) for _ in range(200))


@pytest.mark.parametrize("script", SCRIPTS)
@settings(max_examples=20)
@given(one=st.integers(0, 50), other=st.integers(0, 50))
def test_other_texts_in_any_script_do_not_match_for_want_of_words(
    script: str, one: int, other: int
):
    found = judge(prepared(scribble(script, one)), seen(scribble(script, other)))
    assert (found is not None) == (one == other)


@pytest.mark.parametrize("text", ["", "...", "\n\n", "\u3002"])
def test_texts_without_words_never_match(text: str):
    assert judge(prepared(text, url=HERE, headline="A"), seen(text, url=HERE, headline="A")) is None
