"""A dedup worker that keeps its index beside the topic: sooner ready, the same decisions."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
import urllib.request
from pathlib import Path

from support.large_index import entries, write_entries
from support.streams import Pipeline, health_address, is_ready, story

from pipeline.cluster import KafkaOptions
from pipeline.dedup import DedupOptions
from pipeline.routing import Role, Topic
from pipeline.runners.journal import Journal

COUNT, KNOWN = 60_000, 12_345


def start_and_wait(pipeline: Pipeline, folder: Path) -> None:
    """Start a dedup worker and wait until it decides. All it told is in its log."""
    started = time.monotonic()
    number = len(pipeline.workers)
    [worker] = pipeline.start(Role.DEDUP)
    address = health_address(folder / f"dedup-{number}.log", worker)
    while not is_ready(address):
        assert worker.poll() is None, pipeline.logs()
        assert time.monotonic() - started < 120, "not ready within 120 s"
        time.sleep(0.05)
    metrics = urllib.request.urlopen(f"{address}/metrics", timeout=10).read().decode()
    assert f"copydesk_index_articles {COUNT:.1f}" in metrics


def test_a_restart_takes_up_its_own_state_and_decides_the_same_with_any(
    kafka: KafkaOptions, tmp_path: Path
):
    state = tmp_path / "state"
    with Pipeline(kafka, tmp_path, environ={"COPYDESK_WORKER__STATE_FOLDER": str(state)}) as one:
        topic = kafka.topic(Topic.INDEX)
        one.read.ignore("index")
        asyncio.run(write_entries(kafka, topic, entries(COUNT, KNOWN)))
        folder = state / f"{topic}-0"
        logs = {}
        one.start(Role.DESK)
        for number, (name, spoil) in enumerate(SPOILS.items()):
            spoil(folder)
            before = len(one.workers)
            start_and_wait(one, tmp_path)
            one.feed([story(KNOWN)])
            one.read.outcomes(number + 1)
            worker = one.workers.pop()
            worker.terminate()
            assert worker.wait(10) == 0
            logs[name] = (tmp_path / f"dedup-{before}.log").read_text()
        matches = [record["match"] for record in one.read.values("quality")]
        assert [match["kind"] for match in matches] == ["exact"] * len(SPOILS)
        assert len({match["of"] for match in matches}) == 1
        assert f"{COUNT} articles up to offset" in logs["as it was left"]
        assert "cut off at" in logs["cut off"]
        assert "cannot be used" in logs["damaged"]
        assert "is read from its start" in logs["from the future"]


def cut_off(folder: Path) -> None:
    last = max(folder.glob("*.rows"))
    os.truncate(last, last.stat().st_size - 100)


def damaged(folder: Path) -> None:
    first = min(folder.glob("*.entries"))
    os.truncate(first, 100)


def from_the_future(folder: Path) -> None:
    """What the folder of a topic would be that was emptied since."""
    journal = Journal(folder, folder.name, DedupOptions())
    journal.recover()
    journal.index.forget(1)
    journal.committed(10 * COUNT, at_once=True)
    journal.close()


SPOILS = {
    "none yet": lambda _: None,
    "as it was left": lambda _: None,
    "deleted": shutil.rmtree,
    "cut off": cut_off,
    "damaged": damaged,
    "from the future": from_the_future,
}
