"""A worker whose topic changes under it: partitions are added, it is deleted, it is made anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaAdminClient
from support.streams import Pipeline, health_address, is_ready, story

from pipeline.cluster import KafkaOptions
from pipeline.routing import Role
from pipeline.runners.kafka.admin.provisioning import apply


def test_a_worker_notices_within_30_seconds_what_becomes_of_its_topic(
    kafka: KafkaOptions, tmp_path: Path
):
    with Pipeline(kafka, tmp_path, raw_partitions=1) as pipeline:
        [worker] = pipeline.start(Role.DESK)
        log = tmp_path / "desk-0.log"
        address = health_address(log, worker)
        within_30_seconds(lambda: is_ready(address))
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
        admin.create_partitions({pipeline.raw: 3})
        admin.wait_for_topics([pipeline.raw])
        within_30_seconds(lambda: "has 3 partitions now, 1 before" in log.read_text())
        for partition in range(3):
            pipeline.feed([story(partition)], partition=partition)
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 3, patience=30)
        admin.delete_topics([pipeline.raw])
        admin.close()
        within_30_seconds(lambda: not is_ready(address) and "is gone: nothing" in log.read_text())
        time.sleep(2)
        assert not is_ready(address)
        apply(pipeline.options)
        pipeline.feed([story(number) for number in range(10, 15)])
        pipeline.read.until(lambda: len(pipeline.read["prepared"]) == 8, patience=30)
        within_30_seconds(lambda: is_ready(address))
        assert "has 1 partitions now, after it was gone" in log.read_text()
        assert pipeline.stop() == [0]


def within_30_seconds(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.2)
