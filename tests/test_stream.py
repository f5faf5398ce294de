"""The stream on a real broker: the same as on files, and nothing lost whatever comes in."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from support.inputs import many_lines
from support.large_index import entries, write_entries
from support.poison import LARGE, POISON, TOO_LARGE
from support.promises import broken_promises
from support.streams import (
    ROOT,
    Pipeline,
    Producer,
    configure,
    health_address,
    is_ready,
    story,
)

from pipeline.cli import main
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role, Topic

BOTH = (Role.DESK, Role.DEDUP)
TOPICS_OF_JSON = (Topic.CLEAN, Topic.DUPLICATES, Topic.REJECTED, Topic.QUALITY)
DAY_MS = 86_400_000


def without_times(record: Any) -> Any:
    """A record less what must differ between two runs: where it came from, when, and its age."""
    if isinstance(record, dict):
        left_out = {"origin", "seenAt", "processedAt", "ofSeenAt", "age"}
        return {key: without_times(value) for key, value in record.items() if key not in left_out}
    return [without_times(one) for one in record] if isinstance(record, list) else record


def test_files_and_stream_give_the_same_records(kafka: KafkaOptions, tmp_path: Path):
    given = many_lines(2000)
    path, out = tmp_path / "given.jsonl", tmp_path / "out"
    path.write_bytes(b"\n".join(given) + b"\n")
    assert main(["run", str(path), "--out", str(out)]) == 0
    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed(given)
        pipeline.start(*BOTH)
        pipeline.read.outcomes(len(given))
        assert pipeline.stop() == [0, 0]
        for name in ("clean", "duplicates", "rejected", "quality"):
            lines = (out / f"{name}.jsonl").read_bytes().splitlines()
            of_files = {_place(one, "line") - 1: one for one in map(json.loads, lines)}
            of_stream = {_place(one, "offset"): one for one in pipeline.read.values(name)}
            assert len(of_stream) == len(pipeline.read[name]) == len(lines)
            assert of_files.keys() == of_stream.keys()
            for place, record in of_files.items():
                assert without_times(of_stream[place]) == without_times(record)
        clean = {origin_of(record) for record in pipeline.read.values("clean")}
        assert remembered(pipeline) == clean
        assert len(clean) > 500
        for topic in (*TOPICS_OF_JSON, Topic.PREPARED, Topic.DEAD_LETTER, Topic.INDEX):
            assert {*broken_promises(topic, pipeline.read[topic])} == set()


def _place(record: dict[str, Any], name: str) -> int:
    return int((record.get("origin") or record["quality"]["origin"])[name])


def origin_of(record: dict[str, Any]) -> tuple[int, int]:
    origin = record.get("origin") or record["quality"]["origin"]
    return origin["partition"], origin["offset"]


def remembered(pipeline: Pipeline) -> set[tuple[int, int]]:
    """The origins of the entries that the index's topic holds."""
    held = {record.key: record.value for record in pipeline.read["index"]}
    return {origin_of(json.loads(value)["entry"]) for value in held.values() if value}


def test_poison_goes_to_the_dead_letters_as_it_came(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path) as pipeline:
        configure(pipeline.options, pipeline.raw, max_message_bytes=str(TOO_LARGE))
        with Producer(kafka) as producer:
            for key, value in POISON.values():
                producer.send(
                    pipeline.raw, key=key, value=value, headers=[("traceparent", b"00-1")]
                )
            producer.send(pipeline.raw, key=b"large", value=LARGE)
            producer.send(pipeline.raw, key=b"bad utf-8", value=b'{"articleBody": "\xff\xfe\xfa"}')
        pipeline.feed([story(1)])
        pipeline.start(*BOTH)
        count = len(POISON) + 3
        pipeline.read.outcomes(count)
        assert pipeline.stop() == [0, 0]
        dead = {int(told(one)["offset"]): one for one in pipeline.read["dead_letter"]}
        for offset, (reason, (key, value)) in enumerate(POISON.items()):
            record = dead[offset]
            assert (record.key, record.value) == (key, value)
            assert told(record)["exception.class.name"] == reason
            assert told(record)["topic"] == pipeline.raw
            assert dict(record.headers)["traceparent"] == b"00-1"
        too_large = dead[len(POISON)]
        assert (too_large.key, too_large.value) == (b"large", None)
        headers = dict(too_large.headers)
        assert int(headers["copydesk-size"]) == len(LARGE)
        assert headers["copydesk-sha256"].decode() == hashlib.sha256(LARGE).hexdigest()
        accounted = [origin_of(one) for one in pipeline.read.values("quality")]
        assert sorted(accounted) == [(0, offset) for offset in range(count)]
        assert [one["headline"] for one in pipeline.read.values("clean")] == ["Story 1"]


