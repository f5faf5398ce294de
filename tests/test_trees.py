"""The native trees score as their twin does, to the bit; a model is whole or refused."""

from __future__ import annotations

import struct
from array import array
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import native
from pipeline.native import twins
from pipeline.trees import pack

FEATURES = 4
VALUES = st.floats(-8, 8, width=32)
MODULES = pytest.mark.parametrize("module", [native, twins], ids=["native", "twin"])
LEAF: dict[str, Any] = {"leaf_value": 0.5}


def split(feature: int, threshold: float, left: Any, right: Any) -> dict[str, Any]:
    """An inner node as LightGBM dumps it."""
    return {
        "split_feature": feature,
        "threshold": threshold,
        "decision_type": "<=",
        "missing_type": "None",
        "internal_value": 0.25,
        "left_child": left,
        "right_child": right,
    }


def dump(*trees: Any, **other: Any) -> dict[str, Any]:
    """A model as LightGBM dumps it."""
    found = [{"tree_structure": tree} for tree in trees]
    head = {"num_class": 1, "average_output": False, "max_feature_idx": FEATURES - 1}
    return {**head, "tree_info": found, **other}


LEAVES = VALUES.map(lambda value: {"leaf_value": value})
FEATURE = st.integers(0, FEATURES - 1)
NODES = st.recursive(LEAVES, lambda node: st.builds(split, FEATURE, VALUES, node, node))
MODELS = st.lists(NODES, min_size=1, max_size=5).map(lambda trees: pack(dump(*trees)))
ROW = st.lists(VALUES | st.just(float("nan")), min_size=FEATURES, max_size=FEATURES)


@given(MODELS, st.lists(ROW, max_size=4))
def test_native_scores_and_their_parts_are_those_of_the_twin(model: bytes, rows: list[Any]):
    of_native, of_twin = native.Trees(model), twins.Trees(model)
    flat = array("f", [number for row in rows for number in row])
    assert of_native.score(flat) == of_twin.score(flat)
    for row in rows:
        assert of_native.explain(array("f", row)) == of_twin.explain(array("f", row))


@MODULES
def test_a_row_goes_left_up_to_the_threshold(module: ModuleType):
    tree = split(2, 1.5, {"leaf_value": -1.0}, split(0, 0.0, LEAF, {"leaf_value": 2.0}))
    trees = module.Trees(pack(dump(tree, LEAF)))
    rows = [0, 0, 1.5, 0, 0, 0, 1.75, 0, 1, 0, 2, 0, 1, 0, float("nan"), 0]
    assert trees.score(array("f", rows)) == [-0.5, 1.0, 2.5, 2.5]
    assert trees.explain(array("f", [1, 0, 2, 0])) == [1.75, 0, 0, 0]


@MODULES
@pytest.mark.parametrize("threshold", [0.1, -0.1, 1e-60, -1e-60, 0.0, 16777217.0])
def test_a_threshold_of_64_bits_parts_numbers_of_32_bits_as_before(
    module: ModuleType, threshold: float
):
    trees = module.Trees(pack(dump(split(0, threshold, {"leaf_value": 1.0}, {"leaf_value": 2.0}))))
    (near,) = struct.unpack("<f", struct.pack("<f", threshold))
    (bits,) = struct.unpack("<i", struct.pack("<f", near))
    around = [struct.unpack("<f", struct.pack("<i", max(bits, 1) + d))[0] for d in (-1, 0, 1)]
    for number in (near, -near, 0.0, *around):
        assert trees.score(array("f", [number, 0, 0, 0])) == [1.0 if number <= threshold else 2.0]


WHOLE = pack(dump(split(3, 0.5, LEAF, LEAF), LEAF))


@MODULES
@pytest.mark.parametrize("size", range(len(WHOLE)))
def test_a_model_that_is_cut_off_is_refused(module: ModuleType, size: int):
    with pytest.raises(ValueError, match="no whole model"):
        module.Trees(WHOLE[:size])


@given(st.data())
def test_a_damaged_model_is_refused_or_scored_by_both(data: st.DataObject):
    at = data.draw(st.integers(0, len(WHOLE) - 1))
    damaged = WHOLE[:at] + bytes([data.draw(st.integers(0, 255))]) + WHOLE[at + 1 :]
    try:
        trees = twins.Trees(damaged)
    except ValueError:
        with pytest.raises(ValueError, match="no whole model"):
            native.Trees(damaged)
        return
    (count,) = struct.unpack_from("<I", damaged, 8)
    row = array("f", [0.0] * count)
    assert repr(native.Trees(damaged).score(row)) == repr(trees.score(row))


@MODULES
def test_rows_of_another_length_are_refused(module: ModuleType):
    trees = module.Trees(WHOLE)
    with pytest.raises(ValueError, match="a row has 4 numbers"):
        trees.score(array("f", [1, 2, 3]))
    with pytest.raises(ValueError, match="one row"):
        trees.explain(array("f", [1] * 8))


@pytest.mark.parametrize(
    "bad",
    [
        dump(LEAF, num_class=3),
        dump(LEAF, average_output=True),
        dump(split(0, 1, LEAF, LEAF) | {"missing_type": "NaN"}),
        dump(split(0, 1, LEAF, LEAF) | {"decision_type": "=="}),
    ],
)
def test_models_of_other_kinds_are_not_packed(bad: dict[str, Any]):
    with pytest.raises(ValueError, match="can"):
        pack(bad)
