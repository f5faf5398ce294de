"""`copydesk run` as a user meets it: files in, a folder out, and all that can be wrong."""

import gzip
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
import pytest
import zstandard

from pipeline.article import Article, Quality
from pipeline.cli import main

DOORS = ("clean", "duplicates", "rejected", "dead-letter")
EXAMPLES = Path(__file__).parents[1] / "examples"
STORY = (
    "The mill at Ostwick will open again in spring, forty years after its wheel stopped turning. "
    "Volunteers have rebuilt the sluice and cleared eleven tonnes of mud from the race.\n\n"
    "The first flour is promised to the village school, which has asked for a class visit every "
    "week of the summer term. A café in the old granary is to follow next year."
)


def article(number: int, **fields: object) -> dict[str, object]:
    text = f"{STORY}\n\nReport number {number} from the mill was written by volunteer {number * 7}."
    return {
        "id": f"a{number}",
        "title": f"The mill of Ostwick, part {number}",
        "text": text,
    } | fields


def distinct(number: int) -> dict[str, object]:
    words = iter([f"word{number}x{place}" for place in range(80)])
    said = [f"The {one} of {next(words)} told {next(words)} about {next(words)}." for one in words]
    return {"id": f"d{number}", "title": f"Story {number} of many", "text": " ".join(said)}


def write_lines(path: Path, records: list[object]) -> Path:
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def results(folder: Path) -> dict[str, list[dict[str, object]]]:
    names = (*DOORS, "quality")
    return {
        name: [json.loads(line) for line in (folder / f"{name}.jsonl").read_bytes().splitlines()]
        for name in names
    }


def counts(folder: Path) -> list[int]:
    found = results(folder)
    return [len(found[door]) for door in DOORS]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1763800000")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipeline", *arguments]


def test_every_input_ends_in_exactly_one_file_and_has_one_quality_record():
    records = [
        distinct(1),
        distinct(1),
        {"id": "e", "title": "Only a title here", "text": ""},
        "{ broken",
    ]
    write_lines(Path("in.jsonl"), records)
    assert main(["run", "in.jsonl", "--out", "out"]) == 0
    assert counts(Path("out")) == [1, 1, 1, 1]
    places = [record["origin"] for record in results(Path("out"))["quality"]]
    assert places == [{"file": "in.jsonl", "line": line} for line in (1, 2, 3, 4)]


def test_records_are_well_formed_and_say_the_same_of_one_input():
    assert main(["run", str(EXAMPLES), "--out", "out"]) == 0
    found = results(Path("out"))
    accounts = {
        str(record["origin"]): msgspec.convert(record, Quality) for record in found["quality"]
    }
    assert len(accounts) == sum(counts(Path("out")))
    for door in DOORS[:3]:
        for record in found[door]:
            published = msgspec.convert(record, Article)
            assert published.quality is not None
            account = accounts[str(record["quality"]["origin"])]
            assert published.id == account.id
            assert published.quality.verdict == account.verdict
            assert set(published.quality.repairs) == {repair.rule for repair in account.repairs}


def test_jobs_change_no_byte(tmp_path: Path):
    records = [*map(article, range(40)), *map(distinct, range(200)), "{ broken", {"x": 1}]
    write_lines(Path("in.jsonl"), records)
    for jobs in ("1", "4"):
        done = subprocess.run(
            command("run", "in.jsonl", str(EXAMPLES), "--out", f"out{jobs}", "--jobs", jobs),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    for name in (*DOORS, "quality", "sources"):
        one, four = (tmp_path / f"out{jobs}" / f"{name}.jsonl" for jobs in "14")
        assert one.read_bytes() == four.read_bytes(), name


def test_its_own_output_run_again_changes_nothing():
    assert main(["run", str(EXAMPLES), "--out", "once"]) == 0
    assert main(["run", "once/clean.jsonl", "--out", "twice"]) == 0
    once, twice = results(Path("once")), results(Path("twice"))
    assert [record | {"quality": None} for record in once["clean"]] == [
        record | {"quality": None} for record in twice["clean"]
    ]
    assert all(record["repairs"] == [] for record in twice["quality"])


def test_an_article_sent_twice_is_an_exact_duplicate_the_second_time():
    write_lines(Path("in.jsonl"), [article(1), article(1)])
    assert main(["run", "in.jsonl", "--out", "out"]) == 0
    (copy,) = results(Path("out"))["duplicates"]
    assert copy["quality"]["match"]["kind"] == "exact"
    assert copy["quality"]["match"]["of"] == "a1"


def test_two_articles_under_one_id_are_both_kept():
    write_lines(Path("in.jsonl"), [distinct(1), distinct(2) | {"id": "d1"}])
    assert main(["run", "in.jsonl", "--out", "out"]) == 0
    assert counts(Path("out")) == [2, 0, 0, 0]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_packed_and_plain_files_give_the_same(suffix: str):
    data = "".join(json.dumps(distinct(number)) + "\n" for number in range(5)).encode()
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}[suffix]
    Path(f"in.jsonl{suffix}").write_bytes(pack(data))
    assert main(["run", f"in.jsonl{suffix}", "--out", "out"]) == 0
    assert counts(Path("out")) == [5, 0, 0, 0]