def told(record: Any) -> dict[str, str]:
    """What Kafka Connect's headers say of a dead letter."""
    prefix = "__connect.errors."
    return {
        name.removeprefix(prefix): value.decode()
        for name, value in record.headers
        if name.startswith(prefix)
    }


def test_an_article_whose_records_do_not_fit_is_a_dead_letter(kafka: KafkaOptions, tmp_path: Path):
    environ = {"COPYDESK_KAFKA__MAX_MESSAGE_BYTES": "100000"}
    long = json.dumps({"articleBody": "\n\n".join(str(story(n)) for n in range(60))}).encode()
    with Pipeline(kafka, tmp_path, environ=environ) as pipeline:
        pipeline.feed([long, story(1)])
        pipeline.start(*BOTH)
        pipeline.read.outcomes(2)
        [dead] = pipeline.read["dead_letter"]
        assert told(dead)["exception.class.name"] == "too-large-to-send"
        assert len(pipeline.read["clean"]) == 1


def test_near_copies_sent_at_once_to_all_partitions_are_published_once(
    kafka: KafkaOptions, tmp_path: Path
):
    with Pipeline(kafka, tmp_path, raw_partitions=4) as pipeline:
        pipeline.start(*BOTH, Role.DESK)
        with Producer(kafka) as producer:
            for number in range(50):
                for partition, word in enumerate(("here", "there", "now", "then")):
                    value = story(number, ending=f"\n\nIt was read {word}.")
                    producer.send(pipeline.raw, value=value, partition=partition)
        pipeline.read.outcomes(200)
        assert pipeline.stop() == [0, 0, 0]
        published = sorted(one["headline"] for one in pipeline.read.values("clean"))
        assert published == sorted(f"Story {number}" for number in range(50))
        assert len(pipeline.read["duplicates"]) == 150


def test_the_window_counts_arrival_and_a_backfill_neither_evicts_nor_is_evicted(
    kafka: KafkaOptions, tmp_path: Path
):
    now = int(time.time() * 1000)
    environ = {"COPYDESK_DEDUP__EXACT_WINDOW_DAYS": "30"}
    with Pipeline(kafka, tmp_path, environ=environ) as pipeline:
        _let_senders_stamp(pipeline)
        pipeline.feed([story(1)], timestamp=now - 40 * DAY_MS)  # leaves the window
        pipeline.feed([story(2)], timestamp=now - DAY_MS)
        pipeline.feed([story(3)], timestamp=now - 700 * DAY_MS)  # a backfill, with its old times
        pipeline.feed([story(4)], timestamp=now + 3000 * DAY_MS)  # a clock that is wrong
        pipeline.feed([story(number) for number in (1, 2, 3, 4)], timestamp=now)
        pipeline.start(*BOTH)
        pipeline.read.outcomes(8)
        verdicts = {
            origin_of(one)[1]: (one["verdict"], (one["match"] or {}).get("kind"))
            for one in pipeline.read.values("quality")
        }
        first, copy = ("publish", None), ("duplicate", "exact")
        assert [verdicts[n] for n in range(8)] == [first] * 5 + [copy] * 3
        gone = [record.key for record in pipeline.read["index"] if record.value is None]
        assert gone == [pipeline.read["index"][0].key]


def _let_senders_stamp(pipeline: Pipeline) -> None:
    configure(
        pipeline.options,
        pipeline.raw,
        message_timestamp_type="CreateTime",
        message_timestamp_after_max_ms=str(9000 * DAY_MS),
        retention_ms="-1",
    )


