from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.copies import prepared, seen, story

from pipeline.dedup import DedupOptions
from pipeline.dedup.fingerprint import as_hashes, fingerprint, shingles_in_order
from pipeline.dedup.verdict.second_look import compare_passages, share_of_words
from pipeline.native import count_covered

OPTIONS = DedupOptions()


def covered_by_definition(text: list[str], other: list[str]):
    """Words of `text` with any five in a row around them that `other` has."""
    known = {tuple(other[i : i + 5]) for i in range(len(other) - 4)}
    inside = set()
    for i in range(len(text) - 4):
        if tuple(text[i : i + 5]) in known:
            inside.update(range(i, i + 5))
    return len(inside)


TEXTS = st.lists(st.sampled_from("river bridge mayor".split()), min_size=5, max_size=60)


@given(TEXTS, TEXTS)
def test_a_word_is_covered_where_five_in_a_row_with_it_stand_in_the_other(
    one: list[str], other: list[str]
):
    ordered = shingles_in_order(" ".join(one))
    theirs = fingerprint(" ".join(other)).shingles
    covered, once = count_covered(ordered, theirs, 5)
    assert covered == covered_by_definition(one, other)
    assert once <= covered
    assert once <= 5 * len(theirs) // 4


def test_what_a_text_repeats_is_counted_once_where_asked():
    passage = "the river rose in spring and the mayor closed the bridge".split()
    ordered = shingles_in_order(" ".join(passage * 3))
    theirs = fingerprint(" ".join(passage)).shingles
    assert count_covered(ordered, theirs, 5) == (33, 11)


def test_shingles_in_order_are_those_of_the_fingerprint():
    body = story(1)
    assert set(as_hashes(shingles_in_order(body))) == set(as_hashes(fingerprint(body).shingles))


def test_one_changed_word_takes_no_more_than_itself():
    spoken = story(1, sentences=30).split()
    changed = [word if at % 12 else "otherwise" for at, word in enumerate(spoken)]
    found = compare_passages(prepared(" ".join(changed)), seen(" ".join(spoken)), 1.0, OPTIONS)
    assert found.words == pytest.approx(11 / 12, abs=0.02)


@pytest.mark.parametrize("new_is_fuller", [False, True])
def test_the_share_is_that_of_the_shorter_text(*, new_is_fuller: bool):
    part, whole = story(1, sentences=10), story(1, sentences=30)
    new, earlier = (whole, part) if new_is_fuller else (part, whole)
    assert compare_passages(prepared(new), seen(earlier), 1 / 3, OPTIONS).words == pytest.approx(
        1, abs=0.02
    )


def test_headlines_and_names_add_and_unlike_lengths_take_off():
    def score(length: float, headline: str | None, text: str) -> float:
        new = prepared(text, headline=headline)
        return compare_passages(
            new, seen(text, headline="River floods town"), length, OPTIONS
        ).score

    text = story(1)
    named = text.replace("mayor", "mayor, Anna Weiss, of Upper Arley")
    plain = 1 + OPTIONS.names_weight  # no names: as shared as the words
    assert score(1.0, None, text) == pytest.approx(plain)
    assert score(1.0, "River floods farms", text) == pytest.approx(
        plain + OPTIONS.headline_weight * 2 / 3
    )
    assert score(0.5, None, text) == pytest.approx(plain - OPTIONS.part_penalty / 2)
    assert score(1.0, None, named) == pytest.approx(1 + OPTIONS.names_weight)


def test_other_names_in_the_same_passages_add_less():
    text = story(1).replace("mayor", "mayor, Anna Weiss, of Upper Arley")
    other = text.replace("Anna Weiss", "Jonas Brandt").replace("Arley", "Berwick")
    new, same = prepared(other), seen(text)
    mine = compare_passages(prepared(text), same, 1.0, OPTIONS).score
    found = compare_passages(new, same, 1.0, OPTIONS)
    assert found.score < mine - (1 - found.words) - OPTIONS.names_weight / 2


def test_the_words_of_headlines_are_shared_by_the_shorter_one():
    assert share_of_words("River floods town", "TOWN flooded: river at its highest") == 2 / 3
    assert share_of_words("", "River floods town") is None
    assert share_of_words("...", "River floods town") is None


@given(st.integers(0, 1000))
def test_changing_a_tenth_of_the_words_leaves_most_of_the_passages(seed: int):
    draw = Random(seed)  # noqa: S311 - no secret
    spoken = story(seed, sentences=30).split()
    changed = [word if draw.random() > 0.1 else "otherwise" for word in spoken]
    found = compare_passages(prepared(" ".join(changed)), seen(" ".join(spoken)), 1.0, OPTIONS)
    assert found.score >= OPTIONS.story_score
