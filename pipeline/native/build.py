"""Builds the native module, Unicode's tables, the bundle of language files and the rules' hash.

`python -m pipeline.native.build` writes them beside their sources; `hook` does so at installation.
It uses the machine's C compiler (`CC`, `cc`, `gcc` or `clang`), else that of the package `ziglang`,
which also compiles for other systems. With `--has-compiler`, it builds nothing and exits with 0 if
there is a compiler.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent
MODULE = HERE / "_native.abi3.so"
ZIG = "ziglang"  # the package
_FLAGS = (
    *("-std=c11", "-O3", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"),
    "-ffp-contract=off",  # the language model's numbers are fastText's, bit for bit
)
# Modules whose tables the build computes; see `tables`.
_WITH_TABLES = (
    "pipeline.clean.scan",
    "pipeline.native.folds",
    "pipeline.native.codepoints",
    "pipeline.traits",
)


class NoCompilerError(Exception):
    """No C compiler was found; the message says what to do."""


def machine_compiler() -> list[str] | None:
    """Returns the command of the machine's C compiler, or None."""
    named = os.environ.get("CC")
    commands = [shlex.split(named)] if named else [["cc"], ["gcc"], ["clang"]]
    return next((command for command in commands if shutil.which(command[0])), None)


def compiler(system: str = "") -> list[str]:
    """Returns the command that compiles C for this system, or for the system of a zig target name.

    Raises NoCompilerError.
    """
    if not system and (found := machine_compiler()):
        return found
    if importlib.util.find_spec(ZIG):
        zig = [sys.executable, "-m", ZIG, "cc"]
        return [*zig, "-target", system] if system else zig
    raise NoCompilerError(
        "no C compiler: install one (Debian: apt-get install gcc; macOS: xcode-select --install)"
        f" or the package {ZIG}, which brings one (pip install {ZIG})"
    )


def build(target: Path = MODULE, extra: tuple[str, ...] = (), system: str = "") -> Path:
    """Compiles the native module to `target`; `extra` are flags, `system` is as for `compiler`.

    Raises NoCompilerError, or CalledProcessError if the compiler fails.
    """
    command = [*compiler(system), *_FLAGS, *extra, "-shared"]
    if system:
        command.append("-DCOPYDESK_STABLE_ABI")  # Python's headers here are for this system only
    else:
        command.append(f"-I{sysconfig.get_path('include')}")
    if "macos" in system or (not system and sys.platform == "darwin"):
        command += ["-undefined", "dynamic_lookup"]
    partial = target.with_suffix(f".{os.getpid()}.tmp")
    sources = sorted(map(str, (HERE / "src").glob("*.c")))
    try:
        subprocess.run([*command, "-o", str(partial), *sources, "-lm"], check=True)  # noqa: S603
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def write_tables() -> Path:
    """Writes the file of tables for the running Python."""
    tables = importlib.import_module("pipeline.native.tables")
    for module in _WITH_TABLES:
        importlib.import_module(module)
    target = Path(tables.PATH)
    partial = target.with_suffix(f".{os.getpid()}.tmp")
    tables.write(str(partial))
    partial.replace(target)
    return target


def compile_languages() -> Path:
    """Compiles the language files to the bundle that programs read."""
    bundle = importlib.import_module("pipeline.languages.bundle")
    bundle.load_bundle()  # which writes it
    return HERE.parent / "languages" / str(bundle.NAME)


def hash_rules() -> Path:
    """Writes the hash of all rules to the file that programs read."""
    identity = importlib.import_module("pipeline.identity")
    identity.rules_hash()  # which writes it
    return Path(identity.PACKAGE / identity.KEPT)


if __name__ == "__main__":
    if sys.argv[1:] == ["--has-compiler"]:
        sys.exit(machine_compiler() is None and importlib.util.find_spec(ZIG) is None)
    try:
        module = build()
    except NoCompilerError as error:
        sys.exit(f"copydesk: {error}")
    for path in (module, write_tables(), compile_languages(), hash_rules()):
        print(path)  # noqa: T201 - asked for
