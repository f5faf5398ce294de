"""What earlier versions wrote is read by this one, or refused with what to do.

`upgrades/DAY` holds the records and the index that the version of a day made of
`upgrades/input.jsonl`: in the morning the last one of the earlier scheme of fingerprints, in the
evening one of today's.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import msgspec
import pytest

from pipeline.article import Arrival, Article, Origin, Outcome, Prepared, Quality
from pipeline.cluster import KafkaOptions
from pipeline.dedup import CompactIndex, HeldEntry, Index, entry_of
from pipeline.flow import Stages, decide, is_remembered, prepare
from pipeline.runners.journal import Journal
from pipeline.runners.kafka.engine.changelog import Changelog

HERE = Path(__file__).parent / "upgrades"
DAYS = "2026-11-30-morning", "2026-11-30-evening"
INPUTS = (HERE / "input.jsonl").read_bytes().splitlines()
STAGES = Stages()


def lines(day: str, name: str) -> list[bytes]:
    return (HERE / day / f"{name}.jsonl").read_bytes().splitlines()


def given(value: bytes, number: int, hour: int = 10) -> Prepared:
    origin = Origin(topic="articles.raw", partition=0, offset=number)
    found = prepare(value, Arrival(origin, f"2026-11-20T{hour}:{number:02}:00Z"), STAGES)
    assert isinstance(found, Prepared)
    return found


def verdicts(index: Index) -> list[Outcome]:
    """What becomes of the inputs where they come again an hour later, from other addresses."""
    found = []
    for number, value in enumerate(INPUTS):
        fields = msgspec.json.decode(value) | {"url": f"https://again.example/{number}"}
        one = given(msgspec.json.encode(fields), 100 + number % 50, 11)
        found.append(decide(one, index.neighbours(one), STAGES))
    return found


def of_old(day: str) -> Index:
    """An index from the records of its topic."""
    index, log = CompactIndex(), Changelog(KafkaOptions(), 0)
    for number, value in enumerate(lines(day, "index")):
        _, held = log.parse(str(number).encode(), value, number)
        assert isinstance(held, HeldEntry)
        index.restore(held)
    return index


def of_today() -> Index:
    index = CompactIndex()
    for number, value in enumerate(INPUTS):
        one = given(value, number)
        outcome = decide(one, index.neighbours(one), STAGES)
        if is_remembered(outcome):
            index.add(entry_of(one, outcome.quality.match))
    return index


@pytest.mark.parametrize("day", DAYS)
def test_records_of_earlier_versions_are_read(day: str):
    for name, kind in (("clean", Article), ("quality", Quality), ("prepared", Prepared)):
        read = [msgspec.json.decode(line, type=kind) for line in lines(day, name)]
        assert len(read) == len(INPUTS), name


@pytest.mark.parametrize("day", DAYS)
def test_an_index_of_earlier_versions_gives_the_same_verdicts(day: str):
    before, now = (
        [(one.quality.verdict, one.quality.reasons, one.quality.match) for one in verdicts(index)]
        for index in (of_old(day), of_today())
    )
    assert before == now
    assert {verdict for verdict, *_ in now} == {"duplicate"}


def recovered(day: str, folder: Path) -> Journal:
    shutil.copytree(HERE / day / "journal", folder)
    return Journal(folder, "dedup.index", STAGES.dedup)


@pytest.mark.parametrize("day", DAYS)
def test_a_journal_of_an_earlier_format_gives_way_to_the_topic(
    day: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    journal = recovered(day, tmp_path / "journal")
    with caplog.at_level(logging.WARNING):
        assert journal.recover() == 0
    assert len(journal.index) == 0
    assert "the index is read from its topic" in caplog.text
    journal.close()
    again = Journal(tmp_path / "journal", "dedup.index", STAGES.dedup)
    assert again.load() == 0  # the folder is one of today's
    again.close()
