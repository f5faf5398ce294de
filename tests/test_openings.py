"""The lines that may be phrases: native tables never miss one that the phrases themselves file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.rules.boilerplate import _OPENINGS, _PHRASES
from pipeline.text import line_spans

SIGNS = st.sampled_from(
    ("", " ", " - ", "\u00a0", "...", "\u201c", "_", "*" * 13, "|", "\u00a9", ": ")
)
WORDS = st.sampled_from(
    [*_PHRASES.reach, "the", "Read", "MORE", "1,234", "x" * 31, "\u0130", "a_b"]
)
LINES = st.tuples(SIGNS, WORDS, SIGNS, WORDS | st.just(""), st.text(max_size=5)).map("".join)


@given(st.lists(LINES | st.text(max_size=9), max_size=9).map("\n".join))
def test_no_line_that_may_match_is_missed(text: str):
    spans = line_spans(text)
    found = _OPENINGS.lines(text, spans)
    assert {i for i, span in enumerate(spans) if _PHRASES.that_may_match(text, *span)} <= {*found}
    assert found == sorted(set(found))


@pytest.mark.parametrize("second", ["ferry", "bridge", ""])
def test_every_word_that_a_phrase_may_begin_with_is_known(second: str):
    for word in _PHRASES.reach:
        line = f"{word} {second}".strip()
        if _PHRASES.that_may_match(line, 0, len(line)):
            assert _OPENINGS.lines(line, [(0, len(line))]) == [0], word


def test_hardly_a_line_of_prose_may_match():
    text = "The ferry sails.\n\u201cIt rained,\u201d she said.\nNobody left in May."
    assert _OPENINGS.lines(text, line_spans(text)) == []
