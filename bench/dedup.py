"""Finding copies beside datasketch and rensa, in turn, on one core.

    python -m bench.dedup [--articles N] [--large] [--picture FILE]

Text to signature (ours with all else that a verdict needs); the whole loop (text, signature,
query, verify, insert); then a life of our index over synthetic articles of 336 distinct shingles,
on disk as a worker has it: memory, query, the longest pause while as many leave as arrive, and a
restart. Contenders take turns of the same time, so that a noisy machine is as noisy for all and
each begins as often with a cold cache: read the ratios. Where the real articles are not there,
texts are made of random words.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import xxhash
from datasketch import MinHash, MinHashLSH
from msgspec.structs import replace
from numpy.typing import NDArray

from bench.accuracy import figures
from bench.life import apart, moment
from bench.picture import bars
from bench.run import SHARED
from pipeline.article import Arrival, Origin, Prepared
from pipeline.dedup import DedupOptions, entry_of, fingerprint, match
from pipeline.dedup.fingerprint import PERMUTATIONS
from pipeline.flow import Stages, prepare
from pipeline.runners.journal import Journal

try:
    from rensa import RMinHash, RMinHashLSH
except ImportError:  # a tool of developers, without a wheel for some systems
    RMinHash = RMinHashLSH = None

_WORD = re.compile(r"\w+")
_ROUNDS = 5
_TURN = 0.02  # seconds, at least a text
_SIZES = (100_000, 1_000_000)
_LARGE = 10_000_000
Task = Callable[[str], object]


class Target(NamedTuple):
    name: str
    value: float
    wanted: float
    at_least: bool = True

    def __str__(self) -> str:
        kept = self.value >= self.wanted if self.at_least else self.value <= self.wanted
        sign = ">=" if self.at_least else "<="
        mark = "kept  " if kept else "MISSED"
        return f"  {mark} {self.name}: {self.value:.3g} ({sign} {self.wanted:g})"


def main() -> int:
    """Print everything; the exit code says whether all targets were kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=500, help="texts of about 4.2 kB")
    parser.add_argument("--large", action="store_true", help="10 million articles too: 20 GB")
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args()
    texts = _texts(chosen.articles)
    prints = _race("text to signature", _fingerprints, texts)
    loops = _race("whole loop", partial(_loops, texts), texts)
    sizes = (*_SIZES, _LARGE) if chosen.large else _SIZES
    lives = [_life(size) for size in sizes]
    if chosen.picture:
        chosen.picture.write_text(bars({"text to signature": prints, "whole loop": loops}))
    targets = [*_ratios(prints, loops), *_accuracy(), *_limits(lives)]
    print("targets", *targets, sep="\n")
    return int(any("MISSED" in str(target) for target in targets))


def _ratios(prints: dict[str, float], loops: dict[str, float]) -> Iterator[Target]:
    yield Target("signature beside datasketch", prints["datasketch"] / prints["ours"], 35)
    yield Target("whole loop beside datasketch", loops["datasketch"] / loops["ours"], 24)
    if RMinHash:
        fastest = prints["rensa, fastest use"] / prints["ours"]
        yield Target("signature beside rensa's fastest use", fastest, 1.8)
        yield Target("whole loop beside rensa's usual use", loops["rensa"] / loops["ours"], 5)


def _accuracy() -> Iterator[Target]:
    measured = figures()
    yield Target("error of Jaccard, RMSE", measured["rmse"], 0.036, at_least=False)
    yield Target("proposed at Jaccard .7 to .8", measured["recall_at_.7"], 0.99)
    yield Target("proposed at Jaccard .5 to .6", measured["recall_at_.5"], 0.95)


def _limits(lives: Sequence[dict[str, float]]) -> Iterator[Target]:
    for life in lives:
        size = f"{life['articles'] / 1e6:g} M"
        if life["articles"] >= 1_000_000:
            yield Target(f"{size}: bytes an article", life["bytes"], 450, at_least=False)
            yield Target(f"{size}: of the sample", life["sample_bytes"], 250, at_least=False)
        if life["articles"] == 1_000_000:
            yield Target(f"{size}: longest pause, ms", life["longest_ms"], 50, at_least=False)
            yield Target(f"{size}: recovery, s", life["recovery_s"], 10, at_least=False)
    growth = lives[-1]["query_us"] / lives[0]["query_us"]
    grown = f"query growth to {lives[-1]['articles'] / 1e6:g} M"
    yield Target(grown, growth, 3, at_least=False)


def _race(name: str, make: Callable[[], dict[str, Task]], texts: Sequence[str]) -> dict[str, float]:
    """Microseconds an article of each: the best of some rounds, in which they take turns.

    Each round begins with new tasks, whose indexes are empty.
    """
    rounds: dict[str, list[float]] = {}
    for _ in range(_ROUNDS):
        for task, seconds in _round(make(), texts).items():
            rounds.setdefault(task, []).append(1e6 * seconds / len(texts))
    best = {task: min(found) for task, found in rounds.items()}
    print(f"{name}, us an article (best, median of {_ROUNDS} rounds, beside datasketch)")
    for task, found in rounds.items():
        beside = best["datasketch"] / best[task]
        print(f"  {task:34} {best[task]:8.1f} {median(found):8.1f} {beside:6.1f}x", flush=True)
    return best


def _round(tasks: dict[str, Task], texts: Sequence[str]) -> dict[str, float]:
    """Seconds that each took for all texts; the turn is always of who has come least far."""
    taken, done = dict.fromkeys(tasks, 0.0), dict.fromkeys(tasks, 0)
    while (behind := min(done.values())) < len(texts):
        task = next(one for one, count in done.items() if count == behind)
        began = now = time.perf_counter()
        while done[task] < len(texts) and now - began < _TURN:
            tasks[task](texts[done[task]])
            done[task] += 1
            now = time.perf_counter()
        taken[task] += now - began
    return taken


