"""The examples of programs that read what Copydesk publishes, on a real broker."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from support.optional import missing
from support.streams import ROOT, Pipeline, story

from deploy.kafka.libraries import jars, java
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role, Topic

CONSUMERS = ROOT / "examples" / "consumers"


def commands() -> dict[str, list[str]]:
    modules = subprocess.run([java(), "--list-modules"], capture_output=True, text=True, check=True)
    if "jdk.compiler" not in modules.stdout:
        missing("broker", "this Java cannot compile the example of a consumer")
    return {
        "python": [sys.executable, str(CONSUMERS / "consumer.py")],
        "java": [java(), "-cp", f"{jars()}/*", str(CONSUMERS / "Consumer.java")],
    }


@pytest.mark.parametrize("language", ["python", "java"])
def test_a_consumer_reads_each_published_article_once(
    kafka: KafkaOptions, tmp_path: Path, language: str
):
    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed([story(1), story(2), story(1)])
        pipeline.start(Role.DESK, Role.DEDUP)
        pipeline.read.outcomes(3)
        command = [*commands()[language], kafka.bootstrap_servers, kafka.topic(Topic.CLEAN)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as consumer:
            assert consumer.stdout
            lines = [line.rstrip().split("\t") for line in islice(consumer.stdout, 2)]
            consumer.kill()
    assert sorted(headline for _, headline in lines) == ["Story 1", "Story 2"]
    assert len({id_ for id_, _ in lines}) == 2
