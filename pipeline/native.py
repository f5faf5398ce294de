"""Functions compiled to native code by numba, at first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher

_Function = TypeVar("_Function", bound=Callable[..., Any])


def native(function: _Function) -> _Function:
    """The function compiled, and kept beside its module or in the user's cache folder.

    Where neither can be written (a read-only container without a home), it is compiled anew by
    every process, which takes some seconds; NUMBA_CACHE_DIR names a folder that can.
    """
    try:
        compiled: Any = njit(cache=True, nogil=True)(function)
        compiled._cache = _Cache(function)  # noqa: SLF001 - numba offers no other way
    except RuntimeError:  # numba found no place to keep it
        compiled = njit(nogil=True)(function)
    return cast("_Function", compiled)


class _Cache(FunctionCache):
    """Keeps compiled code until the function, or a kernel of another file that it uses, changes.

    numba itself looks at the function's own file alone: code compiled with the former version of
    an imported kernel or constant would be used on, and crash.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._used = "".join(_used(function))

    def _index_key(self, *given: Any) -> tuple[Any, ...]:
        key = super()._index_key(*given)  # type: ignore[no-untyped-call]
        return (*key, sha256(self._used.encode()).hexdigest())


def _used(function: Callable[..., Any]) -> Iterator[str]:
    """Code and constants of a function, and of those by other names that it refers to.

    What stands further down in the function's own file isn't there yet, but that file is watched.
    """
    code = function.__code__
    yield f"{code.co_code!r}{code.co_consts!r}"
    for name in sorted(code.co_names):
        value = function.__globals__.get(name)
        if isinstance(value, Dispatcher):
            yield from _used(value.py_func)
        elif isinstance(value, int | float | np.generic | np.ndarray):
            yield f"{name}={value!r}"