def _fingerprints() -> dict[str, Task]:
    blank = MinHash(PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest)
    tasks: dict[str, Task] = {
        "datasketch": _plain,
        "datasketch, xxhash and copy()": lambda text: _batched(blank.copy(), text),
    }
    if RMinHash:
        tasks["rensa"] = _rensa
        tasks["rensa, fastest use"] = _rensa_fastest
    tasks["ours"] = fingerprint
    return tasks


def _shingles(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return [" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))]


def _plain(text: str) -> MinHash:
    return _batched(MinHash(PERMUTATIONS), text)


def _batched(sketch: MinHash, text: str) -> MinHash:
    sketch.update_batch([shingle.encode() for shingle in _shingles(text)])
    return sketch


def _rensa(text: str) -> Any:
    sketch = RMinHash(PERMUTATIONS, 42)
    sketch.update(_shingles(text))
    return sketch


def _rensa_fastest(text: str) -> Any:
    hashes = _numpy_hashes(text)
    ends = np.array([0, len(hashes)], np.uint64)
    return RMinHash.digest_matrix_from_flat_token_hashes(hashes, ends, PERMUTATIONS, 42)


_RANDOM = np.random.default_rng(1)
_LETTERS = _RANDOM.integers(1, 1 << 63, 256, dtype=np.uint64) | np.uint64(1)
_POWERS = np.cumprod(np.full(1 << 12, 0x9E3779B97F4A7C15, np.uint64))
_IN_WORD = np.array([chr(code).isalnum() or code >= 128 or code == 95 for code in range(256)])


def _numpy_hashes(text: str) -> NDArray[np.uint64]:
    """Hashes of five words in a row without a Python object for any of them."""
    codes = np.frombuffer(text.lower().encode(), np.uint8)
    inside = np.concatenate(([False], _IN_WORD[codes]))
    starts = np.flatnonzero(inside[1:] & ~inside[:-1])
    steps = np.arange(len(codes)) - np.repeat(
        np.concatenate(([0], starts)), np.diff(np.concatenate(([0], starts, [len(codes)])))
    )
    parts = np.where(inside[1:], _LETTERS[codes] * _POWERS[steps & 0xFFF], np.uint64(0))
    words = np.add.reduceat(parts, starts)
    count = max(1, len(words) - 4)
    return sum((words[i : i + count] * _POWERS[i] for i in range(5)), np.zeros(count, np.uint64))


def _loops(texts: Sequence[str]) -> dict[str, Task]:
    """The whole loop of each, its index holding the texts already."""
    theirs = MinHashLSH(threshold=0.7, num_perm=PERMUTATIONS)
    tasks: dict[str, Task] = {
        "datasketch": _Loop(_plain, theirs).decide,
        "datasketch, xxhash and copy()": _Loop(
            partial(_copied, MinHash(PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest)),
            MinHashLSH(threshold=0.7, num_perm=PERMUTATIONS),
        ).decide,
    }
    if RMinHash:
        tasks["rensa"] = _Loop(_rensa, RMinHashLSH(0.7, PERMUTATIONS, 16)).decide
    tasks["ours"] = _Ours(texts).decide
    return tasks


def _copied(blank: MinHash, text: str) -> MinHash:
    return _batched(blank.copy(), text)


class _Loop:
    """Signature, query, the likeness of each candidate, insert."""

    def __init__(self, sketch: Callable[[str], Any], index: Any) -> None:
        self._sketch = sketch
        self._index = index
        self._held: list[Any] = []

    def decide(self, text: str) -> float:
        """The greatest likeness among the candidates."""
        one = self._sketch(text)
        likeness = max((one.jaccard(self._held[key]) for key in self._index.query(one)), default=0)
        self._index.insert(len(self._held), one)
        self._held.append(one)
        return likeness


class _Ours:
    """The same of ours, entries on disk; every exact comparison included."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._options = DedupOptions(window_days=1, exact_window_days=1)
        self._journal = Journal(None, "bench", self._options)
        arrival = Arrival(Origin(topic="bench", partition=0, offset=0), moment(0))
        first = prepare(json.dumps({"articleBody": max(texts)}).encode(), arrival, Stages())
        assert isinstance(first, Prepared)  # noqa: S101
        self._template = first
        self._count = 0

    def decide(self, text: str) -> object:
        """The evidence, where there is any."""
        self._count += 1
        origin = Origin(topic="bench", partition=0, offset=self._count)
        article = Prepared(
            self._template.article,
            replace(self._template.quality, origin=origin),
            fingerprint(text),
        )
        index = self._journal.index
        found = match(article, index.neighbours(article), self._options)
        index.add(entry_of(article, found))
        return found


def _texts(count: int) -> list[str]:
    """Texts of about 4.2 kB: real ones, else random words."""
    path = SHARED / "bench.jsonl.gz"
    if path.exists():
        with gzip.open(path) as lines:
            bodies = (json.loads(line)["text"] or "" for line in lines)
            found = [body for body in bodies if 3800 <= len(body) <= 4600]
        return found[:count]
    print(f"{path} is not there: random words")
    words = ["".join(map(chr, 97 + row)) for row in _RANDOM.integers(0, 26, (5000, 5))]
    return [" ".join(_RANDOM.choice(words, 720)) for _ in range(count)]


def _life(size: int) -> dict[str, float]:
    """What our index of so many articles takes, measured and printed."""
    found = apart("life", str(size))
    print(f"an index of {size:,}, {found['held']:,.0f} after as many left as came")
    print("  " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()), flush=True)
    return found


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core for all
    raise SystemExit(main())
