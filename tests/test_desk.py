"""The Python interface: `from pipeline import Desk`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import Desk, Outcome
from pipeline.errors import WrongUseError

ROOT = Path(__file__).parents[1]
STORY = (
    "The council agreed on Monday to repair the old bridge over the river before winter comes to "
    "the town. Work will begin in spring, said the mayor, who thanked the engineers."
)


def without_times(record: Any) -> Any:
    if isinstance(record, dict):
        timed = ("processedAt", "seenAt", "ofSeenAt", "origin")
        return {name: without_times(value) for name, value in record.items() if name not in timed}
    return [*map(without_times, record)] if isinstance(record, list) else record


def test_an_article_is_cleaned_as_a_run_cleans_it(tmp_path: Path):
    paths = [ROOT / "examples" / "05-feeds.jsonl"]
    command = [sys.executable, "-m", "pipeline", "run", *map(str, paths), "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    lines = paths[0].read_text("utf-8").splitlines()
    outcomes = [*Desk().run(lines)]
    for verdict, name in (("publish", "clean"), ("duplicate", "duplicates")):
        written = map(json.loads, (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines())
        ours = [one.as_dict() for one in outcomes if one.verdict == verdict]
        assert without_times(ours) == without_times([*written])


def test_mappings_text_and_bytes_are_articles():
    record = {"title": "Rain", "text": f"{STORY}\n\nShare this article"}
    desk = Desk()
    for form in (record, json.dumps(record), json.dumps(record).encode()):
        outcome = desk.clean(form)
        assert outcome.article is not None
        assert (outcome.article.headline, outcome.article.article_body) == ("Rain", STORY)
        assert [repair.rule for repair in outcome.quality.repairs] == ["drop_share_buttons"]
    plain = desk.clean(STORY)
    assert plain.article is not None
    assert plain.article.article_body == STORY


def test_values_that_json_does_not_know_are_read_too():
    moment = datetime(2024, 3, 1, 12, tzinfo=UTC)
    outcome = Desk().clean({"text": STORY, "date": moment, "path": Path("a/b"), 7: {8: Path("c")}})
    assert outcome.article is not None
    assert outcome.article.date_published == "2024-03-01T12:00:00Z"
    assert outcome.as_dict()["extra"] == {"path": "a/b", "7": {"8": "c"}}


def test_a_run_compares_with_what_came_before_and_clean_does_not():
    first, copy = ({"text": STORY, "url": f"https://{name}.example/1"} for name in "ab")
    desk = Desk()
    assert [one.verdict for one in desk.run([first, copy])] == ["publish", "duplicate"]
    assert [desk.clean(one).verdict for one in (first, copy)] == ["publish", "publish"]


def test_an_iterator_is_read_one_by_one():
    taken: list[int] = []

    def records() -> Iterator[str]:
        for number in range(3):
            taken.append(number)
            yield STORY

    outcomes = Desk().run(records())
    next(outcomes)
    assert taken == [0]


def circular() -> dict[str, Any]:
    record: dict[str, Any] = {"text": STORY}
    record["self"] = record
    return record


@pytest.mark.parametrize("bad", [None, 5, "", b"\xff\x00", [1], {}, {"a": 1}, circular()])
def test_what_is_no_article_is_an_outcome_that_says_why(bad: Any):
    outcome = Desk().clean(bad)
    assert (outcome.verdict, outcome.article, outcome.as_dict()) == ("dead-letter", None, {})
    assert outcome.message
    assert outcome.quality.reasons


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON | st.binary())
def test_no_record_raises(given: Any):
    assert isinstance(Desk().clean(given), Outcome)


def test_settings_are_a_file_or_a_mapping(tmp_path: Path):
    changed = {"clean": {"disabled": ["drop_share_buttons"]}}
    file = tmp_path / "copydesk.yaml"
    file.write_text("clean:\n  disabled: [drop_share_buttons]\n")
    desks = [Desk(changed), Desk(file), Desk(str(file))]
    for desk in desks:
        outcome = desk.clean(f"{STORY}\n\nShare this article")
        assert outcome.article is not None
        assert outcome.article.article_body.endswith("Share this article")
    assert {desk.ruleset for desk in desks} == {desks[0].ruleset} != {Desk().ruleset}
    with pytest.raises(WrongUseError, match="nope: unknown setting"):
        Desk({"check": {"nope": 1}})


def test_a_notebook_shows_each_edit():
    outcome = Desk().clean({"title": "Rain & <wind>", "text": f"<p>{STORY}</p>"})
    page = outcome._repr_html_()
    assert "Rain &amp; &lt;wind&gt;" in page
    assert "strip_tags" in page
    assert "&lt;p&gt;</del>" in page
    refused = Desk().clean("{broken")._repr_html_()
    assert "<p>" in refused
