"""Kernels: functions compiled by numba, or run by Python as they are where numba cannot be used.

Both give the same. A kernel that Python would take too long for names another function beside
it, by numpy or a library, that takes its place then. Python runs kernels on numpy's numbers, whose
unsigned ones wrap around at their width, as compiled ones do.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from ctypes import c_uint8
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MISSING",
    "Index",
    "array_at",
    "load_word",
    "native",
    "native_or",
    "on_compiling",
    "store_word",
]

Index = int | np.integer[Any]
_Function = TypeVar("_Function", bound=Callable[..., Any])

MISSING = ""  # what is to be told to the user where numba cannot be used
try:
    from pipeline.compiled import array_at, load_word, native, on_compiling, store_word
except (ImportError, OSError) as error:  # not installed; or its library doesn't load
    MISSING = (
        f"numba cannot be used ({error}): the results are the same, but an article takes some"
        " ten times as long. Install numba, with a Python and on a platform it has wheels for."
    )
    # The first holds for this thread and costs nothing, the other for threads begun elsewhere.
    np.seterr(over="ignore")
    warnings.filterwarnings("ignore", "overflow encountered in scalar", RuntimeWarning)

    def native(function: _Function) -> _Function:
        """The function as it is."""
        return function

    def on_compiling(tell: Callable[[], None]) -> None:
        """Nothing ever is."""

    def array_at(address: Index, shape: tuple[Index, ...], dtype: type[np.generic]) -> NDArray[Any]:
        """The array of this shape that lies at an address."""
        size = math.prod(map(int, shape)) * np.dtype(dtype).itemsize
        lying = (c_uint8 * size).from_address(int(address))
        return np.ctypeslib.as_array(lying).view(dtype).reshape(shape)

    def load_word(array: NDArray[np.uint8], at: Index) -> np.uint32:
        """Four bytes from a place on as a number, the first the lowest."""
        return np.uint32(array[at : at + 4].view("<u4")[0])

    def store_word(array: NDArray[np.uint8], at: Index, word: np.uint32) -> None:
        """Put a number's four bytes at a place, the lowest first."""
        array[at : at + 4].view("<u4")[0] = word


def native_or(plain: _Function) -> Callable[[_Function], _Function]:
    """What compiles a function as `native` does, or gives `plain` where it can't be."""
    return (lambda _: plain) if MISSING else native
