"""Builds the native module beside this file: `python -m pipeline.native.build`.

The machine's C compiler does it (`CC`, `cc`), else the one of the `ziglang` package.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from pipeline.native import tables

HERE = Path(__file__).parent
TARGET = HERE / "_native.abi3.so"
_FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"),
    "-ffp-contract=off",  # the language model's numbers are fastText's, bit for bit
)

# Modules with tables that are computed by the build; see `tables`.
_WITH_TABLES = ("pipeline.native.characters", "pipeline.native.codepoints", "pipeline.traits")


def compiler() -> list[str]:
    """The command that compiles C. Raises RuntimeError where there is none."""
    named = os.environ.get("CC") or "cc"
    if shutil.which(named.split()[0]):
        return named.split()
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    raise RuntimeError(
        "no C compiler: install one (Debian: apt-get install gcc; macOS: xcode-select --install)"
        " or the package ziglang, which brings one (pip install ziglang)"
    )


def build(target: Path = TARGET, extra: tuple[str, ...] = ()) -> Path:
    """Compile the module to `target`. Raises RuntimeError or CalledProcessError."""
    link = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
    sources = sorted(map(str, (HERE / "src").glob("*.c")))
    include = f"-I{sysconfig.get_path('include')}"
    partial = target.with_suffix(f".{os.getpid()}.tmp")
    command = [*compiler(), *_FLAGS, *extra, "-shared", *link, include, "-o", str(partial)]
    subprocess.run([*command, *sources, "-lm"], check=True)  # noqa: S603 - a compiler and our own files
    partial.replace(target)
    return target


def write_tables() -> str:
    """Write the file of tables; its path."""
    for module in _WITH_TABLES:
        importlib.import_module(module)
    partial = f"{tables.PATH}.{os.getpid()}.tmp"
    tables.write(partial)
    Path(partial).replace(tables.PATH)
    return tables.PATH


def compile_languages() -> str:
    """Compile the language files to the one that programs read; its path."""
    bundle = importlib.import_module("pipeline.languages.bundle")
    bundle.load_bundle()
    return str(HERE.parent / "languages" / bundle.NAME)


def hash_rules() -> str:
    """Write the hash of all rules to the file that programs read; its path."""
    identity = importlib.import_module("pipeline.identity")
    identity.rules_hash()
    return str(identity.PACKAGE / identity.KEPT)


if __name__ == "__main__":
    print(build(), write_tables(), compile_languages(), hash_rules(), sep="\n")  # noqa: T201 - what a person asked for
