"""What a line, a word, a sentence and a fold are, in many scripts."""

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import (
    count_sentences,
    ends_sentence,
    fold,
    fold_lines,
    is_unspaced,
    line_spans,
    numbers,
    paragraphs,
    sentences,
    word_spans,
    words,
)

SCRIPTS = st.text(
    st.sampled_from(
        "aZ09_ \n\t.,!?'\"-\u00a0\u00e9\u00df\u0130\u01c5\ufb01\u0301\u2019\u201c\u2026\u0436"
        "\u05d0\u05b0\u0627\u064b\u0661\u061f\u0915\u094d\u0937\u0964\u0e01\u0e48\u0e40\u1000\u103a\u1780\u17d2"
        "\u3042\u3099\u30fc\u30ab\u4e2d\u3002\uff01\uff21\uac00\u1100\u200b\u200c\u200d\u2028\x85\x1c"
        "\U0001f468\U00020000\ud83d"
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t", []),
        ("?!...", []),
        ("The mayor's cat, aged 12.", ["The", "mayor", "s", "cat", "aged", "12"]),
        ("snake_case and post-war", ["snake_case", "and", "post", "war"]),
        ("Größe straße", ["Größe", "straße"]),
        ("мэр открыл мост", ["мэр", "открыл", "мост"]),
        ("قَالَ العمدة", ["قَالَ", "العمدة"]),
        ("ראש העיר", ["ראש", "העיר"]),
        ("क्षेत्र में पुल", ["क्षेत्र", "में", "पुल"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("市长2024年", ["市", "长", "2024", "年"]),
        ("サッカーの試合", list("サッカーの試合")),
        ("시장이 다리를", ["시장이", "다리를"]),
        ("กำลัง", ["ก", "ำ", "ลั", "ง"]),
        ("Zürich市", ["Zürich", "市"]),
    ],
)
def test_words_in_many_scripts(text: str, expected: list[str]):
    assert words(text) == expected


@given(SCRIPTS | st.text(st.characters()))
def test_word_spans_are_those_of_the_words(text: str):
    assert [text[start:end] for start, end in word_spans(text)] == words(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_a_short_text_in_ascii_has_the_words_and_the_fold_it_has_in_a_long_one(text: str):
    long = f"{text}{' ' * 500}"
    assert words(text) == words(long)
    assert fold(text) == fold(long)


@pytest.mark.parametrize(
    "line",
    [
        "She left.",
        "Is it so?",
        "Never!",
        "And then…",
        "“We will stay.”",
        '"We will stay."',
        "„Wir bleiben.“",
        "«Nous restons.»",
        "« Nous restons. »",
        "»Wir bleiben.«",
        "‹Wir bleiben.›",
        "(See page 4.)",
        "[He laughs.]",
        "**She left.**",
        "_She left._",
        "他说：「我们等了二十年。」",
        "『本当。』",
        "《走吧！》",
        "هل هذا صحيح؟",
        "یہ سچ ہے۔",
        "यह सच है।",
        "ይህ እውነት ነው።",
        "‘Stay.’  ",
    ],
)
def test_a_line_that_ends_a_sentence(line: str):
    assert ends_sentence(line)


@pytest.mark.parametrize(
    "line",
    ["", " ", "”", "A headline", "By Nina Example", "Berlin, 3 May", "Q:", "10:15", "(page 4)"],
)
def test_a_line_that_does_not_end_a_sentence(line: str):
    assert not ends_sentence(line)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n", 0),
        ("No mark at the end", 1),
        ("One. Two! Three?", 3),
        ("One. And a half", 2),
        ("“One.” “Two.”", 2),
        ("It cost 3.50 in 1990.", 1),
        ("Wait... what?!", 2),
        ("一。二！三？", 3),
        ("他说：「一。」她说：「二。」", 2),
        ("यह सच है। वह भी।", 2),
        ("هل هذا صحيح؟ نعم.", 2),
        ("One.\n\nTwo.", 2),
    ],
)
def test_sentences_are_counted_by_their_end_marks(text: str, count: int):
    assert count_sentences(text) == count
    assert len(sentences(text)) == count


@given(SCRIPTS)
def test_sentences_hold_all_that_is_not_white_space_in_order(text: str):
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert "".join("".join(text[s:e].split()) for s, e in spans) == "".join(text.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“It’s over”, he said", '"It\'s over" - he said'),
        ("**The Bridge**", "the bridge"),
        ("STRASSE", "straße"),
        ("Post-war  bridge!", "post war\tbridge"),
        ("«Мэр» — МЭР", "мэр мэр"),
        ("Ελλάς", "ΕΛΛΆΣ"),
    ],
)
def test_lines_that_say_the_same_have_one_fold(one: str, other: str):
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("12", "1 2"), ("cafe", "café"), ("a", ""), ("不", "下")]
)
def test_lines_that_differ_in_a_letter_have_other_folds(one: str, other: str):
    assert fold(one) != fold(other)


@given(SCRIPTS)
def test_a_fold_is_its_own_words_and_one_line(text: str):
    assert fold(text).split(" ") == (words(text.casefold()) or [""])
    assert "\n" not in fold(text)


def test_case_is_folded_as_python_folds_it():
    for first in range(0, sys.maxunicode + 1, 4096):
        text = " ".join(map(chr, range(first, first + 4096)))
        assert fold(text) == " ".join(words(text.replace("\n", " ").casefold()))


@given(SCRIPTS | st.text())
def test_the_lines_folded_at_once_are_folded_like_each_of_them(text: str):
    assert list(fold_lines(text)) == [fold(text[start:end]) for start, end in line_spans(text)]


@given(SCRIPTS | st.text())
def test_line_spans_are_the_lines_without_the_white_space_around_them(text: str):
    assert [text[start:end] for start, end in line_spans(text)] == [
        line.strip() for line in text.split("\n") if line.strip()
    ]


def test_line_spans_of_an_indented_text():
    assert line_spans("  one \n\n\ttwo\n") == ((2, 5), (9, 12))
    assert line_spans("") == ()


def test_paragraphs_stand_between_blank_lines():
    assert paragraphs("") == []
    assert paragraphs("One.\n\nTwo,\nof two lines.\n\nThree.") == [
        "One.",
        "Two,\nof two lines.",
        "Three.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("On 3/5 at 10:15 it cost 1,250.50 or 12.", ["3/5", "10:15", "1,250.50", "12"]),
        ("٣ من ١٢", ["٣", "١٢"]),
        ("B12 and 4.", ["12", "4"]),
    ],
)
def test_numbers_keep_their_inner_signs(text: str, expected: list[str]):
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", False), ("river", False), ("река", False), ("시장", False), ("नदी", False)]
    + [(char, True) for char in ("河", "か", "カ", "ｶ", "ก", "ລ", "ក", "မ", "\U00020000")],
)
def test_which_scripts_are_written_without_spaces(text: str, *, expected: bool):
    assert is_unspaced(text) == expected
