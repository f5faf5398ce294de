"""Functions compiled to native code by numba, at first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from inspect import getsource
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic
from numba.np.numpy_support import carray
from numpy.typing import NDArray

_Index = int | np.integer[Any]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def native(function: _Function) -> _Function:
    """The function compiled, and kept beside its module or in the user's cache folder.

    Where neither can be written (a read-only container without a home), it is compiled anew by
    every process, which takes up to a minute; NUMBA_CACHE_DIR names a folder that can.
    """
    try:
        compiled: Any = njit(cache=True, nogil=True)(function)
        compiled._cache = _Cache(function)  # noqa: SLF001 - numba offers no other way
    except RuntimeError:  # numba found no place to keep it
        compiled = njit(nogil=True)(function)
    compiled.get_call_template = partial(_template_of, compiled.get_call_template)
    return cast("_Function", compiled)


def _template_of(find: Callable[..., Any], given: Sequence[Any], named: dict[str, Any]) -> Any:
    """How one kernel calls another: numba would compile it anew for each number written out."""
    plain: Callable[[Any], Any] = types.unliteral
    return find(tuple(map(plain, given)), {name: plain(one) for name, one in named.items()})


def on_compiling(tell: Callable[[], None]) -> None:
    """Call once when something is compiled that no former process kept, for that takes long."""
    waiting = [tell]

    class Listener(event.Listener):
        def on_start(self, _: event.Event) -> None:
            while waiting:
                waiting.pop()()

        def on_end(self, _: event.Event) -> None:
            pass

    event.register("numba:compile", Listener())  # type: ignore[no-untyped-call]


def _place(builder: Any, context: Any, array_type: Any, array: Any, at: Any) -> Any:
    """Where four bytes of an array begin, as an address of a number of 32 bits."""
    view = context.make_array(array_type)(context, builder, array)
    return builder.bitcast(builder.gep(view.data, [at]), ir.IntType(32).as_pointer())


def _load_word(_: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        word = builder.load(_place(builder, context, signature.args[0], *given))
        word.align = 1
        return word

    return types.uint32(array, at), generate


def _store_word(_: Any, array: Any, at: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        builder.store(given[2], _place(builder, context, signature.args[0], *given[:2])).align = 1
        return context.get_dummy_value()

    return types.none(array, at, word), generate


def _as_pointer(_: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ARG001
        return builder.inttoptr(given[0], ir.IntType(8).as_pointer())

    return types.voidptr(address), generate


_pointer: Any = intrinsic(_as_pointer)


# For kernels only; nobody checks that the bytes are there.
load_word = cast("Callable[[NDArray[np.uint8], _Index], np.uint32]", intrinsic(_load_word))
"""Four bytes from a place on as a number, the first the lowest (on all systems numba is for)."""
store_word = cast("Callable[[NDArray[np.uint8], _Index, np.uint32], None]", intrinsic(_store_word))
"""Put a number's four bytes at a place, the lowest first."""

# These go into kernels.
_WRITTEN_OUT = "".join([getsource(one) for one in (_place, _load_word, _store_word, _as_pointer)])


class _Cache(FunctionCache):
    """Keeps compiled code until the function, or a kernel of another file that it uses, changes.

    numba itself looks at the function's own file alone: code compiled with the former version of
    an imported kernel or constant would be used on, and crash.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._used = "".join((_WRITTEN_OUT, *_used(function)))

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


@native
def array_at(address: _Index, shape: tuple[_Index, ...], dtype: type[np.generic]) -> NDArray[Any]:
    """The array of this shape that lies at an address. Nobody checks that it does."""
    return carray(_pointer(address), shape, dtype)
