"""`copydesk run` beside the tutorial loops, on the same articles, in turn, on one core.

    python -m bench.run [--articles FILE] [--rounds N] [--jobs N]

Prints the CPU seconds and the peak memory of each whole process, and the ratio round by round:
this machine may be noisy, the ratio of two neighbours in time is not.
"""

from __future__ import annotations

import argparse
import compileall
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
PIPELINE = Path(__file__).resolve().parents[1] / "pipeline"

OURS, TUTORIAL, BATCHED = "copydesk run", "tutorial loop", "batched tutorial loop"


class Cost(NamedTuple):
    cpu: float  # seconds, user and system, with children
    wall: float  # seconds
    memory: float  # MB, the largest single process


def main() -> int:
    """Race them; the exit code says whether ours was at least as fast as the tutorial loop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=Path, default=SHARED / "bench.jsonl.gz")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args()
    if not chosen.articles.exists():
        print(f"skipped: {chosen.articles} is not there (name another file with --articles)")
        return 0
    with gzip.open(chosen.articles) as lines:
        count = sum(1 for _ in lines)
    # As pip does when it installs: the others' packages are compiled too.
    compileall.compile_dir(PIPELINE, quiet=1)
    ratios: dict[str, list[tuple[float, float]]] = {TUTORIAL: [], BATCHED: []}  # CPU, wall
    print(f"{count:,} articles, {chosen.rounds} rounds, --jobs {chosen.jobs}")
    for number in range(1, chosen.rounds + 1):
        print(f"round {number}")
        ours = _measure(_command(OURS, chosen))
        _print(OURS, ours, count)
        for name, found in ratios.items():
            theirs = _measure(_command(name, chosen))
            _print(name, theirs, count)
            found.append((theirs.cpu / ours.cpu, theirs.wall / ours.wall))
    for name, found in ratios.items():
        cpu, wall = (median(of_one) for of_one in zip(*found, strict=True))
        print(f"median: the {name} takes {cpu:.2f} times the CPU, {wall:.2f} times the time")
    return 0 if median(cpu for cpu, _ in ratios[TUTORIAL]) >= 1 else 1


def _command(which: str, chosen: argparse.Namespace) -> list[str]:
    articles = str(chosen.articles)
    if which == OURS:
        run = ["-m", "pipeline", "run", articles, "--jobs", str(chosen.jobs), "--out"]
        return [sys.executable, *run]
    batched = ["--batched"] if which == BATCHED else []
    return [sys.executable, str(Path(__file__).with_name("tutorial.py")), *batched, articles]


def _measure(command: Sequence[str]) -> Cost:
    """Run the command with a fresh folder as its last word."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = subprocess.Popen([*command, folder], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        if status:
            raise SystemExit(f"{' '.join(command)} failed")
    peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return Cost(usage.ru_utime + usage.ru_stime, wall, peak)


def _print(name: str, cost: Cost, count: int) -> None:
    each = 1000 * cost.cpu / count
    print(
        f"  {name:21} {cost.wall:7.2f} s wall {cost.cpu:7.2f} s CPU {cost.memory:7.0f} MB"
        f" {each:6.3f} ms of CPU an article"
    )


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity") and "--jobs" not in sys.argv:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core for both
    raise SystemExit(main())
