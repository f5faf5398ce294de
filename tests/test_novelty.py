"""What a text adds to those it matches, and what follows."""

import pytest
from msgspec.structs import replace
from support.copies import prepared, seen, story

from pipeline.article import Kind, Prepared
from pipeline.dedup import DedupOptions, Entry, entry_of, match, withheld
from pipeline.dedup.options import Canonical
from pipeline.dedup.verdict.furniture import mark_furniture
from pipeline.dedup.verdict.novelty import new_marks

OPTIONS = DedupOptions()


def judge(new: Prepared, *earlier: Entry, options: DedupOptions = OPTIONS):
    found = match(new, earlier, options)
    assert found is not None
    return found


def test_a_copy_has_nothing_new():
    found = judge(prepared(story(1).upper()), seen(story(1)))
    assert (found.novelty, found.new_words) == (0, 0)


def test_each_changed_word_is_one_new_word():
    found = judge(prepared(story(1).replace("number 9 ", "figure 9 ")), seen(story(1)))
    assert (found.kind, found.new_words) == (Kind.NEAR, 1)


def test_a_sentence_of_its_own_makes_a_rewrite_that_is_published():
    news = " ".join(f"word{number}" for number in range(30))
    found = judge(prepared(f"{news}. {story(1)}"), seen(story(1)))
    assert (found.kind, found.new_words) == (Kind.REWRITE, 30)
    assert not withheld(found, OPTIONS)


def test_as_many_new_words_one_by_one_are_a_copy():
    words = story(1).split()
    words[5::11] = [f"other{number}" for number in range(len(words[5::11]))]
    found = judge(prepared(" ".join(words)), seen(story(1)))
    assert found.new_words > OPTIONS.withhold_words
    assert withheld(found, OPTIONS)


def test_a_round_up_of_two_earlier_stories_adds_nothing():
    both = prepared(f"{story(1)} {story(2)}")
    first, second = seen(story(1), id="one"), seen(story(2), id="two")
    assert judge(both, first).kind is Kind.EXTENSION
    found = judge(both, first, second)
    assert (found.kind, found.novelty) == (Kind.NEAR, 0)
    assert {found.cluster, *found.also_in} == {"one", "two"}
    assert withheld(found, OPTIONS)


def test_what_a_third_text_told_is_not_new():
    more = " ".join(f"word{number}" for number in range(60))
    third = seen(f"{more}. {story(1)}", id="third")
    found = judge(prepared(f"{story(1)} {more}."), seen(story(1)), third)
    assert found.novelty < 0.05


def test_moved_sentences_are_not_new():
    sentences = story(1).split(". ")
    found = judge(prepared(". ".join(sentences[::-1])), seen(story(1)))
    assert found.novelty < OPTIONS.withhold_novelty


def test_a_call_glued_between_sentences_is_no_news():
    call = (
        "Click here to earn up to five hundred dollars a week from home with this one trick that"
        " everybody talks about in your town right now today"
    )
    body = story(1).replace(". ", f". {call}. ", 1)
    found = judge(prepared(body), seen(story(1)))
    assert withheld(found, OPTIONS)
    told = judge(prepared(body.replace("Click here", "Officers said")), seen(story(1)))
    assert not withheld(told, OPTIONS)


def test_only_new_sentences_that_begin_with_a_call_are_furniture():
    marks = bytearray(9)
    mark_furniture(marks, "The mayor spoke. Click here now. Read it.")
    assert list(marks) == [0, 0, 0, 1, 1, 1, 0, 0, 0]


def test_an_empty_headline_and_a_text_of_one_sentence_said_often_are_compared():
    body = "The river rose in one night. " * 200
    found = judge(prepared(body, headline=""), seen("The river rose in one night. " * 150))
    assert found.novelty == 0


def test_marks_are_of_all_entries_together():
    first, second = seen(story(1)), seen(story(2))
    both = prepared(f"{story(1)} {story(2)}")
    assert new_marks(both, [first]).count(0) > 100
    assert new_marks(both, [first, second]).count(0) == 0


@pytest.mark.parametrize(
    ("policy", "canonical"),
    [(Canonical.EARLIEST, "one"), (Canonical.LONGEST, "new"), (Canonical.TRUSTED, "two")],
)
def test_the_canonical_article_is_named_by_policy(policy: Canonical, canonical: str):
    options = replace(OPTIONS, canonical=policy, trusted_sources=("Wire",))
    first = seen(story(1), id="one", source="Here")
    second = replace(seen(story(1), id="two", source="wire"), cluster="one")
    new = prepared(f"{story(1)} {story(2)}", source="There")
    found = judge(new, first, second, options=options)
    assert (found.cluster, found.canonical) == ("one", canonical)


def test_a_form_begins_a_story_of_its_own():
    form = (
        "The agency warned on Monday that the river Laddon may reach {} metres at Mossley mill by"
        " noon. People should keep away from the water until further notice is given by the wardens"
        " of the valley, who walk along the banks twice a day and close the gates where they must."
        " Whoever lives near the mill should bring valuables upstairs and look after neighbours."
    )
    found = judge(prepared(form.format("4.5")), seen(form.format("3.1")))
    assert (found.kind, found.difference) == (Kind.REWRITE, "3.1 > 4.5")
    new = prepared(form.format("4.5"))
    assert entry_of(new, found).story == new.article.id
    assert entry_of(new, replace(found, difference=None)).story is None
