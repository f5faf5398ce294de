"""The terminal shows what strangers wrote, and never obeys it."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.terminal import new_console, plain, plain_json
from pipeline.cli.worker import _Plainly
from pipeline.errors import WorkFailedError
from pipeline.runners.outputs import write_whole

CLI = Path(__file__).parents[1] / "pipeline" / "cli"
PAIRS = Path(__file__).parents[1] / "docs" / "pairs.jsonl"
HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b31m\x00\x08"
OURS = re.compile(r"\x1b\[[\d;]*m")  # colours, of which there is no harm
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@contextmanager
def terminal(
    folder: Path, *arguments: str, columns: int = 80, **environ: str
) -> Iterator[tuple[int, int]]:
    """Runs a command on a terminal: (what to read from, its process)."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns)} | environ,
    )
    os.close(follower)
    yield leader, process.pid
    process.wait()
    os.close(leader)


def on_a_terminal(folder: Path, *arguments: str, columns: int = 80, **environ: str) -> str:
    """What a command writes to a terminal."""
    with terminal(folder, *arguments, columns=columns, **environ) as (leader, _):
        return everything(leader).decode()


def everything(leader: int) -> bytes:
    written = b""
    while True:
        try:
            more = os.read(leader, 65_536)
        except OSError:  # Linux's way to say that nobody writes any more
            break
        if not more:
            break
        written += more
    return written


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with articles each of whose fields tries something."""
    record = {
        "id": f"id{HOSTILE}",
        "headline": f"Ferry stays {HOSTILE}",
        "text": f"The ferry stays until spring, {HOSTILE}.\n\nThe council said so on Monday.",
        "source": f"gazette{HOSTILE}",
        "url": f"https://gazette.example/{HOSTILE}",
        "author": f"Ana Lima {HOSTILE}",
        "language": f"en{HOSTILE}",
        "date": "03/04/2021",
    }
    letters = [{"colour": HOSTILE}, {"headline": HOSTILE, "text": 7}]
    lines = [json.dumps(one) for one in (record, *letters)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / f"in{HOSTILE.replace(chr(0), '')}.txt").write_text("It rains.", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "run in.jsonl --out out",
        "run in.jsonl --out out --json",
        "explain in.jsonl",
        "explain in.jsonl --json",
        "explain in.jsonl --record 3",
        "learn in.jsonl --out learned.yaml",
        "run FILE --out out",
        "explain FILE.gone",
    ],
)
def test_a_terminal_gets_no_control_character_of_an_article(hostile: Path, command: str):
    [path] = hostile.glob("in?*.txt")
    words = [word.replace("FILE", path.name) for word in command.split()]
    written = on_a_terminal(hostile, *words)
    assert written
    ours = re.sub(r"\x1b\[(?:\?25[lh]|\d*[AK]|2K)", "", OURS.sub("", written))  # and progress
    assert CONTROL.findall(ours) == []
    assert "\x1b[31mred" not in written  # this colour is not ours


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "run",
        "run in.jsonl --out out",
        "explain in.jsonl",
        "learn in.jsonl --out learned.yaml",
        "tune pairs.jsonl --out tuned.html",
        "doctor",
        "rules",
        "config show",
        "config check",
        "backtest - new.yaml in.jsonl --out backtest.html",
        # Nothing is at that address: what they say of it.
        "topics",
        "feed in.jsonl",
        "tail clean",
        "worker --role desk",
        "reindex",
        "dead-letters list",
        "dead-letters replay",
    ],
)
def test_nothing_is_cut_on_a_narrow_terminal_without_utf8_colours_or_a_home(
    command: str, tmp_path: Path
):
    body = "The ferry \N{EM DASH} the last one \N{EM DASH} stays until spring, they said. " * 4
    record = {"headline": "Ferry stays \N{WHITE SMILING FACE}", "text": body, "source": "Жизнь"}
    (tmp_path / "in.jsonl").write_text(json.dumps(record), "utf-8")
    (tmp_path / "pairs.jsonl").write_bytes(PAIRS.read_bytes())
    (tmp_path / "new.yaml").write_text("check: {limits: {brief: 3}}", "utf-8")
    odd = {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1", "HOME": "/dev/null/none"}
    odd["COPYDESK_KAFKA__BOOTSTRAP_SERVERS"] = "127.0.0.1:1"
    written = on_a_terminal(tmp_path, *command.split(), columns=40, **odd)
    assert "Traceback" not in written
    assert written.isascii()
    assert "\\u2026" not in written  # the ellipsis of a cell that was cut
    assert not re.search(r"\x1b\[(\d+;)*[349]\d", written)
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]|[^\n]*\r(?!\n)", "", written)
    if command in {"--help", "doctor", "rules"}:  # sentences wrap wherever the terminal ends
        assert max(map(len, shown.splitlines())) <= 40
    if command.startswith("explain"):
        assert "Ferry stays \\u263a" in written  # nothing is lost either


@pytest.mark.parametrize("path", ["gone/x", "file/x", "folder"])
def test_a_place_that_cannot_be_written_to_is_named(path: str, tmp_path: Path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(WorkFailedError, match=f"cannot write .*{path}: "):
        write_whole(tmp_path / path, b"")
    assert {one.name for one in tmp_path.iterdir()} == {"file", "folder"}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux counts a process's time")
def test_a_command_says_within_half_a_second_that_it_has_begun(tmp_path: Path):
    (tmp_path / "in.txt").write_text("Ferry stays\n\nThe ferry stays until spring.", "utf-8")
    with terminal(tmp_path, "run", "in.txt", "--out", "out") as (leader, process):
        first = os.read(leader, 1_000)
        facts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        seconds = (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")
        rest = everything(leader)
    assert first == b"copydesk run: starting"
    assert seconds < 0.5  # of the processor: a machine that is busy may take longer
    assert rest.startswith(b"\r" + b" " * len(first) + b"\r")


@given(st.text())
def test_what_is_shown_has_no_control_character_and_nothing_else_changes(text: str):
    shown = plain(text)
    assert not CONTROL.search(shown.replace("\r", ""))
    assert len(shown) == len(text)
    assert all(a == b or CONTROL.match(a) or a == "\r" for a, b in zip(text, shown, strict=True))


@given(st.text())
def test_json_means_the_same(text: str):
    written = json.dumps(text, ensure_ascii=False)
    assert json.loads(plain_json(written)) == text
    assert not CONTROL.search(plain_json(written))


def test_a_console_keeps_its_own_colours(capsys: pytest.CaptureFixture[str]):
    console = new_console()
    console.print("[bold]bold[/bold] \x1b[31m")
    assert capsys.readouterr().out == "bold \u241b[31m\n"


def test_the_log_shows_them_too():
    record = logging.LogRecord("copydesk", logging.INFO, "", 0, "id %s", ("\x1b[2J",), None)
    assert _Plainly("%(message)s").format(record) == "id \u241b[2J"


def test_commands_print_by_this_module_alone():
    for path in CLI.glob("*.py"):
        if path.name != "terminal.py":
            text = path.read_text("utf-8")
            used = re.findall(r"\btyper\.echo|\bConsole\(|(?<![\w.])print\(", text)
            allowed = ["typer.echo"] if path.name == "commands.py" else []  # the version
            assert used == allowed, path.name
