"""The examples of the docs run, and what they quote is in the repository."""

import doctest
import importlib
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.article import Draft
from pipeline.clean import REPAIRS, Context, repair

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
FIRST_REPAIR = ROOT / "docs" / "first-repair.md"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks of a page that are marked as of a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sessions_with_python_give_what_the_page_shows(page: Path):
    options = doctest.ELLIPSIS | doctest.REPORT_ONLY_FIRST_FAILURE
    assert doctest.testfile(str(page), module_relative=False, optionflags=options).failed == 0


def test_a_page_has_a_session_with_python():
    assert sum(">>> " in page.read_text(encoding="utf-8") for page in PAGES) > 0


@pytest.mark.parametrize("text", blocks(FIRST_REPAIR, "json"))
def test_the_cases_of_the_first_repair_are_among_the_cases(text: str):
    files = (ROOT / "tests" / "cases").glob("*.json")
    every = [case for path in files for case in json.loads(path.read_text("utf-8"))]
    assert json.loads(text) in every


@pytest.mark.parametrize("text", blocks(FIRST_REPAIR, "toml"))
def test_the_words_of_the_first_repair_are_in_the_language_file(text: str):
    language = tomllib.loads((ROOT / "pipeline/languages/sv.toml").read_text("utf-8"))
    assert is_part_of(tomllib.loads(text), language)


def is_part_of(part: Any, whole: Any) -> bool:
    """Whether each value of `part` is at the same place in `whole`, lists among others."""
    if isinstance(part, dict):
        return all(name in whole and is_part_of(part[name], whole[name]) for name in part)
    return set(part) <= set(whole) if isinstance(part, list) else bool(part == whole)


def test_every_link_between_pages_leads_somewhere():
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert [link for link in links if not (link[0].parent / link[1]).exists()] == []


def test_every_file_of_the_code_that_a_page_names_exists():
    path = re.compile(r"\b(?:pipeline|tests|bench|deploy|config)/[\w/.-]*\w")
    named = {
        (page.name, found) for page in PAGES for found in path.findall(page.read_text("utf-8"))
    }
    found = [(page, name) for page, name in named if (ROOT / name.replace("xx.", "ca.")).exists()]
    assert sorted(named - set(found)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_imports_can_be_imported(page: Path):
    for code in blocks(page, "python"):
        for line in re.findall(r"(?m)^(?:from|import) .+$", code):
            exec(line, {})  # noqa: S102 - our own page


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"(?m)^([a-z]+):", MAKEFILE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for code in re.findall(r"`make ([a-z ]+?)`", text) + re.findall(
            r"(?m)^make ([a-z ]+?)\s*(?:#.*)?$", text
        ):
            assert set(code.split()) <= targets, (page.name, code)


RULE_OF = {rule.find: rule for rule in REPAIRS}


def after(find: Callable[..., Any], **given: str) -> Any:
    """The body after one repair, or all texts that it changed where these are others."""
    draft = Draft(**given)
    done, _ = repair(draft, Context(), [RULE_OF[find]])
    changed = {
        name: getattr(done, name)
        for name in Draft.__struct_fields__
        if getattr(done, name) != getattr(draft, name)
    }
    return done.body if changed.keys() <= {"body"} else changed


MODULES = [
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for path in sorted((ROOT / "pipeline").rglob("*.py"))
    if "\n    >>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_run(module: str):
    found = doctest.testmod(
        importlib.import_module(module.removesuffix(".__init__")), extraglobs={"after": after}
    )
    assert found.attempted > 0
    assert found.failed == 0


def test_every_test_that_the_page_about_security_names_exists():
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", page)
    assert len(named) > 15
    for file, name in named:
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert not name or re.search(rf"(?m)^(?:async )?def {name}\(", text), (file, name)
