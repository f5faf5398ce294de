"""Where rare signs stand: the same lines that a look at each of them finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.signs import lines_with, places
from pipeline.text import line_spans

TEXTS = st.text(st.sampled_from(":/a \n"), max_size=30)


@given(TEXTS)
def test_places_are_all_offsets_of_the_sign(text: str):
    assert list(places(text, ":")) == [i for i, char in enumerate(text) if char == ":"]


@given(TEXTS)
def test_lines_with_a_sign_are_those_that_hold_it(text: str):
    spans = line_spans(text)
    lines = [text[start:end] for start, end in spans]
    holding = [i for i, line in enumerate(lines) if ":" in line or "/" in line]
    assert lines_with(text, spans, ":/") == holding
