"""The native module rounds measures and compares them with limits as its twins do."""

from __future__ import annotations

import math
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import native
from pipeline.native import twins

MODULES = pytest.mark.parametrize("module", [native, twins], ids=["native", "twin"])
# Numbers of all sizes; decimals just beside a half of the last kept one; whole numbers.
NUMBERS = (
    st.floats()
    | st.integers(-(10**18), 10**18)
    | st.booleans()
    | st.integers(-(10**9), 10**9).map(lambda number: number / 100_000)
)
TAKEN = st.dictionaries(st.sampled_from("abcdef"), st.none() | NUMBERS)
LIMITS = st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(), st.floats())).map(tuple)


@given(TAKEN)
@example({"a": 0.00005, "b": 0.00015, "c": -0.00004, "d": -0.0, "e": 1e300, "f": 2.5e-324})
def test_native_rounds_as_its_twin(taken: dict[str, float | None]):
    assert repr(native.round_measures(taken)) == repr(twins.round_measures(taken))


@given(TAKEN, LIMITS)
def test_native_compares_as_its_twin(
    taken: dict[str, float | None], limits: tuple[tuple[str, float, float], ...]
):
    measures = twins.round_measures(taken)
    assert native.passed_limits(measures, limits) == twins.passed_limits(measures, limits)


@MODULES
def test_a_limit_is_passed_on_either_side_of_its_range(module: ModuleType):
    limits = (("words", 3, math.inf), ("words", -math.inf, 5), ("lines", 1, 1), ("age", 0, 0))
    assert module.passed_limits({"words": 3.0, "lines": 1.0}, limits) == []
    assert module.passed_limits({"words": 2.0, "lines": 2.0}, limits) == [0, 2]
    assert module.passed_limits({"words": 6.0, "age": math.nan}, limits) == [1, 3]


def test_what_is_no_measure_is_refused():
    with pytest.raises(TypeError, match="a measure is a number"):
        native.round_measures({"words": "3"})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="a dictionary"):
        native.round_measures([])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="limits a tuple"):
        native.passed_limits({}, [])  # type: ignore[arg-type]
    for limit in ((), ("words",), ["words", 0, 1], ("words", "0", 1)):
        with pytest.raises(TypeError):
            native.passed_limits({"words": 1.0}, (limit,))  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        native.round_measures({"words": 10**400})
