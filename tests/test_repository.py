"""What must hold for the repository as a whole: nothing stale, nothing private, nothing heavy."""

import difflib
import re
import runpy
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from support.optional import missing

from pipeline.cli import app
from pipeline.cli.rules import rule_facts
from pipeline.settings import Settings
from pipeline.settings.describe import reference

ROOT = Path(__file__).parents[1]
MEGABYTE = 1_000_000
# Options that name an index, hosts that look like one's, and home folders.
PRIVATE = re.compile(
    rb"--(?:(?:extra-)?index-url|find-links)\b"
    rb"|\b(?:pypi|pythonhosted|registry|crates|maven|npmjs)(?:\.[\w-]+)*\.(?:org|io|com|net)\b"
    rb"|/root/\w|/(?:Users|home)/\w+/(?:\.\w|src|dev|code|work|projects?|repos?|Documents)"
)
# Names that modules share, each with the one thing that it means wherever it occurs.
SHARED_NAMES = {
    "options": "what can be set about a stage, beside the stage",
    "dedup": "the stage, and the role named after it",
    "sources": "the stage, and the role named after it",
    "backtest": "the package, and the command named after it",
    "tune": "the package, and the command named after it",
    "rules": "the rules of cleaning, and the command that lists all rules",
}


def of_this_machine() -> list[bytes]:
    """Folders of the machine that runs the test, unless their names are too common to tell."""
    folders = (ROOT, Path.home(), Path(sys.prefix))
    return [f"{folder}/".encode() for folder in folders if len(folder.parts) > 2]


def tracked() -> list[Path]:
    """The files of the repository: in git, or new and not ignored; all of a copy without git."""
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        missing("git", "only git can tell which files belong to the repository")
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def pages() -> Iterator[str]:
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        yield path.read_text(encoding="utf-8")


def command_lines(group: object, words: str = "copydesk") -> list[str]:
    inner = getattr(group, "commands", None)
    if inner is None:
        return [words]
    return [line for word in inner for line in command_lines(inner[word], f"{words} {word}")]


def test_the_generated_pages_are_fresh():
    fresh = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()
    stale = ""
    for path, text in fresh.items():
        there = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
        lines = difflib.unified_diff(
            there.splitlines(), text.splitlines(), f"{path} as it is", "as `make docs` writes it"
        )
        stale += "\n".join(lines)
    assert stale == ""


def test_no_file_names_a_registry_or_a_folder_of_a_machine():
    found = []
    for path in tracked():
        content = path.read_bytes()
        found += [(path.name, match[0]) for match in PRIVATE.finditer(content)]
        found += [(path.name, folder) for folder in of_this_machine() if folder in content]
    assert found == []


def test_no_two_modules_share_a_name():
    folders = defaultdict(list)
    for path in (ROOT / "pipeline").rglob("*.py"):
        if path.parent.name == "twins":  # each named after the C file whose twin it is
            continue
        named = path.parent if path.stem == "__init__" else path.with_suffix("")
        folders[named.name].append(str(named.relative_to(ROOT)))
    shared = {name: found for name, found in folders.items() if len(found) > 1}
    assert {name: shared[name] for name in sorted(shared.keys() - SHARED_NAMES.keys())} == {}
    assert SHARED_NAMES.keys() - shared.keys() == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "Makefile"])
def test_what_installs_names_no_address(name: str):
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_every_file_is_small():
    heavy = [f"{path.relative_to(ROOT)}" for path in tracked() if path.stat().st_size >= MEGABYTE]
    assert heavy == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pinned_package_has_a_hash(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    pinned = [part for part in re.split(r"(?m)^(?=[\w.-]+==)", text) if "==" in part]
    assert len(pinned) > 20
    assert [part.split()[0] for part in pinned if "--hash=sha256:" not in part] == []


def test_what_runs_is_pinned_alike_for_users_and_developers():
    users, developers = (
        set(re.findall(r"(?m)^([\w.-]+==[^\s;]+)", (ROOT / name).read_text(encoding="utf-8")))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert users - developers == set()


def test_every_setting_rule_and_command_is_in_the_docs():
    text = "\n".join(pages())
    names = [row.path for row in reference(Settings)] + [fact.id for fact in rule_facts()]
    missing = [name for name in names if f"`{name}`" not in text]
    missing += [line for line in command_lines(typer.main.get_command(app)) if line not in text]
    assert missing == []


def test_every_setting_says_what_it_is():
    assert [row.path for row in reference(Settings) if not row.description] == []


def test_bare_make_lists_every_target_with_what_it_does():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = dict(re.findall(r"(?m)^make (\w+)\s+(\S.*)$", shown))
    assert listed.keys() >= {"run", "test", "check", "bench", "fix", "docs", "lock", "clean"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"(?m)^\.PHONY: (.*)$", makefile)
    assert phony is not None
    assert set(phony[1].split()) == listed.keys()
