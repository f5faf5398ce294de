"""The rules of the Gazette keep the laws of Copydesk's rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from riverside.rules import CHECKS, REPAIRS, exclamations

from pipeline.check import Subject
from pipeline.testing import (
    Case,
    check_case,
    check_language,
    check_language_files,
    check_laws,
    drafts_of,
    read_cases,
    read_language_cases,
)

HERE = Path(__file__).parent
LANGUAGES = HERE.parent / "languages"
CASES = read_cases(HERE / "cases.toml")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check_case(case, REPAIRS)


def test_the_rules_keep_the_laws() -> None:
    for draft, context in drafts_of(CASES):
        check_laws(REPAIRS, draft, context)


def test_the_language_files_can_be_read() -> None:
    check_language_files(LANGUAGES, [limit.rule for check in CHECKS for limit in check.limits])


def test_interlingua_is_known() -> None:
    check_language("ia", read_language_cases(HERE / "ia.toml"), LANGUAGES)


def test_marks_are_counted_for_each_hundred_words() -> None:
    assert exclamations(Subject(body="Stop the ferry! Now!")) == 50
    assert exclamations(Subject(body="")) is None
