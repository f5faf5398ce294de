"""Kernels must work where nothing can be kept: numba itself refuses to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from pipeline import compiled


def test_a_kernel_gives_what_its_python_gives():
    def add(one: int, other: int) -> int:
        return one + other

    assert compiled.native(add)(2, 3) == 5


def test_the_first_that_is_compiled_is_told_of_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))  # nothing is kept from before
    told: list[str] = []
    compiled.on_compiling(lambda: told.append("compiling"))

    def add(one: int, other: int) -> int:
        return one + other

    kernel = compiled.native(add)
    assert told == []
    assert (kernel(2, 3), kernel(2.0, 3.0)) == (5, 5.0)
    assert told == ["compiling"]


def test_without_a_folder_to_keep_it_in_a_kernel_is_still_compiled(monkeypatch: pytest.MonkeyPatch):
    asked: list[dict[str, bool]] = []

    def refuse(**how: bool) -> Callable[[Any], Any]:
        asked.append(how)
        if how.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(**how)

    monkeypatch.setattr(compiled, "njit", refuse)

    def add(one: int, other: int) -> int:
        return one + other

    assert compiled.native(add)(2, 3) == 5
    assert asked == [{"cache": True, "nogil": True}, {"nogil": True}]


def test_a_kernel_is_compiled_once_for_all_numbers_it_is_called_with():
    @compiled.native
    def less(one: int, other: int) -> int:
        return one - other

    @compiled.native
    def both(one: int) -> int:
        return less(one, 2) + less(other=3, one=one)

    assert both(10) == 15
    assert len(less.signatures) == 1  # type: ignore[attr-defined]
