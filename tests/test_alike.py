"""Lines that begin or end alike: the native look says of every text what its folds say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.alike import EDGE, SHORT, any_alike
from pipeline.text import code_points, fold_lines

SIZES = (0, 1, SHORT - 1, SHORT, SHORT + 1, EDGE - 1, EDGE, EDGE + 1, 2 * EDGE)
LINES = st.tuples(
    st.sampled_from("aXe\u0301\u00df\u0130\u0436\u4e2d\u0e01\U0002000b"), st.sampled_from(SIZES)
).map(lambda made: made[0] * made[1])
TEXTS = st.lists(st.tuples(LINES, LINES, LINES | st.text(max_size=9)).map("".join), max_size=9).map(
    "\n".join
)


@given(TEXTS)
def test_the_look_says_what_the_folds_say(text: str):
    long = [line for line in fold_lines(text) if len(line) > SHORT]
    begun, ended = {line[:EDGE] for line in long}, {line[-EDGE:] for line in long}
    assert any_alike(code_points(text)) == (min(len(begun), len(ended)) < len(long))


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\u0436", "\U0001e900"])
@pytest.mark.parametrize("size", SIZES)
def test_both_ends_are_looked_at_and_no_short_line_is(letter: str, size: int):
    same = letter * size
    assert any_alike(code_points(f"{same}b\n\n{same}c")) == (size >= max(EDGE, SHORT))
    assert any_alike(code_points(f"b{same}\n\nc{same}")) == (size >= max(EDGE, SHORT))
    assert any_alike(code_points(f"{same}\n\n{same}")) == (size > SHORT)
    assert not any_alike(code_points(f"{same}b"))
