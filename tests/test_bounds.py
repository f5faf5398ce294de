"""What reading holds in memory has a bound, whatever a file becomes when it is unpacked."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

BOUND = 300_000_000  # bytes of a whole run, Python and all libraries included
SCRIPT = """
import sys
from pathlib import Path
from pipeline.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text()
    peak = status.partition("VmHWM:")[2].split()[0]
    Path(sys.argv[-1]).with_name("peak").write_text(peak)
"""
ONE = json.dumps({"text": "One. " * 100}).encode() + b"\n"


def run(path: Path) -> tuple[int, dict[str, list[dict[str, object]]]]:
    """Peak memory of `copydesk run` in bytes, and what it wrote, by file."""
    out = path.parent / "out"
    command = ["run", str(path), "--jobs", "1", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    peak = int((path.parent / "peak").read_text()) * 1024
    names = ("clean", "duplicates", "rejected", "dead-letter", "quality")
    return peak, {
        name: [json.loads(line) for line in (out / f"{name}.jsonl").read_bytes().splitlines()]
        for name in names
    }


def zst(head: bytes, piece: bytes, times: int) -> bytes:
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    parts = [packer.compress(head), *(packer.compress(piece) for _ in range(times))]
    return b"".join([*parts, packer.flush()])


def gz(head: bytes, piece: bytes, times: int) -> bytes:
    """Members after one another, as gzip allows."""
    return gzip.compress(head) + gzip.compress(piece, 9) * times


ZEROS = bytes(1 << 24)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl.zst", lambda: zst(ONE, ZEROS, 80)),
        ("a.csv.zst", lambda: zst(b"text,title\nOne.,A\n", b"x" * (1 << 24), 80)),
        ("a.csv.zst", lambda: zst(b'text,title\nOne.,A\n"', b'x,""\n' * (1 << 22), 80)),
        ("a.csv.zst", lambda: zst(b"text,title\nOne.,A\n", b"," * (1 << 24), 80)),
        ("a.json.zst", lambda: zst(ONE, b"[" * (1 << 24), 80)),
        ("a.txt.zst", lambda: zst(b"One.", b"x" * (1 << 24), 80)),
        ("a.jsonl.gz", lambda: gz(ONE, ZEROS, 40)),
    ],
)
def test_a_small_file_that_becomes_a_gigabyte(tmp_path: Path, name: str, data: Callable[[], bytes]):
    path = tmp_path / name
    path.write_bytes(data())
    assert path.stat().st_size < 1_000_000
    peak, written = run(path)
    assert peak < BOUND
    letters = written["dead-letter"]
    assert {letter["reason"] for letter in letters} <= {"too-expanded", "too-large"}
    assert len(letters) == 1
    assert len(written["quality"]) == 1 + (0 if name == "a.txt.zst" else 1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_a_parquet_file_that_becomes_a_gigabyte(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is optional: pip install .[parquet]")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    text = pyarrow.array(["x" * 3_000_000]).take(pyarrow.array([0] * 400))
    parquet.write_table(pyarrow.table({"text": text}), path, compression="zstd")
    assert path.stat().st_size < 1_000_000
    peak, written = run(path)
    assert peak < BOUND
    assert written["quality"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        ('{"articles":[', "{}", "]}"),
        ('{"text":[', '"a"', "]}"),
    ],
)
def test_a_value_of_millions_of_parts(tmp_path: Path, start: str, piece: str, end: str):
    path = tmp_path / "a.jsonl"
    times = 7_800_000 // (len(piece) + 1)
    path.write_text(f"{start}{','.join([piece] * times)}{end}\n", encoding="utf-8")
    peak, written = run(path)
    assert peak < BOUND
    assert len(written["quality"]) == 1