def test_standard_input_is_read_as_json_lines():
    lines = json.dumps(distinct(1)) + "\n" + json.dumps(distinct(2)) + "\n"
    done = subprocess.run(
        command("run", "-", "--out", "out", "--json"),
        input=lines.encode(),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["received"] == 2
    assert counts(Path("out")) == [2, 0, 0, 0]


BAD_LINES = {
    "half a line": '{"title": "A record cut off in the mid',
    "nested 10,000 deep": '{"text": "x", "deep": ' + "[" * 10_000 + "]" * 10_000 + "}",
    "not an object": "[1, 2, 3]",
    "no text field": '{"number": 1}',
    "text of a wrong type": '{"title": "A title of some words", "text": {"a": 1}}',
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_line_that_is_no_article_is_a_dead_letter_with_its_bytes_and_place(line: str):
    write_lines(Path("in.jsonl"), [distinct(1), line, distinct(2)])
    assert main(["run", "in.jsonl", "--out", "out"]) == 0
    assert counts(Path("out")) == [2, 0, 0, 1]
    (dead,) = results(Path("out"))["dead-letter"]
    assert dead["value"] == line
    assert dead["origin"] == {"file": "in.jsonl", "line": 2}
    assert dead["message"]


def test_nul_bytes_and_wrong_types_lose_no_article():
    records = [
        distinct(1) | {"text": "A\x00 sentence " * 30},
        distinct(2) | {"url": 17, "authors": {"a": 1}, "date": [2], "language": 9, "source": 3.5},
    ]
    write_lines(Path("in.jsonl"), records)
    assert main(["run", "in.jsonl", "--out", "out"]) == 0
    assert sum(counts(Path("out"))) == 2
    assert counts(Path("out"))[3] == 0


def test_a_line_of_50_mb_is_told_by_size_and_hash_and_the_next_one_is_read():
    with Path("in.jsonl").open("w", encoding="utf-8") as lines:
        lines.write('{"text": "' + "a" * 50_000_000 + '"}\n' + json.dumps(distinct(2)) + "\n")
    assert main(["run", "in.jsonl", "--out", "out"]) == 0
    assert counts(Path("out")) == [1, 0, 0, 1]
    (dead,) = results(Path("out"))["dead-letter"]
    assert (dead["reason"], dead["size"], dead["value"]) == ("too-large", 50_000_012, None)
    assert len(dead["sha256"]) == 64


def test_an_empty_file_of_lines_is_no_error():
    Path("in.jsonl").touch()
    assert main(["run", "in.jsonl", "--out", "out"]) == 0
    assert counts(Path("out")) == [0, 0, 0, 0]
    assert "<html" in Path("out/report.html").read_text(encoding="utf-8")


WRONG_USES = {
    "a path that is not there": (["run", "nowhere.jsonl", "--out", "out"], "nowhere.jsonl"),
    "a folder without articles": (["run", "empty", "--out", "out"], "no articles"),
    "a kind of file we do not know": (["run", "picture.png", "--out", "out"], "picture.png"),
    "an output folder that is a file": (["run", "in.jsonl", "--out", "picture.png"], "picture.png"),
    "its own output as input": (["run", "out/clean.jsonl", "--out", "out"], "overwritten"),
    "the folder of its output as input": (["run", ".", "--out", "out"], "overwritten"),
    "an unknown setting": (["run", "in.jsonl", "--out", "o", "--config", "bad.yaml"], "bad.yaml:2"),
    "limits that contradict": (
        ["run", "in.jsonl", "--out", "o", "--config", "odd.yaml"],
        "odd.yaml",
    ),
    "no jobs": (["run", "in.jsonl", "--out", "out", "--jobs", "0"], "jobs"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG_USES.values(), ids=WRONG_USES.keys())
def test_wrong_use_ends_with_2_and_says_what_and_where(
    arguments: list[str], told: str, capfd: pytest.CaptureFixture[str]
):
    write_lines(Path("in.jsonl"), [distinct(1)])
    Path("empty").mkdir()
    Path("out").mkdir()
    Path("out/clean.jsonl").touch()
    Path("picture.png").write_bytes(b"\x89PNG")
    Path("bad.yaml").write_text("check:\n  limts: {}\n", encoding="utf-8")
    Path("odd.yaml").write_text(
        "check:\n  limits: {long-words: 2.0, short-words: 5.0}\n", encoding="utf-8"
    )
    assert main(arguments) == 2
    shown = capfd.readouterr().err
    assert told in shown
    assert "Traceback" not in shown


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(capfd: pytest.CaptureFixture[str]):
    write_lines(Path("in.jsonl"), [distinct(1)]).chmod(0)
    assert main(["run", "in.jsonl", "--out", "out"]) == 2
    assert "in.jsonl: permission denied" in capfd.readouterr().err


def test_a_full_disk_ends_the_run_with_whole_lines_and_a_message():
    write_lines(Path("in.jsonl"), list(map(distinct, range(2_000))))
    limit = 1_500_000

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        command("run", "in.jsonl", "--out", "out"),
        preexec_fn=small_files,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    # Whichever file is full first: one of the results, or the index's entries.
    assert re.search(rb"cannot write out/|no room left for the index's entries: make", done.stderr)
    assert b"Traceback" not in done.stderr
    written = results(Path("out"))  # every line parses
    assert 0 < len(written["quality"]) < 2_000


def test_ctrl_c_leaves_whole_lines_and_a_report_of_what_was_done():
    with subprocess.Popen(
        command("run", "-", "--out", "out"), stdin=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        send(process.stdin, range(300))
        wait_for(Path("out/quality.jsonl"))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        send(process.stdin, range(300, 600))  # a run that waits for input stops at the next line
        assert process.wait(30) == 130
    written = results(Path("out"))
    assert 0 < len(written["quality"]) < 600
    assert len(written["quality"]) == sum(counts(Path("out")))
    assert "<html" in Path("out/report.html").read_text(encoding="utf-8")


def send(pipe: IO[bytes], numbers: Iterable[int]) -> None:
    with suppress(BrokenPipeError):
        for number in numbers:
            pipe.write(json.dumps(distinct(number)).encode() + b"\n")


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} was never made"
        time.sleep(0.05)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, which is Linux"
)
def test_memory_stays_flat_apart_from_the_index():
    rejected = json.dumps({"id": "x", "title": "Only a title here", "text": " " * 5_000}) + "\n"
    script = (
        "import re, sys; from pathlib import Path; from pipeline.cli import main;"
        "main(['run', 'in.jsonl', '--out', 'out', '--json']);"
        "status = Path('/proc/self/status').read_text();"
        "print(re.search(r'VmHWM:\\s+(\\d+)', status)[1], file=sys.stderr)"
    )
    peaks = []  # kB
    for count in (500, 20_000):
        with Path("in.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(rejected for _ in range(count))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] < 1.2 * peaks[0]


def test_what_comes_in_on_several_lines_leaves_on_one():
    tags = [{"name": "mill", "n": [1, {"x": "a\nb"}]}, []]
    records = [article(1, tags=tags), distinct(2) | {"tags": tags}]
    Path("a.json").write_text(json.dumps(records, indent=2), encoding="utf-8")
    assert main(["run", "a.json", "--out", "out"]) == 0
    first = results(Path("out"))["clean"]
    assert [article["extra"] for article in first] == [{"tags": tags}] * 2
    assert main(["run", "out/clean.jsonl", "--out", "again"]) == 0
    second = results(Path("again"))["clean"]
    for before, after in zip(first, second, strict=True):
        assert {**before, "quality": None} == {**after, "quality": None}
