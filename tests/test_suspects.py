"""One look at a draft: what it does not suspect, no close look finds."""

from __future__ import annotations

import re
import sys
import unicodedata

import ftfy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean.rules.encoding import (
    _FTFY,
    _LEADS,
    _MOJIBAKE,
    _QUOTES,
    _REST,
    _may_be_mojibake,
)
from pipeline.clean.suspects import (
    ADVERTISEMENT,
    CLICK,
    ENTITY,
    ESCAPE,
    LINK_HEADING,
    LOOSE,
    MARKDOWN,
    MOJIBAKE,
    ODD,
    ODD_CHARACTERS,
    PICTURE_BY,
    SENDER,
    TAG,
    look,
)

ODD_ONE = re.compile(f"[{ODD_CHARACTERS}]")
SIGNS = st.sampled_from("*_~#]( &<\\\n\u00c3\u00e2\u20ac\u0080\u00a0\u200be\u0301\u1100\u1161")
TEXTS = st.text(SIGNS | st.characters(exclude_categories=["Cs"]), max_size=12)


@given(TEXTS, TEXTS)
def test_all_that_stands_in_a_text_is_suspected(headline: str, body: str):
    found = look(Draft(headline=headline, body=body)).signs
    texts = (headline, body)
    assert bool(found & ODD) == any(map(ODD_ONE.search, texts))
    assert found & MOJIBAKE or not any(map(_MOJIBAKE.search, texts))
    assert found & LOOSE or all(unicodedata.is_normalized("NFC", text) for text in texts)
    for bit, marks in (
        (ENTITY, ("&",)),
        (TAG, ("<",)),
        (ESCAPE, ("\\",)),
        (MARKDOWN, ("**", "__", "~~", "](", "# ")),
    ):
        assert bool(found & bit) == any(mark in text for mark in marks for text in texts)


@given(
    st.text(
        st.sampled_from(sorted(_QUOTES)) | st.sampled_from([*" ab\ufffd", *sorted(_LEADS | _REST)])
    )
)
def test_what_may_be_no_mojibake_is_left_alone_by_ftfy(text: str):
    if _MOJIBAKE.search(text) and not _may_be_mojibake(text):
        assert ftfy.fix_encoding(text, _FTFY) == text


def test_every_character_that_nfc_changes_is_suspected():
    for point in range(sys.maxunicode + 1):
        text = f"a{chr(point)}"
        if not 0xD800 <= point < 0xE000 and not unicodedata.is_normalized("NFC", text):
            assert look(Draft(body=text)).signs & LOOSE, hex(point)


def test_plain_prose_is_not_suspected():
    body = f"It\u2019s back \u2013 from Monday{', we hear' * 20}."
    assert look(Draft("Ferry sails", "", body, "A B")).signs == 0
    assert look(Draft()).signs == 0


@pytest.mark.parametrize(
    ("text", "bit"),
    [
        ("Photo by Ana Lima", PICTURE_BY),
        ("BILD\u3000 VON Ana Lima", PICTURE_BY),
        ("He left. See Also Bridge opens", LINK_HEADING),
        ("SEE ALSO Bridge opens", LINK_HEADING),
        ("Also Read Bridge opens", LINK_HEADING),
        ("RELATED Bridge opens", LINK_HEADING),
        ("\u2014 Ana Lima (@analima)", SENDER),
        ("It rained. ADVERTISEMENT", ADVERTISEMENT),
        ("CLICK HERE", CLICK),
        ("a photo; by Ana, Rea, also reading ads", 0),
    ],
)
def test_needles_are_found_in_either_case_where_they_have_small_letters(text: str, bit: int):
    found = look(Draft(headline=text, body="")).signs
    assert bool(found) == bool(found & bit) == bool(bit)
