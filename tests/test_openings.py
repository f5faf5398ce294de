"""The lines that may be phrases: native tables never miss one that the phrases themselves file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean.kinds import PHRASES
from pipeline.clean.suspects import look
from pipeline.text import line_spans

SIGNS = st.sampled_from(
    ("", " ", " - ", "\u00a0", "...", "\u201c", "_", "*" * 13, "|", "\u00a9", ": ")
)
WORDS = st.sampled_from([*PHRASES.reach, "the", "Read", "MORE", "1,234", "x" * 31, "\u0130", "a_b"])
LINES = st.tuples(SIGNS, WORDS, SIGNS, WORDS | st.just(""), st.text(max_size=5)).map("".join)


@given(st.lists(LINES | st.text(max_size=9), max_size=9).map("\n".join))
def test_no_line_that_may_match_is_missed(text: str):
    spans = line_spans(text)
    found = look(Draft(body=text)).openings
    assert {i for i, span in enumerate(spans) if PHRASES.that_may_match(text, *span)} <= {*found}
    assert found == sorted(set(found))


@pytest.mark.parametrize("second", ["ferry", "bridge", ""])
def test_every_word_that_a_phrase_may_begin_with_is_known(second: str):
    for word in PHRASES.reach:
        line = f"{word} {second}".strip()
        if PHRASES.that_may_match(line, 0, len(line)):
            assert look(Draft(body=line)).openings == [0], word


def test_hardly_a_line_of_prose_may_match():
    text = "The ferry sails.\n\u201cIt rained,\u201d she said.\nNobody left in May."
    assert look(Draft(body=text)).openings == []
