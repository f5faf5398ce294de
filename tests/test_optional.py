"""What a test does that lacks a part of the machine."""

import pytest
from support.optional import PARTS, VARIABLE, missing, required


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        ("", set()),
        ("broker", {"broker"}),
        (" broker, browser,", {"broker", "browser"}),
        ("all", set(PARTS)),
        ("all,data", set(PARTS)),
    ],
)
def test_the_variable_names_the_parts_that_are_required(
    named: str, wanted: set[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(VARIABLE, named)
    assert required() == wanted


def test_a_name_of_no_part_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "broker,brwoser")
    with pytest.raises(pytest.UsageError, match="names brwoser; it may name data, broker"):
        required()


def test_a_part_nobody_requires_skips_the_test_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv(VARIABLE, "data")
    with pytest.raises(pytest.skip.Exception, match="no browser here: install Chromium"):
        missing("browser", "no browser here")


def test_a_required_part_fails_the_test(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "browser")
    with pytest.raises(pytest.fail.Exception, match="no browser here: install Chromium"):
        missing("browser", "no browser here")
