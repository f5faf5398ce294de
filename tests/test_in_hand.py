"""An article that kills or hangs its worker goes to the dead letters, and the others go on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.deadly_worker import CRASH, HANG
from support.streams import ROOT, Pipeline, story

from pipeline.cluster import KafkaOptions, WorkerOptions
from pipeline.errors import WorkFailedError
from pipeline.routing import Role
from pipeline.runners.kafka.engine.in_hand import InHand
from pipeline.runners.kafka.engine.messages import Received
from pipeline.runners.kafka.roles.process import _in_hand
from pipeline.settings import Settings


def records(*offsets: int, partition: int = 0) -> list[Received]:
    return [Received("raw", partition, one, 0, None, b"", []) for one in offsets]


def deaths(folder: Path, *portions: Sequence[Received]) -> None:
    """A process that dies with each of these in hand, one after the other."""
    for portion in portions:
        child = os.fork()
        if not child:
            with InHand(folder, "desk", 60).holding(portion):
                os._exit(9)
        os.waitpid(child, 0)


def next_process(folder: Path) -> InHand:
    """What the next process finds; it ends at once, and frees its note."""
    found = InHand(folder, "desk", 60)
    os.close(found._file)
    return found


def portions(in_hand: InHand, batch: list[Received]) -> list[list[int]]:
    return [[one.offset for one in portion] for portion in in_hand.portions(batch)]


def test_after_a_clean_end_all_are_handled_together(tmp_path: Path):
    in_hand = InHand(tmp_path, "desk", 60)
    with in_hand.holding(records(1, 2, 3)):
        pass
    os.close(in_hand._file)
    assert portions(next_process(tmp_path), records(1, 2, 3)) == [[1, 2, 3]]


def test_an_error_is_no_death(tmp_path: Path):
    in_hand = InHand(tmp_path, "desk", 60)
    for _ in range(2):
        with pytest.raises(ValueError, match="bug"), in_hand.holding(records(1)):
            raise ValueError("bug")
    os.close(in_hand._file)
    assert not next_process(tmp_path).is_condemned(records(1))


def test_a_folder_that_cannot_be_written_is_named_with_the_setting(tmp_path: Path):
    (tmp_path / "file").touch()
    state = str(tmp_path / "file" / "state")
    settings = replace(Settings(), worker=replace(WorkerOptions(), state_folder=state))
    with pytest.raises(
        WorkFailedError, match=r"state: Not a directory; .* set worker.state_folder"
    ):
        _in_hand(settings, Role.DESK)


def test_after_a_death_those_in_hand_are_handled_one_by_one(tmp_path: Path):
    deaths(tmp_path, records(4, 5, 6))
    in_hand = next_process(tmp_path)
    assert portions(in_hand, records(3, 4, 5)) == [[3], [4], [5]]
    assert portions(in_hand, records(7, 8)) == [[7, 8]]
    assert portions(in_hand, records(4, 5, partition=1)) == [[4, 5]]
    assert not any(map(in_hand.is_condemned, in_hand.portions(records(4, 5, 6))))


def test_a_record_is_condemned_after_two_deaths_alone(tmp_path: Path):
    deaths(tmp_path, records(4, 5, 6), records(5))
    assert not next_process(tmp_path).is_condemned(records(5))
    deaths(tmp_path, records(5))
    in_hand = next_process(tmp_path)
    assert in_hand.is_condemned(records(5))
    assert not in_hand.is_condemned(records(6))
    assert not in_hand.is_condemned(records(5, partition=1))


def test_a_start_that_handles_nothing_counts_no_death(tmp_path: Path):
    deaths(tmp_path, records(5))
    for _ in range(3):
        child = os.fork()
        if not child:
            InHand(tmp_path, "desk", 60)
            os._exit(0)
        os.waitpid(child, 0)
    assert not next_process(tmp_path).is_condemned(records(5))


def test_two_living_workers_have_a_note_each(tmp_path: Path):
    one, other = InHand(tmp_path, "desk", 60), InHand(tmp_path, "desk", 60)
    with one.holding(records(1)), other.holding(records(2)):
        assert len([*tmp_path.iterdir()]) == 2


def test_half_a_note_is_none(tmp_path: Path):
    (tmp_path / "desk-0.in-hand").write_bytes(b'{"topic": "raw", "parti')
    assert portions(next_process(tmp_path), records(1, 2)) == [[1, 2]]


@pytest.mark.parametrize(("what", "deadline"), [(CRASH, "60"), (HANG, "1.5")])
def test_a_deadly_article_is_a_dead_letter_and_the_others_come_out_once(
    kafka: KafkaOptions, tmp_path: Path, what: str, deadline: str
):
    deadly = json.dumps({"headline": "Deadly", "articleBody": f"This article {what}."}).encode()
    given = [*map(story, range(20)), deadly, *map(story, range(20, 40))]
    environ = {
        "COPYDESK_WORKER__STATE_FOLDER": str(tmp_path / "state"),
        "COPYDESK_WORKER__DEADLINE": deadline,
        "PYTHONPATH": str(ROOT / "tests"),
    }
    with Pipeline(kafka, tmp_path, environ=environ) as pipeline:
        pipeline.feed(given)
        # All roles under their supervisor, which starts those again that die.
        command = [sys.executable, "-m", "support.deadly_worker", "worker"]
        pipeline.start_all(command)
        pipeline.read.outcomes(len(given))
        assert len(pipeline.read["clean"]) == 40
        assert len({one.key for one in pipeline.read["clean"]}) == 40
        [letter] = pipeline.read["dead_letter"]
        assert letter.value == deadly
        headers = dict(letter.headers)
        assert headers["__connect.errors.exception.class.name"] == b"deadly"
        assert headers["__connect.errors.stage"] == Role.DESK.encode()
        assert b"replay it" in headers["__connect.errors.exception.message"]
