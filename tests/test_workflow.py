"""GitHub's workflow cannot run here; what it says is at least true of this repository."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.optional import PARTS

ROOT = Path(__file__).parents[1]
FILE = ROOT / ".github" / "workflows" / "check.yml"
TEXT = FILE.read_text(encoding="utf-8")
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["jobs"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"(?m)^([a-z]+):", MAKEFILE))
PACKAGES = re.compile(r"sudo apt-get update -qq && sudo apt-get install -qq -y [\w -]+")


def steps(key: str) -> Iterator[str]:
    for job in JOBS.values():
        yield from (step[key] for step in job["steps"] if key in step)


@pytest.mark.parametrize("command", sorted(set(steps("run"))))
def test_every_command_is_a_target_of_the_makefile_or_a_package(command: str):
    words = command.split()
    target = words[1] if words[0] == "make" else None
    assert target in TARGETS or PACKAGES.fullmatch(command)


@pytest.mark.parametrize("action", sorted(set(steps("uses"))))
def test_every_action_is_an_official_one_pinned_to_a_commit(action: str):
    assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)
    assert re.search(rf"{action} # v\d+\.\d+\.\d+\n", TEXT)


def test_it_runs_on_every_python_that_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    prefix = "Programming Language :: Python :: "
    named = [one.removeprefix(prefix) for one in project["classifiers"] if one.startswith(prefix)]
    assert JOBS["check"]["strategy"]["matrix"]["python"] == named


def test_what_it_requires_are_optional_parts_and_never_the_data():
    for include in JOBS["check"]["strategy"]["matrix"]["include"]:
        required = set(include["requires"].split(","))
        assert required <= PARTS.keys() - {"data"}
        linux_only = {"broker", "browser", "promtool"}
        assert (required >= linux_only) == include["os"].startswith("ubuntu")


def test_the_twins_run_without_the_native_module():
    assert JOBS["twins"]["env"] == {"COPYDESK_NATIVE": "0"}


def test_it_may_only_read_and_names_no_address():
    assert yaml.safe_load(TEXT)["permissions"] == {"contents": "read"}
    assert "://" not in TEXT
