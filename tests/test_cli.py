import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from support.copies import story

from pipeline import cli
from pipeline.clean import REPAIRS
from pipeline.cli import main
from pipeline.errors import WorkFailedError, WrongUseError


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("COPYDESK_")]:
        monkeypatch.delenv(name)


def commands(group: object, name: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command by its words, e.g. ("config", "check")."""
    inner = getattr(group, "commands", None)
    if inner is None:
        return [name]
    return [found for word in inner for found in commands(inner[word], (*name, word))]


COMMANDS = commands(typer.main.get_command(cli.app))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_in_its_help(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
):
    assert main([*words, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Example: " in shown
    assert f"copydesk {' '.join(words)}" in shown.partition("Example: ")[2]


def test_settings_that_are_fine_are_called_fine(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out.startswith("Settings are fine: no file, 0 given, ruleset ")


def test_all_that_is_wrong_with_the_settings_goes_to_stderr_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "desk.yaml").write_text("clean:\n  disabld: []\nclaen: 1\n", encoding="utf-8")
    assert main(["config", "check", "--config", "desk.yaml"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("copydesk: the settings cannot be used:\n")
    assert (
        "  desk.yaml:2: clean.disabld: unknown setting; did you mean clean.disabled?\n" in shown.err
    )
    assert "  desk.yaml:3: claen: unknown setting; did you mean clean?\n" in shown.err


def test_a_settings_file_that_is_missing_ends_with_2(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "show", "--config", "nowhere.yaml"]) == 2
    assert "nowhere.yaml: cannot read the settings: No such file" in capsys.readouterr().err


def test_config_show_tells_where_each_value_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "copydesk.yaml").write_text("parse:\n  max_depth: 9\n", encoding="utf-8")
    monkeypatch.setenv("COPYDESK_PARSE__MAX_BYTES", "2048")
    assert main(["config", "show"]) == 0
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["setting"] == ["setting", "value", "from"]
    assert lines["parse.max_depth"] == ["parse.max_depth", "9", "config/copydesk.yaml:2"]
    assert lines["parse.max_bytes"][1:] == ["2048", "environment", "COPYDESK_PARSE__MAX_BYTES"]
    assert lines["clean.disabled"] == ["clean.disabled", "[]", "default"]


def test_config_show_prints_json_for_programs(capsys: pytest.CaptureFixture[str]):
    assert main(["config", "show", "--json"]) == 0
    facts = {fact["key"]: fact for fact in json.loads(capsys.readouterr().out)}
    assert facts["clean.disabled"] == {"key": "clean.disabled", "value": [], "origin": "default"}


def test_rules_lists_every_repair_once(capsys: pytest.CaptureFixture[str]):
    assert main(["rules", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    ids = [fact["id"] for fact in facts]
    assert len(set(ids)) == len(ids)
    assert [fact["id"] for fact in facts if fact["stage"] == "clean"] == [r.id for r in REPAIRS]
    assert all(fact["summary"] for fact in facts)
    assert main(["rules"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ids


@pytest.mark.parametrize(
    "arguments", [["frob"], ["config", "frob"], ["rules", "--frob"], ["config", "check", "extra"]]
)
def test_what_no_command_knows_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Usage: copydesk" in shown.err


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (WrongUseError("no such folder"), 2, "copydesk: no such folder\n"),
        (WorkFailedError("disk full"), 1, "copydesk: disk full\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_each_error_ends_with_its_code_and_without_a_traceback(
    error: BaseException,
    code: int,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.cli.rules.rule_facts", fail)
    assert main(["rules"]) == code
    assert capsys.readouterr().err == shown


def test_version_is_shown(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("copydesk 0.")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_error(unbuffered: str):
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pipeline.cli import main; sys.exit(main())",
            "rules",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_without_a_terminal_there_is_no_colour():
    shown = subprocess.run(
        [sys.executable, "-m", "pipeline", "config", "show"],
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        check=True,
    )
    assert b"\x1b" not in shown.stdout
    assert shown.stdout.startswith(b"setting ")


def test_explain_marks_what_is_new_beside_articles_that_came_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    text = story(1)
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    before.write_text(json.dumps({"id": "a", "title": "Bridge", "text": text}) + "\n")
    more = " ".join(f"word{number}" for number in range(30))
    after.write_text(json.dumps({"id": "b", "title": "Bridge", "text": f"{text} {more}."}) + "\n")
    assert main(["explain", str(after), "--after", str(before)]) == 0
    shown = capsys.readouterr().out
    assert "rewrite of a: 30 new words" in shown
    assert "word29" in shown
