"""The native line model computes what its twin computes, to the bit."""

from __future__ import annotations

import random
import struct
from array import array
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.texts import TEXTS

from pipeline import native, traits
from pipeline.lines.features import FEATURES
from pipeline.native import codepoints, twins
from pipeline.native.twins.lines import HEAD, MAGIC
from pipeline.text import line_spans
from pipeline.trees import pack

BITS = 12
TABLES = traits.table(), codepoints.as_is()
MODULES = pytest.mark.parametrize("module", [native, twins], ids=["native", "twin"])
WORDS = st.sampled_from(
    (
        "Share this Ferry sails. 12:30 2026 | \u2022 \u201cWait,\u201d said \u6cb3\u6c34\u3002"
        " \u0e41\u0e21\u0e48 caf\u00e9"
        " e\u0301 \u0301 \u0130 \U0002000b\u0301 \U000e0100 10:5 1999, https://x.y/z @name ..."
        " \u2026"
        " (x) FERRY\u00a0a"
    ).split(" ")
)
LINES = st.lists(WORDS | st.text(max_size=6), max_size=30).map(" ".join)
BODIES = st.lists(LINES, max_size=24).map("\n".join)


def trees(rise: float = 0.0) -> bytes:
    """Trees for each feature; the first ones alone settle some lines. `rise` makes some surer."""
    grown = [
        {
            "tree_structure": {
                "split_feature": i,
                "threshold": 0.5,
                "decision_type": "<=",
                "missing_type": "None",
                "internal_value": 0.1,
                "left_child": {"leaf_value": i / 7 + rise},
                "right_child": {"leaf_value": -i / 3},
            }
        }
        for i in (*range(len(FEATURES)), *range(len(FEATURES)))
    ]
    head = {"num_class": 1, "average_output": False, "max_feature_idx": len(FEATURES) - 1}
    return pack({**head, "tree_info": grown})


def model(bits: int = BITS, grown: bytes | None = None) -> bytes:
    rng = random.Random(1)  # noqa: S311
    weights = array("b", [rng.randint(-127, 127) for _ in range(1 << bits)])
    grown, below = (trees(), trees(1.0)) if grown is None else (grown, grown)
    head = struct.pack(HEAD.format, MAGIC, bits, len(grown), len(below), 0.013, -0.2)
    return head + weights.tobytes() + grown + below


NATIVE, TWIN = native.LineModel(model()), twins.LineModel(model())


def article(body: str, headline: str, description: str) -> tuple[Any, ...]:
    return body, line_spans(body), headline, description, *TABLES


@settings(max_examples=60, deadline=None)
@example(body="", headline="", description="")
@example(body="\n".join(TEXTS[1:-2]), headline=TEXTS[3], description="")
@example(body="\ud800\n\U0010ffff\n\U000e01ef\n\U0003ffff", headline="\ud800", description="")
@example(body="\n".join(["A line of prose, which ends. " * 4] * 5), headline="", description="")
@given(body=BODIES, headline=LINES, description=LINES)
def test_rows_scores_and_their_parts_are_those_of_the_twin(
    body: str, headline: str, description: str
):
    given_article = article(body, headline, description)
    rows = NATIVE.rows(*given_article)
    assert rows == TWIN.rows(*given_article)
    assert len(rows) == 4 * len(FEATURES) * len(line_spans(body))
    scores = NATIVE.score(*given_article)
    assert scores == TWIN.score(*given_article)
    for line in range(len(scores)):
        assert NATIVE.explain(*given_article, line) == TWIN.explain(*given_article, line)


@example("word " * 50)
@example("\u6cb3" * 150)
@given(LINES)
def test_buckets_are_those_of_the_twin(line: str):
    found = NATIVE.buckets(line, *TABLES)
    assert found == TWIN.buckets(line, *TABLES)
    assert all(bucket < 1 << BITS for bucket in array("I", found[0]))


@MODULES
@pytest.mark.parametrize("size", [0, 7, 35, 36, 500, len(model()) - 1])
def test_a_model_that_is_cut_off_is_refused(module: ModuleType, size: int):
    with pytest.raises(ValueError, match="no whole model"):
        module.LineModel(model()[:size])


@MODULES
def test_a_model_of_other_features_is_refused(module: ModuleType):
    leaf = {"tree_structure": {"leaf_value": 1.0}}
    head = {"num_class": 1, "average_output": False, "max_feature_idx": 3}
    other = pack({**head, "tree_info": [leaf]})
    with pytest.raises(ValueError, match="other features"):
        module.LineModel(model(grown=other))


@MODULES
def test_wrong_arguments_are_refused(module: ModuleType):
    line_model = module.LineModel(model())
    good = article("One line.\nTwo lines.", "", "")
    for spans in ([(0, 40)], [(3, 2)], [(0, 5), (4, 6)], [(-1, 3)]):
        with pytest.raises(ValueError, match="spans"):
            line_model.rows(good[0], spans, *good[2:])
    with pytest.raises(ValueError, match="table"):
        line_model.rows(*good[:4], b"", *good[5:])
    with pytest.raises(ValueError, match="table"):
        line_model.rows(*good[:5], b"")
    with pytest.raises(IndexError):
        line_model.explain(*good, 2)
    without = module.LineModel(model(grown=b""))
    with pytest.raises(ValueError, match="no trees"):
        without.score(*good)
