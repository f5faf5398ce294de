"""Facts that a short text puts into the place of others."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.verdict.exchange import Headlines, correction, exchanged
from pipeline.dedup.verdict.tokens import tokens

FORM = (
    "A flood warning was issued for the river Laddon at Upper Mossley on Monday. Levels stood at"
    " 2.1 metres and may reach 2.4 metres by noon, said the agency. Residents should move"
    " valuables upstairs and keep away from the footpaths along the water."
)


def is_other_news(new: str, earlier: str, language: str | None = None) -> bool:
    found = exchanged(new, earlier, language=language)
    return found is not None and found.is_sure


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("2.1 metres", "3.6 metres", "2.1 > 3.6"),
        ("Upper Mossley", "Great Denby", "Upper > Great"),
        ("on Monday", "on Friday", "Monday > Friday"),
        ("2.1 metres", "five metres", "2.1 > five"),
    ],
)
def test_numbers_names_and_days_in_the_place_of_others_are_told(old: str, new: str, told: str):
    assert exchanged(FORM.replace(old, new), FORM) == (told, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("may reach", "could reach"),  # another verb
        ("said the agency", "the agency stated"),
        ("Laddon", "Ladden"),  # a corrected spelling
        ("2.4 metres", "2,4 metres"),  # another notation
        (" Residents should move valuables upstairs and keep away from the footpaths", ""),
        ("on Monday", ""),  # a name that is only lost
        ("for the river", "for river"),
    ],
)
def test_words_spellings_and_cuts_make_no_other_news(old: str, new: str):
    assert exchanged(FORM.replace(old, new), FORM) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000 people", "1000 people"),
        ("2.50 dollars", "2.5 dollars"),
        ("3 mln dollars", "3,000,000 dollars"),
        ("2 bn dollars", "2 billion dollars"),
        ("1/2 pct", "0.5 pct"),
        ("three boats", "3 boats"),
        ("\u0663 boats", "3 boats"),
        ("3 lakh rupees", "300,000 rupees"),
        ("5 \u0915\u0930\u094b\u0921\u093c", "50,000,000 x"),
        ("3 mil millones", "3 bn dollars"),
        ("5 \u0442\u044b\u0441\u044f\u0447", "5,000 x"),
        ("3\u4e07\u4eba", "30,000 x"),
    ],
)
def test_numbers_have_one_notation(one: str, other: str):
    first, second = tokens(f"They saw {one}."), tokens(f"They saw {other}.")
    assert [token.word for token in first][2] == [token.word for token in second][2]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("1,213", "1,200", True),
        ("2,303,000", "2.3 mln", True),
        ("45.12", "45", True),
        ("113", "110", False),  # one digit is lost
        ("4.12", "4", False),  # one digit is left
        ("1,299", "1,200", False),  # it would be 1,300
        ("2,013", "2,000", False),
    ],
)
def test_a_rounded_figure_is_no_other_fact(one: str, other: str, *, is_same: bool):
    first, second = (FORM.replace("2.1", number) for number in (one, other))
    assert (exchanged(first, second) is None) is is_same
    assert (exchanged(second, first) is None) is is_same


def test_two_names_that_change_places_are_told():
    one = "The court said that Anna Bell sold the mill to Carl Dent in spring."
    other = "The court said that Carl Dent sold the mill to Anna Bell in spring."
    assert exchanged(other, one) is not None


def test_words_of_the_papers_own_names_say_nothing():
    one, other = (
        "It was told to the Herald on its visit.",
        "It was told to the Tribune on its visit.",
    )
    assert exchanged(other, one) is not None
    assert exchanged(other, one, own={"herald", "tribune"}) is None


ARABIC = "استقبل وزير سامي في بيروت وفدا من الطلاب وأكد أن الخطة تشمل جميع القرى خلال العام"


@pytest.mark.parametrize(
    ("edits", "is_other"),
    [
        ([("سامي", "خالد")], True),  # nothing else differs
        ([("سامي", "خالد"), ("بيروت", "دمشق")], True),
        ([("سامي", "خالد"), ("خلال", "في")], False),  # it may be another word for the same
        ([("وأكد", "وأوضح")], False),  # editors put one of these in the place of the other
        ([("وأكد", "وأوضح"), ("جميع", "كل")], False),
    ],
)
def test_what_may_be_a_name_is_one_where_nothing_else_was_edited(
    edits: list[tuple[str, str]], *, is_other: bool
):
    new = ARABIC
    for old, ours in edits:
        new = new.replace(old, ours)
    assert is_other_news(new, ARABIC) is is_other


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [
        ("مدينة سامي", "مدينة خالد", ("خلال", "في")),  # behind the kind of place
        ("青浦区将有大雨，请注意安全", "松江区将有大雨，请注意安全", ("请注意", "要注意")),
        ("สั่งปิดถนนในจังหวัดตากแล้ว", "สั่งปิดถนนในจังหวัดเลยแล้ว", ("แล้ว", "ทันที")),
        ("어제 안산시에서 불이 났다", "어제 포천시에서 불이 났다", ("났다", "발생했다")),
        (
            "Im Kreis Lindau ist es am Abend glatt",
            "Im Kreis Unna ist es am Abend glatt",
            ("glatt", "rutschig"),
        ),
    ],
)
def test_a_name_is_known_by_what_stands_beside_it(old: str, new: str, edit: tuple[str, str]):
    assert is_other_news(new.replace(*edit), old, language="de" if "Kreis" in old else None)


def test_a_name_is_known_by_the_headlines_and_by_being_said_twice():
    once = ARABIC.replace("سامي", "خالد").replace("خلال", "في")
    told = exchanged(once, ARABIC, headlines=Headlines("وزير خالد يستقبل", "وزير سامي يستقبل"))
    assert told is not None
    assert told.is_sure
    twice = f"{ARABIC} وشكر سامي الحاضرين"
    assert is_other_news(twice.replace("سامي", "خالد").replace("خلال", "في"), twice)


@pytest.mark.parametrize(
    ("one", "other"),
    [("十台", "三台"), ("九百七十", "九百五十五"), ("二〇二五年", "二〇二六年"), ("两人", "三人")],
)
def test_numbers_in_han_characters_are_numbers(one: str, other: str):
    assert is_other_news(f"これは{other}という数です", f"これは{one}という数です")


def test_numbers_that_change_places_are_other_news():
    score = "Rovers won 2-1 at home on a cold night in spring."
    assert is_other_news(score.replace("2-1", "1-2"), score)


def test_one_is_a_number_where_another_stood():
    text = "The mark given to the shop is five, on a scale of one to five."
    assert is_other_news(text.replace("is five", "is one"), text)


def test_days_and_months_are_facts_in_small_letters_too():
    text = "Le trafic sera perturbé lundi sur le réseau en raison de travaux."
    assert is_other_news(text.replace("lundi", "jeudi"), text)


def test_german_words_for_the_same_are_no_names():
    one = "Am Abend fuhr ein Lenker gegen die Mauer in der Stadt."
    assert not is_other_news(one.replace("Lenker", "Fahrer"), one, language="de")
    assert is_other_news(one.replace("Lenker", "Fahrer"), one, language="en")


def test_the_word_of_a_correction_is_told_where_the_earlier_text_has_none():
    assert correction("CORRECTED - Profit was 3 mln.", "Profit was 2 mln.") == "CORRECTED"
    assert correction("CORRECTED - Profit was 3 mln.", "Corrected: profit was 2 mln.") is None
    assert correction("Profit was 3 mln.", "Profit was 2 mln.") is None


def test_an_empty_text_exchanges_nothing():
    assert exchanged("", "") is None
    assert exchanged("", FORM) is None
    assert exchanged(FORM, "") is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_compared_and_none_differs_from_itself(one: str, other: str):
    exchanged(one, other)
    assert exchanged(one, one) is None


def test_a_short_text_of_the_most_characters_takes_bounded_time():
    began = time.process_time()
    exchanged("a b " * 1000, "b a " * 1000)
    exchanged("1:2/3 " * 600, "1,2.3 " * 600)
    assert time.process_time() - began < 5
