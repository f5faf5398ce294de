"""The native module weighs wording as its twin does; weights of another size are refused."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import native, traits
from pipeline.native import twins

MODULES = pytest.mark.parametrize("module", [native, twins], ids=["native", "twin"])
# Letters, marks and signs of several scripts, planes beyond the first, line breaks.
CHARACTERS = st.sampled_from(
    "abcd\u00e9 \u043612 ,.\n\t\u4e00\u6f22\u3042\ud55c\u0e01\u0e31\u0301\u200d\U00020000\U000e0101"
)
TEXTS = st.text(CHARACTERS, max_size=80) | st.text(max_size=60)
WEIGHTS = st.binary(min_size=16, max_size=16) | st.binary(min_size=256, max_size=256)


@given(TEXTS, WEIGHTS, st.integers(-300, 300))
def test_native_weighs_as_its_twin(text: str, weights: bytes, limit: int):
    of_twin = twins.weigh_lines(text, traits.table(), weights, limit)
    assert native.weigh_lines(text, traits.table(), weights, limit) == tuple(of_twin)


@MODULES
def test_words_are_counted_and_those_in_heavy_lines(module: ModuleType):
    ones = bytes([1]) * 16
    # Two words, the beginning of one of them, and the pair.
    assert module.weigh_lines("rain falling", traits.table(), ones, 3) == (2, 2, 4, 4, 4)
    assert module.weigh_lines("rain falling", traits.table(), ones, 4) == (2, 0, 4, 4, 4)
    minus = bytes([255]) * 16
    assert module.weigh_lines("rain\nfalling", traits.table(), minus, -2) == (2, 1, 3, -3, 3)
    # In a script without spaces also the run of three.
    assert module.weigh_lines("\u4e0b\u96e8\u4e86", traits.table(), ones, 0) == (3, 3, 6, 6, 6)
    assert module.weigh_lines("", traits.table(), ones, 0) == (0, 0, 0, 0, 0)


@MODULES
def test_what_has_another_size_is_refused(module: ModuleType):
    for weights in (b"", bytes(8), bytes(17), bytes(1 << 25)):
        with pytest.raises(ValueError, match="a power of two of weights"):
            module.weigh_lines("a", traits.table(), weights, 0)
    with pytest.raises(ValueError, match="a table of traits has"):
        module.weigh_lines("a", b"", bytes(16), 0)
    with pytest.raises(TypeError):
        module.weigh_lines(b"a", traits.table(), bytes(16), 0)


@MODULES
def test_one_line_of_five_megabytes(module: ModuleType):
    text = "rain " * (1_000_000 if module is native else 1_000)
    words = text.count(" ")
    assert module.weigh_lines(text, traits.table(), bytes(16), 0) == (words, 0, 2 * words - 1, 0, 0)
