"""When an input arrived: as its envelope says, or by the field that was named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.article import Arrival, Origin, Prepared
from pipeline.cli import main
from pipeline.flow import Stages, prepare
from pipeline.parse import ParseOptions

ARRIVAL = Arrival(Origin(file="day.jsonl", line=1), "2026-11-22T19:03:00Z")
BODY = "The ferry of Skarn sailed at noon with sixty passengers and a brass bell on board."


def seen_at(fetched: object, field: str | None = "fetched") -> str:
    value = json.dumps({"headline": "Ferry sails", "text": BODY, "fetched": fetched}).encode()
    prepared = prepare(value, ARRIVAL, Stages(parse=ParseOptions(arrival_field=field)))
    assert isinstance(prepared, Prepared)
    return prepared.quality.seen_at


@pytest.mark.parametrize(
    ("fetched", "told"),
    [
        ("2026-11-01T06:30:00Z", "2026-11-01T06:30:00Z"),
        ("2026-11-01T06:30:00+02:00", "2026-11-01T04:30:00Z"),
        ("2026-11-01 06:30", "2026-11-01T06:30:00Z"),
        ("2026-11-01", "2026-11-01T00:00:00Z"),
    ],
)
def test_the_named_field_says_when_it_arrived(fetched: str, told: str):
    assert seen_at(fetched) == told


@pytest.mark.parametrize(
    "fetched",
    ["2031-01-01T00:00:00Z", "yesterday", "", 1_700_000_000, None, "9999-12-31T23:59-14:00"],
)
def test_what_is_no_time_or_lies_ahead_changes_nothing(fetched: object):
    assert seen_at(fetched) == ARRIVAL.seen_at


def test_without_the_setting_no_field_is_believed():
    assert seen_at("2026-11-01T06:30:00Z", field=None) == ARRIVAL.seen_at


def test_a_file_of_many_days_is_told_day_by_day_with_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    given, out = tmp_path / "given.jsonl", tmp_path / "out"
    lines = [
        {
            "headline": "" if day > 10 else f"Story {day} {number}",
            "text": " ".join(f"{BODY} {word}{day}x{number}." for word in ("oak", "elm", "ash")),
            "source": "Harbour Post",
            "fetched": f"2026-10-{day:02}T{8 + number:02}:00:00Z",
        }
        for day in range(1, 13)
        for number in range(8)
    ]
    given.write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.setenv("COPYDESK_PARSE__ARRIVAL_FIELD", "fetched")
    assert main(["run", str(given), "--out", str(out)]) == 0
    run, *days = map(json.loads, (out / "sources.jsonl").read_text().splitlines())
    assert (run["window"], run["received"], len(days)) == ("run", 96, 12)
    assert [day["start"][:10] for day in days] == [f"2026-10-{day:02}" for day in range(1, 13)]
    assert sum(day["received"] for day in days) == 96
    [gone] = [signal for signal in run["signals"] if signal["signal"] == "field-gone"]
    assert (gone["what"], gone["since"][:10]) == ("headline", "2026-10-11")
    assert run["baseline"]["fields"]["headline"] == 1.0


def test_copies_in_a_file_of_many_days_are_found_within_their_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """An article word for word as before, and as its near copy, so many days later."""
    given, out = tmp_path / "given.jsonl", tmp_path / "out"
    text = (
        f"{BODY} The council had agreed on Monday that she may go twice a day until the old bridge "
        "over the river is repaired, which the engineers want to do before winter comes."
    )
    lines = [
        {"headline": "Ferry sails", "text": words, "fetched": f"{day}T08:00:00Z"}
        for day, words in (
            ("2026-01-01", text),
            ("2026-01-09", text.replace("a brass", "its brass")),  # near, within 10 days
            ("2026-01-25", text.replace("a brass", "one brass")),  # no longer compared
            ("2026-02-14", text.replace("a brass", "one brass")),  # exact, within 20 days
            ("2026-03-20", text),  # forgotten
        )
    ]
    given.write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.setenv("COPYDESK_PARSE__ARRIVAL_FIELD", "fetched")
    monkeypatch.setenv("COPYDESK_DEDUP__WINDOW_DAYS", "10")
    monkeypatch.setenv("COPYDESK_DEDUP__EXACT_WINDOW_DAYS", "20")
    assert main(["run", str(given), "--out", str(out)]) == 0
    verdicts = [json.loads(line)["verdict"] for line in (out / "quality.jsonl").open()]
    assert verdicts == ["publish", "duplicate", "publish", "duplicate", "publish"]
