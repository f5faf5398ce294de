"""What a text adds to those it matches, and what follows."""

import pytest
from msgspec.structs import replace
from support.copies import prepared, seen, story

from pipeline.article import Kind, Prepared
from pipeline.dedup import CompactIndex, DedupOptions, Entry, entry_of, is_withheld, match
from pipeline.dedup.index import MemoryDetails
from pipeline.dedup.options import Canonical
from pipeline.dedup.verdict.furniture import is_furniture, mark_furniture
from pipeline.dedup.verdict.novelty import new_marks
from pipeline.flow import Stages, decide, is_remembered

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
    assert not is_withheld(found, OPTIONS)


def test_as_many_new_words_one_by_one_are_a_copy():
    words = story(1).split()
    words[5::11] = [f"other{number}" for number in range(len(words[5::11]))]
    found = judge(prepared(" ".join(words)), seen(story(1)))
    assert found.new_words > OPTIONS.withhold_words
    assert is_withheld(found, OPTIONS)


def test_a_round_up_of_two_earlier_stories_adds_nothing():
    both = prepared(f"{story(1)} {story(2)}")
    first, second = seen(story(1), id="one"), seen(story(2), id="two")
    assert judge(both, first).kind is Kind.EXTENSION
    found = judge(both, first, second)
    assert (found.kind, found.novelty) == (Kind.NEAR, 0)
    assert {found.cluster, *found.also_in} == {"one", "two"}
    assert is_withheld(found, OPTIONS)


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
    assert is_withheld(found, OPTIONS)
    told = judge(prepared(body.replace("Click here", "Officers said")), seen(story(1)))
    assert not is_withheld(told, OPTIONS)


@pytest.mark.parametrize(
    "sentence",
    [
        "Share this article",
        "Lesen Sie auch: Der neue Damm ist dicht.",
        "We use cookies to show you what you like.",
        "\u092f\u0939 \u092d\u0940 \u092a\u0922\u093c\u0947\u0902: \u092a\u0941\u0932",
    ],
)
def test_phrases_and_notices_of_all_languages_are_furniture(sentence: str):
    assert is_furniture(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Officers closed the road.",
        "UPS said that it would close two depots.",
        "Ihre Zustimmung gab die Kommission am Abend.",
        "Share prices fell.",
    ],
)
def test_news_is_no_furniture(sentence: str):
    assert not is_furniture(sentence)


def test_furniture_ends_with_its_line():
    marks = bytearray(5)
    mark_furniture(marks, "Share this article\n\nMayor resigns")
    assert list(marks) == [1, 1, 1, 0, 0]


def test_only_new_sentences_that_begin_with_a_call_are_furniture():
    marks = bytearray(9)
    mark_furniture(marks, "The mayor spoke. Click here now. Read it.")
    assert list(marks) == [0, 0, 0, 1, 1, 1, 0, 0, 0]


def of_numbers(first: str, second: str) -> str:
    """A text too long to be kept."""
    return (
        story(1, sentences=30)
        .replace("number 9 ", f"number {first} ")
        .replace("number 15 ", f"and {second} ")
    )


def test_another_number_in_a_long_form_of_one_source_is_other_news():
    earlier = seen(of_numbers("1,520", "7"), source="Here")
    found = judge(prepared(of_numbers("1,640", "7"), source="Here"), earlier)
    assert (found.kind, found.difference) == (Kind.REWRITE, "? > 1,640")
    elsewhere = judge(prepared(of_numbers("1,640", "7"), source="There"), earlier)
    assert (elsewhere.kind, elsewhere.difference) == (Kind.NEAR, None)


def test_another_notation_or_a_lost_number_is_no_other_news():
    earlier = seen(of_numbers("1,520", "7"), source="Here")
    for first, second in (("1520", "7"), ("1.520", "7"), ("1,520", "seven")):
        found = judge(prepared(of_numbers(first, second), source="Here"), earlier)
        assert found.difference is None


def test_a_long_text_that_says_that_it_corrects_is_other_news():
    long = story(1, sentences=30)
    new = prepared(f"{long} Correction: it was a baker.")
    assert judge(new, seen(long)).difference == "Correction"
    assert judge(new, seen(f"Correction: {long}")).difference == "Correction"  # is not known
    market = long.replace("number 9 ", "correction 9 ")
    assert judge(prepared(f"{market} It was a baker."), seen(market)).difference is None


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


def test_a_form_is_learnt_from_members_that_were_withheld():
    # One exchanged word that only begins a sentence is not enough to publish where more was edited.
    form = f"{{}} has a new school. {story(1, sentences=6)} It was {{}}."
    stages, index, verdicts = Stages(), CompactIndex(OPTIONS, MemoryDetails()), []
    for number, town in enumerate(("Mossley", "Denby", "Carrow", "Veldmouth", "Upton")):
        ending = ("built", "opened")[number % 2]
        new = prepared(form.format(town, ending), id=f"a{number}", source="Here")
        outcome = decide(new, index.neighbours(new), stages)
        verdicts.append(str(outcome.quality.verdict))
        if is_remembered(outcome):
            index.add(entry_of(new, outcome.quality.match))
    assert verdicts == ["publish", "duplicate", "duplicate", "publish", "publish"]


def test_facts_of_two_earlier_forms_together_are_other_news():
    form = f"The river stood at {{}} metres. {story(1, sentences=4)} It may reach {{}} by noon."
    earlier = [
        seen(form.format(*levels), id=levels[0]) for levels in (("2.1", "2.9"), ("3.4", "3.7"))
    ]
    found = judge(prepared(form.format("2.1", "3.7")), *earlier)
    assert (found.new_words, found.kind, found.difference) == (0, Kind.REWRITE, "2.9 > 3.7")
