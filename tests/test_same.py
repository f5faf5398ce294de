"""The comparison of two versions' outputs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.same import FILES, compare

OLD_RUN, NEW_RUN = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


Record = dict[str, Any]
Write = Callable[..., Path]


def record(line: int, moment: str, **changes: Any) -> Record:
    return {
        "id": f"url-{line}",
        "origin": {"file": f"/somewhere/{moment}/set.jsonl.gz", "line": line},
        "reasons": [],
        "measures": {"words": 3.0, "age": 1.0},
        "ruleset": f"0.1.0+{moment}",
        "seenAt": moment,
        "processedAt": moment,
    } | changes


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(side: str, *records: Record) -> Path:
        folder = tmp_path / side
        folder.mkdir()
        for file in FILES:
            lines = records if file == "quality" else ()
            (folder / f"{file}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in lines))
        return folder

    return write


def test_times_of_the_run_its_ruleset_and_the_folder_of_the_data_do_not_count(write: Write):
    old = write("old", record(1, OLD_RUN), record(2, OLD_RUN))
    new = write("new", record(1, NEW_RUN), record(2, NEW_RUN))
    assert list(compare(old, new)) == []


def test_a_time_that_the_input_gave_counts(write: Write):
    old = write("old", record(1, OLD_RUN, seenAt="2025-01-01T00:00:00Z"))
    new = write("new", record(1, NEW_RUN, seenAt="2025-01-01T00:00:01Z"))
    assert [found.field for found in compare(old, new)] == ["seenAt"]


def test_the_innermost_field_is_named_with_both_values(write: Write):
    old = write("old", record(1, OLD_RUN, reasons=["brief"]))
    new = write("new", record(1, OLD_RUN, reasons=["too-short"]))
    (found,) = compare(old, new)
    assert found == ("quality", 1, "url-1", "reasons[0]", '"brief"', '"too-short"')


def test_a_missing_record_is_one_difference_and_the_rest_stays_in_step(write: Write):
    old = write("old", record(1, OLD_RUN), record(2, OLD_RUN), record(3, OLD_RUN))
    new = write("new", record(1, OLD_RUN), record(3, OLD_RUN), record(4, OLD_RUN))
    first, second = compare(old, new)
    assert (first.line, first.after) == (2, "(absent)")
    assert (second.line, second.before) == (4, "(absent)")


def test_long_texts_are_shown_where_they_part(write: Write):
    old = write("old", record(1, OLD_RUN, headline="a" * 500 + "b" + "c" * 500))
    new = write("new", record(1, OLD_RUN, headline="a" * 500 + "d" + "c" * 500))
    (found,) = compare(old, new)
    assert "ab" in found.before
    assert "ad" in found.after
    assert len(found.before) < 70


def test_a_whole_number_is_no_fraction(write: Write):
    old = write("old", record(1, OLD_RUN, measures={"words": 3}))
    new = write("new", record(1, OLD_RUN, measures={"words": 3.0}))
    (found,) = compare(old, new)
    assert (found.field, found.before, found.after) == ("measures.words", "3", "3.0")
