"""Builds the wheels of a release into dist/: Linux and macOS, x86-64 and arm64.

    python -m deploy.wheels [--out FOLDER] [PYTHON...]

The C compiler of the `ziglang` package compiles for all of them (`pip install -r
requirements-compiler.txt`); one wheel serves Python 3.11 and later. Unicode's tables differ by
version of Python: those of this one go into the wheels, and of each other PYTHON that is named
(/usr/bin/python3.13); a Python whose tables are not there computes them at each start, in half a
second.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class System(NamedTuple):
    """A system that wheels are built for."""

    zig: str  # its name for the system, with the oldest version of it
    platform: str  # of the wheel's tag


SYSTEMS = (
    System("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64.manylinux2014_x86_64"),
    System("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64.manylinux2014_aarch64"),
    System("x86_64-macos.11.0", "macosx_11_0_x86_64"),
    System("aarch64-macos.11.0", "macosx_11_0_arm64"),
)


def main() -> int:
    """Builds all wheels; 0 unless one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m deploy.wheels", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("pythons", metavar="PYTHON", nargs="*", help="others to make tables for")
    options = parser.parse_args()
    if importlib.util.find_spec("ziglang") is None:
        sys.exit("wheels: the package ziglang is missing: pip install -r requirements-compiler.txt")
    for python in options.pythons:
        _make_tables(python)
    for system in SYSTEMS:
        build(system, options.out)
    return 0


def build(system: System, out: Path) -> None:
    """Builds the wheel of one system into a folder, and prints its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    environ = {
        **os.environ,
        "COPYDESK_WHEEL_SYSTEM": system.zig,
        "COPYDESK_WHEEL_PLATFORM": system.platform,
    }
    subprocess.run(command, cwd=ROOT, env=environ, check=True)


def _make_tables(python: str) -> None:
    script = "from pipeline.native.build import write_tables; print(write_tables())"
    subprocess.run([python, "-c", script], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
