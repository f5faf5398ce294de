"""Runs the native module's tests with it compiled to check each memory access (`make sanitize`).

The compiler's sanitizers for addresses and undefined behaviour end the process at the first fault
and name its place. Needs gcc on Linux. As a plugin of pytest, and where fuzzing imports it, this
file loads the module that was compiled for it, in place of the one in the package.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).parents[1]
_NAME = "pipeline.native._native"
VARIABLE = "COPYDESK_TEST_SANITIZED"  # the path of the module to load
_NAMES = (
    "compact",
    "corpus",
    "fingerprint",
    "names",
    "scan",
    "text",
)  # tests of what is native besides
FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1")


def load(path: str) -> None:
    """Makes the module at `path` the native module of this process."""
    spec = importlib.util.spec_from_file_location(_NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[_NAME] = module


def environ_for(module: Path) -> dict[str, str]:
    """The environment of a test run that loads this module."""
    # C++'s library too: where fastText throws, the sanitizer wants to know its way to do so.
    libraries = [
        subprocess.run(
            ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in ("libasan.so", "libstdc++.so")
    ]
    return {
        **os.environ,
        VARIABLE: str(module),
        "LD_PRELOAD": " ".join(libraries),
        "PYTHONMALLOC": "malloc",  # a block of its own for each object, so that its end is guarded
        "PYTHONPATH": str(TESTS),
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter keeps what it made to its end
    }


def main() -> int:
    """Compiles the module, runs the tests; pytest's exit code."""
    from pipeline.native.build import build  # noqa: PLC0415 - the plugin must come before it

    globs = ("test_native_*.py", "test_*index*.py", *(f"test_{name}.py" for name in _NAMES))
    files = sorted({str(path) for glob in globs for path in TESTS.glob(glob)})
    with TemporaryDirectory() as folder:
        module = build(Path(folder) / "_native.abi3.so", FLAGS)
        command = [sys.executable, "-m", "pytest", "-s", "-p", "support.sanitized", *files]
        return subprocess.run(command, env=environ_for(module), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
elif VARIABLE in os.environ:
    load(os.environ[VARIABLE])
