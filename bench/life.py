"""A life of our index on synthetic articles, on disk as a worker has it: used by `bench.dedup`.

    python -m bench.life life ARTICLES
    python -m bench.life restart FOLDER

Prints what it measured as one line of JSON; each in a process of its own, whose memory it tells.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from msgspec.structs import replace

from pipeline.article import Arrival, Fingerprint, Origin, Prepared
from pipeline.dedup import DedupOptions, HeldEntry, entry_of
from pipeline.dedup.fingerprint import PERMUTATIONS, SCHEME
from pipeline.flow import Stages, prepare
from pipeline.runners.journal import Journal

_STEADY = 20_000  # articles that come while as many leave
_QUERIES = 2000
_SHINGLES = 336  # distinct ones an article: 21 in the sample, as real ones have on average
_WINDOW = 30 * 86_400  # seconds
_LARGE = 10_000_000


class Synthetic:
    """Articles of random shingles; a second has 100 of them when `rate` says so."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        sentences = (f"The {word} opened a new bridge near town {word}." for word in "abcdefghij")
        text = json.dumps({"articleBody": " ".join(sentences)}).encode()
        arrival = Arrival(Origin(topic="bench", partition=0, offset=0), moment(0))
        found = prepare(text, arrival, Stages())
        assert isinstance(found, Prepared)  # noqa: S101
        self._prepared = found
        self._entry = entry_of(found, None)

    def held(self, number: int, seconds: int) -> HeldEntry:
        """An entry as the topic has it."""
        entry = replace(
            self._entry,
            id=self.name(number),
            canonical_url=f"https://example.com/{number}",
            fingerprint=self._fingerprint(),
        )
        return HeldEntry(number, moment(seconds), entry)

    @staticmethod
    def name(number: int) -> str:
        """The id of an entry."""
        return f"url-{number:016x}"

    def query(self) -> Prepared:
        """An article like none before."""
        return Prepared(self._prepared.article, self._prepared.quality, self._fingerprint())

    def _fingerprint(self) -> Fingerprint:
        shingles = np.sort(self._random.integers(0, 1 << 32, _SHINGLES, dtype=np.uint32))
        return Fingerprint(
            scheme=SCHEME,
            text_hash=self._random.bytes(16).hex(),
            words=_SHINGLES + 4,
            signature=self._random.bytes(4 * PERMUTATIONS),
            shingles=shingles.tobytes(),
            numbers=b"",
            names=b"",
        )


def _life(size: int) -> dict[str, float]:
    """Fill an index on disk, ask it, let as many go as come, and start again from the disk."""
    made = Synthetic(size)
    step = _WINDOW / size
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), "bench", _options(size))
        journal.recover()
        for number in range(size):
            journal.index.restore(made.held(number, int(number * step)))
            journal.committed(number + 1)
        sizes = [part / size for part in journal.index.sizes]
        queries = [_timed(journal.index.neighbours, made.query()) for _ in range(_QUERIES)]
        pauses, cpu = [], []
        for number in range(size, size + _STEADY):
            held = made.held(number, int(number * step))
            before = moment(int(number * step) - _WINDOW)
            began, cpu_began = time.perf_counter(), time.thread_time()
            journal.index.evict(before)
            journal.index.restore(held)
            journal.committed(number + 1)
            pauses.append(time.perf_counter() - began)
            cpu.append(time.thread_time() - cpu_began)
        journal.committed(size + _STEADY, at_once=True)
        held_now = len(journal.index)
        journal.close()
        del journal  # its memory is needed
        restart = apart("restart", folder)
    return {
        "articles": size,
        "held": held_now,
        "bytes": sizes[0],
        "sample_bytes": sizes[1],
        "query_us": 1e6 * median(queries),
        "turn_us": 1e6 * median(pauses),
        "longest_ms": 1e3 * max(pauses),
        "longest_cpu_ms": 1e3 * max(cpu),
        **restart,
    }


def _restart(folder: Path) -> dict[str, float]:
    """What recovering in a process of its own takes."""
    before = _resident()
    began, cpu = time.perf_counter(), time.process_time()
    journal = Journal(folder, "bench", _options(_LARGE))
    journal.recover()
    return {
        "recovery_s": time.perf_counter() - began,
        "recovery_cpu_s": time.process_time() - cpu,
        "recovered": len(journal.index),
        "resident_bytes": (_resident() - before) / max(1, len(journal.index)),
    }


def _options(size: int) -> DedupOptions:
    return DedupOptions(capacity=max(4096, int(1.2 * size)), exact_window_days=30)


def _timed(function: Callable[[Prepared], object], given: Prepared) -> float:
    began = time.perf_counter()
    function(given)
    return time.perf_counter() - began


def moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + seconds))


def _resident() -> int:
    """Bytes of memory of this process, 0 where the system does not say it so."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") if path.exists() else 0


def apart(*arguments: str) -> dict[str, float]:
    """What a process of its own tells."""
    command = [sys.executable, "-m", "bench.life", *arguments]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(told)
    return found


def main(what: str, of: str) -> int:
    """Measure a life or a restart."""
    print(json.dumps(_life(int(of)) if what == "life" else _restart(Path(of))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
