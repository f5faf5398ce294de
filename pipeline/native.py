"""Functions compiled to native code by numba, at first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def native(function: _Function) -> _Function:
    """The function compiled, and kept beside its module or in the user's cache folder.

    Where neither can be written (a read-only container without a home), it is compiled anew by
    every process, which takes some seconds; NUMBA_CACHE_DIR names a folder that can.
    """
    try:
        compiled: Any = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no place to keep it
        compiled = njit(nogil=True)(function)
    return cast("_Function", compiled)
