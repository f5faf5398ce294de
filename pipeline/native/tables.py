"""Tables derived from Unicode: the build computes and stores them, programs map them.

A table is a function without arguments that returns bytes, decorated with `@stored`. Its first
call maps the bytes from the file, which takes a millisecond and no memory of the process's own. If
the file is missing, or was made by another version of the table's code or of Unicode, the function
computes the bytes.
"""

from __future__ import annotations

import mmap
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from functools import cache, wraps

# One file for each version of Unicode, so of Python; a wheel may contain several.
PATH = f"{__file__.removesuffix('.py')}-{unicodedata.unidata_version}.bin"
_ALIGNMENT = 64  # bytes; numbers of any size can be read in place
_MAGIC = b"copydesk tables 1\n"
_computed: dict[str, tuple[tuple[str, ...], Callable[[], bytes]]] = {}

Make = Callable[[], bytes]
Table = Callable[[], memoryview]


def stored(name: str, *sources: str) -> Callable[[Make], Table]:
    """Returns a decorator that reads the table `name` from the file of tables if it is there.

    `sources` are the paths of the Python files that its content depends on (`__file__`).
    """

    def decorate(make: Make) -> Table:
        _computed[name] = sources, make

        @cache
        @wraps(make)
        def read() -> memoryview:
            kept = _kept().get(name)
            if kept and kept[0] == _version(sources):
                return kept[1]
            return memoryview(make())

        return read

    return decorate


def write(path: str = PATH) -> None:
    """Computes all tables that are defined so far and writes them to a file.

    Its format: a magic line, a line "name version start size" for each table, an empty line; then
    the tables.
    """
    lines, contents, at = [], [], 0
    for name, (sources, make) in sorted(_computed.items()):
        content = make()
        lines.append(f"{name} {_version(sources)} {at} {len(content)}\n")
        contents.append(content + bytes(-len(content) % _ALIGNMENT))
        at += len(contents[-1])
    head = _MAGIC + "".join(lines).encode()
    head += b"\n" * (_ALIGNMENT - len(head) % _ALIGNMENT)
    with open(path, "wb") as file:  # noqa: PTH123 - pathlib takes longer to import than this does
        file.write(head + b"".join(contents))


@cache
def _kept() -> Mapping[str, tuple[str, memoryview]]:
    """Returns version and bytes of each table in the file; nothing if the file is unusable."""
    try:
        with open(PATH, "rb") as file:  # noqa: PTH123 - as above
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return _parsed(data)
    except (OSError, ValueError):
        return {}


def _parsed(data: memoryview) -> dict[str, tuple[str, memoryview]]:
    """Returns the tables of a file. Raises ValueError if it is damaged."""
    head, found, _ = bytes(data[: 1 << 16]).partition(b"\n\n")
    if not found or not data[: len(_MAGIC)] == _MAGIC:
        raise ValueError("no file of tables")
    begin = ((len(head) + 1) // _ALIGNMENT + 1) * _ALIGNMENT
    tables = {}
    for line in head.decode().splitlines()[1:]:
        name, version, start, size = line.split()
        first = begin + int(start)
        if first + int(size) > len(data):
            raise ValueError("the file of tables is cut off")
        tables[name] = version, data[first : first + int(size)]
    return tables


def _version(sources: tuple[str, ...]) -> str:
    """Returns the version of a table: that of Python's Unicode, and a checksum of its code."""
    code = 0
    for path in sources:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            code = zlib.crc32(file.read(), code)
    return f"{unicodedata.unidata_version}-{code:08x}"