def test_a_restart_with_200_000_entries_is_ready_from_the_topic_alone(
    kafka: KafkaOptions, tmp_path: Path
):
    count, known = 200_000, 123_456
    with Pipeline(kafka, tmp_path) as pipeline:
        topic = kafka.topic(Topic.INDEX)
        pipeline.read.ignore("index")
        asyncio.run(write_entries(kafka, topic, entries(count, known)))
        started = time.monotonic()
        [worker] = pipeline.start(Role.DEDUP)
        address = health_address(tmp_path / "dedup-0.log", worker)
        while not is_ready(address):
            assert worker.poll() is None, pipeline.logs()
            assert time.monotonic() - started < 60, "not ready within 60 s"
            time.sleep(0.2)
        metrics = urllib.request.urlopen(f"{address}/metrics", timeout=10).read().decode()
        assert f"copydesk_index_articles {count:.1f}" in metrics
        pipeline.feed([story(known)])
        pipeline.start(Role.DESK)
        pipeline.read.outcomes(1)
        [quality] = pipeline.read.values("quality")
        assert quality["match"]["kind"] == "exact"


def test_health_says_when_it_is_ready_and_how_far_behind(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path, raw_partitions=2) as pipeline:
        pipeline.feed([story(number) for number in range(20)])
        [worker] = pipeline.start(Role.DESK)
        address = health_address(tmp_path / "desk-0.log", worker)
        assert address.startswith("http://127.0.0.1:")
        assert urllib.request.urlopen(f"{address}/live", timeout=10).read() == b"live\n"
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 20)
        assert is_ready(address)
        deadline = time.monotonic() + 30
        while True:
            text = urllib.request.urlopen(f"{address}/metrics", timeout=10).read().decode()
            lags = re.findall(r"^copydesk_consumer_lag_records\{.*\} (\S+)$", text, re.MULTILINE)
            if lags == ["0.0", "0.0"] or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert lags == ["0.0", "0.0"]
        assert 'copydesk_transactions_total{result="committed"}' in text


# As on macOS: each worker is a new interpreter.
WITHOUT_FORK = "from pipeline.cli import main, worker; worker.CAN_FORK = False; main(['worker'])"


@pytest.mark.parametrize("how", [("-m", "pipeline", "worker"), ("-c", WITHOUT_FORK)])
def test_workers_do_not_outlive_a_parent_that_was_killed(
    kafka: KafkaOptions, tmp_path: Path, how: tuple[str, str]
):
    with Pipeline(kafka, tmp_path) as pipeline:
        command = [sys.executable, *how]
        log = (tmp_path / "all.log").open("wb")
        parent = subprocess.Popen(
            command, env=os.environ | pipeline.environ, stdout=log, stderr=log
        )
        pipeline.feed([story(1)])
        pipeline.read.outcomes(1)
        children = _children(parent.pid)
        assert len(children) == len(Role)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        log.close()
        deadline = time.monotonic() + 15
        while any(_is_alive(child) for child in children):
            assert time.monotonic() < deadline, "a worker outlived its parent"
            time.sleep(0.1)


def test_the_demo_leaves_nothing_behind_however_it_ends(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path) as pipeline:
        log = (tmp_path / "demo.log").open("wb")
        demo = subprocess.Popen(
            [sys.executable, "-m", "deploy.demo"],
            cwd=ROOT,
            env=os.environ | pipeline.environ,
            stdout=log,
            stderr=log,
        )
        pipeline.read.outcomes(3)
        [parent] = _children(demo.pid)
        workers = _children(parent)
        assert len(workers) == len(Role)
        demo.send_signal(signal.SIGKILL)
        demo.wait()
        log.close()
        deadline = time.monotonic() + 15
        while any(map(_is_alive, (parent, *workers))):
            assert time.monotonic() < deadline, "a worker outlived the demo"
            time.sleep(0.1)


def _children(parent: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split()
    pairs = zip(listed[::2], listed[1::2], strict=True)
    return [int(pid) for pid, of in pairs if int(of) == parent]


def _is_alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")
