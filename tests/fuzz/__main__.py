"""Fuzzes one target, or all: `python -m fuzz [TARGET ...] [--seconds N | --runs N]`.

A failing input is written to `.fuzz/`, and its path is printed. Copy it to
`tests/fuzz/cases/TARGET/`: from then on it is a test.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from support.corpus import themes

from fuzz.targets import TARGETS, seeds

ROOT = Path(__file__).parents[2]
FOUND = ROOT / ".fuzz"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=40, help="for each target")
    parser.add_argument("--runs", type=int, help="inputs for each target, however long it takes")
    arguments = parser.parse_args()
    unknown = {*arguments.targets} - {*TARGETS}
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}: {', '.join(TARGETS)}")
    names = arguments.targets or [*TARGETS]
    limit = f"-runs={arguments.runs}" if arguments.runs else f"-max_total_time={arguments.seconds}"
    return max(_fuzz(name, limit) for name in names)


def _fuzz(name: str, limit: str) -> int:
    """Fuzzes in a process of its own, as libFuzzer ends the one that it runs in."""
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    samples = [sample.record for theme in themes().values() for sample in theme]
    for number, seed in enumerate(seeds(name, samples)):
        (folder / f"seed-{number:03}").write_bytes(seed)
    options = ["-max_len=4096", "-timeout=25", "-rss_limit_mb=2048", "-print_final_stats=1", limit]
    command = [sys.executable, "-m", "fuzz.one", name, str(folder)]
    command += [f"-artifact_prefix={FOUND / name}-", *options]
    return subprocess.run(command, cwd=ROOT / "tests", check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
