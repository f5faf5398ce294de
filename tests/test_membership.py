"""A worker that dies is missed at once: the next one on its machine tells the group."""

from __future__ import annotations

import os
import time
from pathlib import Path

from support.streams import Pipeline, story

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from pipeline.runners.kafka.engine.membership import Membership

_SESSION = 40.0  # seconds


def noted(folder: Path, member: str, group: str = "desk") -> None:
    """A process that notes its membership, and dies."""
    child = os.fork()
    if not child:
        Membership(folder, group).note(member)
        os._exit(9)
    os.waitpid(child, 0)


def test_those_that_died_are_found_once(tmp_path: Path):
    noted(tmp_path, "one")
    noted(tmp_path, "two")
    assert sorted(Membership(tmp_path, "desk").dead()) == ["one", "two"]
    assert [*Membership(tmp_path, "desk").dead()] == []
    assert [*tmp_path.iterdir()] == []


def test_a_living_one_is_not_dead_and_has_one_note(tmp_path: Path):
    living = Membership(tmp_path, "desk")
    living.note("a long first id")
    living.note("another")
    [note] = tmp_path.iterdir()
    assert note.read_text() == "another"
    assert [*living.dead(), *Membership(tmp_path, "desk").dead()] == []


def test_each_group_has_its_own(tmp_path: Path):
    noted(tmp_path, "one", group="dedup")
    assert [*Membership(tmp_path, "desk").dead()] == []


def test_without_a_folder_nothing_is_noted(tmp_path: Path):
    nowhere = Membership(tmp_path / "nowhere", "desk")
    nowhere.note("one")
    assert [*nowhere.dead()] == []


def test_after_a_kill_the_next_worker_need_not_wait_for_the_session(
    kafka: KafkaOptions, tmp_path: Path
):
    environ = {
        "COPYDESK_KAFKA__SESSION_TIMEOUT": str(_SESSION),
        "COPYDESK_WORKER__STATE_FOLDER": str(tmp_path / "state"),
    }
    with Pipeline(kafka, tmp_path, environ=environ) as pipeline:
        pipeline.feed([story(1)])
        [worker] = pipeline.start(Role.DESK)
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 1)
        worker.kill()
        killed = time.monotonic()
        pipeline.feed([story(2)])
        pipeline.start(Role.DESK)
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 2)
        assert time.monotonic() - killed < _SESSION / 2
