"""What each language file must know, by a file of cases of the same name in `cases/languages/`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.check.identify import KNOWN
from pipeline.testing import check_language, read_language_cases

FOLDER = Path(__file__).parent / "cases" / "languages"
CASES = {path.stem: read_language_cases(path) for path in sorted(FOLDER.glob("*.json"))}
PARTS = ("story", "goes", "stays", "stubs", "sections", "headlines")

language = pytest.mark.parametrize("language", CASES)


@language
def test_the_file_has_cases_of_each_part(language: str):
    assert all(getattr(CASES[language], part) for part in PARTS)


@language
def test_the_model_knows_the_language(language: str):
    assert language in KNOWN


@language
def test_the_cases_come_out_as_they_say(language: str):
    check_language(language, CASES[language])
