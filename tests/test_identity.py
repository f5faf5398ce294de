"""The hash over the rules: every change of a rule changes it, and nothing else does."""

import gc
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.identity import KEPT, NO_RULES, PACKAGE, normal_form, rule_files, rules_hash

Edit = Callable[[str, str, str], str]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Replaces the first match of a pattern in a file of a copy of the package; the new hash."""
    # What another test left may log a traceback when it is collected, and CPython 3.11 parses lines
    # for that, which must not happen while it parses a file of ours.
    gc.collect()
    copy = tmp_path / "pipeline"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so"))

    def edit(name: str, pattern: str, replacement: str) -> str:
        content, count = re.subn(pattern, replacement, (copy / name).read_text("utf-8"), count=1)
        assert count == 1, f"{name} holds no {pattern}"
        (copy / name).write_text(content, "utf-8")
        rules_hash.cache_clear()
        return rules_hash(copy)

    return edit


CODE = "from __future__ import annotations\n"


@pytest.mark.parametrize(
    ("name", "pattern", "replacement"),
    [
        ("languages/en.toml", r"(?m)^(\w+ = \[)", r'\1"quite another phrase", '),
        ("check/limits.py", r"(=\s*)(\d)", r"\g<1>1\2"),
        ("dedup/options.py", r"(=\s*)(\d)", r"\g<1>1\2"),
        ("url.py", "4096", "4097"),
        ("native/src/module.c", "return Py", "return 0 + Py"),
        ("clean/__init__.py", CODE, f"{CODE}X = 1\n"),
        ("flow.py", CODE, f"{CODE}X = 1\n"),
        ("parse/fields.py", CODE, f"{CODE}X = 1\n"),
        ("text.py", CODE, f"{CODE}X = 1\n"),
    ],
)
def test_a_phrase_a_number_or_code_changes_it(
    edited: Edit, name: str, pattern: str, replacement: str
):
    assert edited(name, pattern, replacement) != rules_hash()


@pytest.mark.parametrize(
    ("name", "pattern", "replacement"),
    [
        ("flow.py", r'"""The ', '"""The long, long '),
        ("flow.py", r'"""Parses', '"""Always parses'),
        ("flow.py", CODE, f"# A remark.\n\n\n{CODE}"),
        ("flow.py", r"\(\n    inputs", "(inputs"),
        ("languages/en.toml", r"(?m)^(\w+ = \[)", "# A remark.\n\n\\1\n"),
        ("native/src/module.c", r"(?m)^#include", "/* A remark. */\n\n#include"),
        ("native/src/module.c", r"(\w)\(", r"\1 ( // A remark.\n"),
    ],
)
def test_remarks_docstrings_and_layout_do_not(
    edited: Edit, name: str, pattern: str, replacement: str
):
    assert edited(name, pattern, replacement) == rules_hash()


def test_what_keeps_and_transports_articles_does_not_count():
    names = {file.name for file in rule_files()}
    assert not {"memo.py", "native/build.py", "cli/run.py", "runners/files.py"} & names
    assert all(file.path.suffix != ".so" for file in rule_files())


def test_what_is_named_as_no_rule_is_there():
    assert {name for name in NO_RULES if not (PACKAGE / name).exists()} == set()


def test_the_models_of_languages_and_of_lines_count():
    *_, languages, lines = rule_files()
    assert languages.name == "model"
    assert languages.path.stat().st_size > 500_000
    assert lines.name == "lines"
    assert lines.path.stat().st_size < 2_000_000


def test_the_kept_hash_is_of_the_present_files(edited: Edit, tmp_path: Path):
    first = edited("flow.py", CODE, f"{CODE}X = 1\n")
    kept = tmp_path / "pipeline" / KEPT
    assert kept.read_text("ascii").endswith(f" {first}\n")
    kept.write_text(kept.read_text("ascii").replace(first, "0" * 16), "ascii")
    assert edited("flow.py", "X = 1", "X = 1") == "0" * 16  # it is read, not computed
    assert edited("flow.py", "X = 1", "X = 2") not in {first, "0" * 16}


def test_a_folder_that_cannot_be_written_gives_the_same(edited: Edit, tmp_path: Path):
    (tmp_path / "pipeline" / KEPT).unlink(missing_ok=True)
    (tmp_path / "pipeline" / KEPT).mkdir()  # nobody can write to it, nor read from it
    assert edited("flow.py", CODE, CODE) == rules_hash()


def test_texts_with_comment_signs_are_no_comments():
    assert normal_form(".c", b'a = "/* b */ // c"; // d') != normal_form(".c", b'a = "";')
    assert normal_form(".c", b"a = '\"'; /* b */ c") == normal_form(".c", b"a='\"';c")
    assert normal_form(".py", b"a = '# b'  # c") == normal_form(".py", b'a="# b"')
    assert normal_form(".py", b"a = '# b'") != normal_form(".py", b"a = '# c'")
