"""Names in a text are what their definition says, whatever the text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup import fingerprint
from pipeline.dedup.fingerprint import as_hashes
from pipeline.native.codepoints import MARK, PART, kinds


def is_part(char: str):
    return kinds()[ord(char)] in {PART, MARK}


def small(char: str):
    is_capital = unicodedata.category(char) in {"Lu", "Lt"} and ord(char) < 0x20000
    return char.lower()[0] if is_capital else char


def by_definition(text: str):
    """Each name in small letters."""
    found = []
    for at in range(2, len(text)):
        behind_a_word = text[at - 1] == " " and (text[at - 2] == "," or is_part(text[at - 2]))
        if behind_a_word and small(text[at]) != text[at]:
            end = at
            while end < len(text) and is_part(text[end]):
                end += 1
            if end - at >= 3:
                found.append("".join(map(small, text[at:end])))
    return found


def name_hashes(text: str):
    return as_hashes(fingerprint(text).names).tolist()


def fnv(name: str):
    value = 0x811C9DC5
    for char in name:
        value = ((value ^ ord(char)) * 0x01000193) % 2**32
    return value


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("Mayor", []),
        ("The mayor, Anna Weiss, met Dr. Okoro.", ["anna", "weiss"]),
        ("the mayor of NEW York", ["new", "york"]),
        ("It rained. Then the Elbe rose", ["elbe"]),
        ("said \N{LEFT DOUBLE QUOTATION MARK}We will\N{RIGHT DOUBLE QUOTATION MARK}", []),
        ("in Al-Hasa and in \u0130zmir", ["izmir"]),
        ("\u0432 \u041c\u043e\u0441\u043a\u0432\u0435", ["\u043c\u043e\u0441\u043a\u0432\u0435"]),
        ("\u6cb3\u6c34 \u6625\u5929 \u4e0a\u6da8", []),
        ("\u0627\u0631\u062a\u0641\u0639 \u0627\u0644\u0646\u0647\u0631", []),
    ],
)
def test_names_are_capitalised_words_behind_another_word(text: str, names: list[str]):
    assert by_definition(text) == names
    assert name_hashes(text) == sorted({fnv(name) for name in names})


@given(st.text(st.sampled_from("aB\u00c9\u00e9\u0301 ,.\n\u0416\u6cb3\u0e01\U0001d7d8\ud800")))
def test_names_are_found_as_defined_in_any_text(text: str):
    assert name_hashes(text) == sorted({fnv(name) for name in by_definition(text)})


@given(st.text())
def test_no_text_is_too_odd_for_names(text: str):
    assert name_hashes(text) == sorted({fnv(name) for name in by_definition(text)})
