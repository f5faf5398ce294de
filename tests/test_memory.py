"""The memory of `copydesk run`: what one run saw, the next one knows."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from support.real_articles import data
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.dedup import DedupOptions
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.runners.entries import IDENTITY
from pipeline.runners.memory import Memory

FEED = Path(__file__).parents[1] / "examples" / "05-feeds.jsonl"
OPTIONS = DedupOptions()


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    monkeypatch.chdir(tmp_path)


def run(lines: list[str], memory: Path | None, out: str = "out", *more: str) -> list[Any]:
    """Verdict and match of each line, by a run of its own."""
    Path("in.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    options = ["--memory", str(memory)] if memory else []
    done = CliRunner().invoke(app, ["run", "in.jsonl", "--out", out, *options, *more])
    assert done.exit_code == 0, done.output
    records = map(json.loads, (Path(out) / "quality.jsonl").read_text("utf-8").splitlines())
    return [(one["id"], one["verdict"], one["match"]) for one in records]


def test_runs_with_a_memory_give_what_one_run_gives(tmp_path: Path):
    lines = FEED.read_text("utf-8").splitlines()
    whole = run(lines, None)
    memory = tmp_path / "seen.copydesk"
    parts = [one for at in range(0, len(lines), 5) for one in run(lines[at : at + 5], memory)]
    assert parts == whole
    assert [one[1] for one in whole].count("duplicate") > 0
    assert [one[1] for one in run(lines, memory)].count("publish") == 0


def test_the_memory_is_the_same_for_any_number_of_processes(tmp_path: Path):
    lines = FEED.read_text("utf-8").splitlines()
    results = []
    for jobs in ("1", "2"):
        memory = tmp_path / jobs
        run(lines[:8], memory, "out", "--jobs", jobs)
        results.append(run(lines[8:], memory, "out", "--jobs", jobs))
    assert results[0] == results[1]


def test_a_run_that_fails_leaves_the_memory_as_it_was(tmp_path: Path):
    memory = tmp_path / "seen.copydesk"
    run(FEED.read_text("utf-8").splitlines()[:4], memory)
    before = memory.read_bytes()
    with suppress(RuntimeError), Memory(memory, OPTIONS) as kept:
        assert len(kept.index) > 0
        raise RuntimeError
    assert memory.read_bytes() == before
    assert [path.name for path in tmp_path.glob(".seen*")] == [".seen.copydesk.lock"]


def test_a_memory_that_cannot_be_written_says_so(tmp_path: Path):
    memory = tmp_path / "seen.copydesk"
    memory.with_name("seen.copydesk.part").mkdir()
    with Memory(memory, OPTIONS) as kept, pytest.raises(WorkFailedError, match="as it was before"):
        kept.save()


def test_two_runs_never_use_one_memory(tmp_path: Path):
    memory = tmp_path / "seen.copydesk"
    with (
        Memory(memory, OPTIONS),
        pytest.raises(WrongUseError, match="used by another run"),
        Memory(memory, OPTIONS),
    ):
        pass


def test_a_memory_of_other_settings_is_refused_with_the_setting(tmp_path: Path):
    memory = tmp_path / "seen.copydesk"
    run(FEED.read_text("utf-8").splitlines()[:4], memory)
    other = DedupOptions(sample_rate=8)
    with (
        pytest.raises(WrongUseError, match=r"dedup\.sample_rate was 16 and is 8"),
        Memory(memory, other),
    ):
        pass


def test_a_memory_goes_on_in_another_folder_under_another_name_without_the_native_module(
    tmp_path: Path,
):
    lines = FEED.read_text("utf-8").splitlines()
    memory = tmp_path / "seen.copydesk"
    run(lines[:8], memory)
    elsewhere = tmp_path / "another host" / "kept"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(memory.read_bytes())
    here = run(lines[8:], memory)
    command = [sys.executable, "-m", "pipeline", "run", "in.jsonl", "--out", "there"]
    environ = os.environ | {"COPYDESK_NATIVE": "0"}
    subprocess.run([*command, "--memory", elsewhere], env=environ, check=True, capture_output=True)
    records = map(json.loads, Path("there/quality.jsonl").read_text("utf-8").splitlines())
    assert [(one["id"], one["verdict"], one["match"]) for one in records] == here


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"version": 99},
            r"a newer version of Copydesk, with format 99 and .*: begin a new memory",
        ),
        ({"scheme": "xxh99"}, r"another version of Copydesk, with .* fingerprints xxh99"),
        ({"topic": "dedup.index-0"}, r"it is the index of dedup.index-0, not of copydesk-memory"),
    ],
)
def test_a_memory_of_another_version_is_refused_with_the_reason(
    tmp_path: Path, changed: dict[str, Any], why: str
):
    memory = tmp_path / "seen.copydesk"
    run(FEED.read_text("utf-8").splitlines()[:4], memory)
    with zipfile.ZipFile(memory) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts[IDENTITY] = json.dumps(json.loads(parts[IDENTITY]) | changed).encode()
    with zipfile.ZipFile(memory, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    before = memory.read_bytes()
    with pytest.raises(WrongUseError, match=why), Memory(memory, OPTIONS):
        pass
    assert memory.read_bytes() == before


def test_a_machine_of_the_other_byte_order_is_refused_before_it_reads_or_writes_anything():
    script = "import sys; sys.byteorder = 'big'; import pipeline.dedup"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert "Copydesk works on little-endian machines only" in done.stderr


@pytest.mark.parametrize("damage", ["cut", "flipped", "no archive", "another archive"])
def test_a_damaged_memory_is_refused(tmp_path: Path, damage: str):
    memory = tmp_path / "seen.copydesk"
    run(FEED.read_text("utf-8").splitlines()[:8], memory)
    data = bytearray(memory.read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "flipped":
        data[len(data) // 3] ^= 0xFF
    elif damage == "no archive":
        data[:] = b"It rained.\n" * 20
    else:
        data[:] = b"PK\x05\x06" + bytes(18)
    memory.write_bytes(data)
    with pytest.raises(WrongUseError, match="seen"), Memory(memory, OPTIONS):
        pass
    assert memory.read_bytes() == data


def day_of_gazette(day: int, *, has_authors: bool = True) -> list[str]:
    return [
        json.dumps(
            {
                "headline": f"Ferry number {day}-{n} leaves the harbour",
                "text": f"Ferry {day}-{n} left for island {n * 7 + day}. "
                f"On board were {n + 30} people and {day + 3} dogs, said the captain.",
                "url": f"https://gazette.example/{day}/{n}",
                "author": "Ana Lima" if has_authors else None,
            }
        )
        for n in range(20)
    ]


def test_what_is_usual_for_a_source_is_known_from_earlier_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    memory = tmp_path / "seen.copydesk"
    for day in range(6):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_800_000_000 + day * 86_400))
        run(day_of_gazette(day, has_authors=day < 5), memory)
    (line, *_) = map(json.loads, Path("out/sources.jsonl").read_text("utf-8").splitlines())
    assert (line["window"], line["received"]) == ("run", 20)
    assert line["baseline"]["days"] == 5
    (signal,) = line["signals"]
    assert (signal["signal"], signal["what"]) == ("field-gone", "author")


def test_a_run_says_which_source_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    memory = tmp_path / "seen.copydesk"
    for day in range(6):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_800_000_000 + day * 86_400))
        Path("in.jsonl").write_text("\n".join(day_of_gazette(day, has_authors=day < 5)), "utf-8")
        done = CliRunner().invoke(app, ["run", "in.jsonl", "--out", "out", "--memory", str(memory)])
        assert ("Changed: gazette.example: field-gone" in done.output) == (day == 5), done.output


def test_a_month_of_runs_gives_what_one_run_gives_though_one_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pipeline.runners.memory._SEGMENT", 256)  # entries that leave together
    with gzip.open(data("ngr_stream.jsonl.gz"), "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    lines = [
        json.dumps({**record, "fetched": f"2026-11-{30 * at // len(records) + 1:02}T06:00:00Z"})
        for at, record in enumerate(records)
    ]
    Path("copydesk.yaml").write_text(
        "{parse: {arrival_field: fetched}, dedup: {window_days: 5, exact_window_days: 9}}", "utf-8"
    )
    config = ("--config", "copydesk.yaml")
    whole = run(lines, None, "out", *config)
    days = [[*day] for _, day in groupby(lines, lambda line: json.loads(line)["fetched"])]
    assert len(days) == 30
    memory = tmp_path / "seen.copydesk"
    results: list[Any] = []
    for number, day in enumerate(days):
        if number == len(days) // 2:
            killed_amid(20 * day, memory, *config)
        results += run(day, memory, "out", *config)
    assert results == whole
    with Memory(memory, DedupOptions(window_days=5, exact_window_days=9)) as kept:
        assert kept.index.oldest == "2026-11-21T06:00:00Z"  # nine days before the last arrival
    with zipfile.ZipFile(memory) as file:  # what left the windows left the file
        assert "00000000.entries" not in file.namelist()


def killed_amid(lines: list[str], memory: Path, *more: str) -> None:
    """A run that is killed as soon as it has written something."""
    Path("in.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    command = [sys.executable, "-m", "pipeline", "run", "in.jsonl", "--out", "killed", *more]
    before = memory.read_bytes()
    with subprocess.Popen([*command, "--memory", memory], stdout=subprocess.DEVNULL) as process:
        written = Path("killed/clean.jsonl")
        while not (written.exists() and written.stat().st_size) and process.poll() is None:
            time.sleep(0.005)
        assert process.poll() is None, "it was over before it could be killed"
        process.send_signal(signal.SIGKILL)
    assert memory.read_bytes() == before
