"""What a command imports before it works: `--help` answers at once (docs/decisions/0010).

No test here takes the time, which a busy machine would fail; `python -m bench.start` does.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import typer

from pipeline.clean import learning
from pipeline.cli import app
from pipeline.cli.commands import LEAST, RoleName
from pipeline.cluster import Role

HELP = {
    "pipeline",
    "pipeline.cli",
    "pipeline.cli.commands",
    "pipeline.cli.starting",
    "pipeline.errors",
}

# Prints the names of the modules that the command has imported when it ends.
SCRIPT = """
import contextlib, io, json, sys
from pipeline.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
sys.exit(code)
"""


def imported(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def paths(command: typer.core.TyperCommand, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    return [path, *(one for name in below for one in paths(below[name], (*path, name)))]


def test_help_of_every_command_imports_nothing_of_ours_that_takes_time():
    commands = paths(typer.main.get_command(app))
    assert ("config", "show") in commands
    script = SCRIPT.replace(
        "main(sys.argv[1:])", "max(main([*path, '--help']) for path in json.loads(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(commands)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name for name in found if name.split(".")[0] == "pipeline"} <= HELP
    assert not {"msgspec", "numpy", "pydantic", "yaml"} & set(found)


def test_the_names_and_numbers_that_help_repeats_are_those_in_force():
    assert set(get_args(RoleName)) == set(Role)
    assert learning.LEAST == LEAST


# What most articles never need, by the command that could.
HEAVY = {
    "aiohttp", "aiokafka", "charset_normalizer", "concurrent.futures", "datasketch",
    "faust", "kafka", "multiprocessing", "numpy", "prometheus_client", "pyarrow", "requests",
    "scipy", "tldextract", "w3lib", "zstandard",
}  # fmt: skip


def test_a_run_imports_nothing_that_its_articles_do_not_need(tmp_path: Path):
    articles = tmp_path / "a.jsonl"
    articles.write_text('{"id": "1", "title": "The ferry moves", "text": "It leaves at nine."}\n')
    found = imported("run", str(articles), "--out", str(tmp_path / "out"))
    assert HEAVY & found == set()


def test_explaining_draws_no_page(tmp_path: Path):
    article = tmp_path / "a.txt"
    article.write_text("The ferry leaves from the old fish market.\n")
    assert (HEAVY | {"jinja2", "pipeline.report"}) & imported("explain", str(article)) == set()
