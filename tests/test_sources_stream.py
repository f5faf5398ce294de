"""The sources role on a real broker: every account counted once, whatever dies."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from kafka import KafkaProducer
from support.inputs import many_lines
from support.promises import broken_promises
from support.streams import Pipeline, counted_by_source, story, told_of_sources

from pipeline.cluster import KafkaOptions
from pipeline.routing import Door, Role, Topic

ALL = tuple(Role)
BROKEN = [b"[1, 2", b"\x00\xff\x00\xff"]


def all_told(pipeline: Pipeline, count: int) -> bool:
    """Whether the sources' records account for so many inputs."""
    told = told_of_sources(pipeline.read)
    return sum(one.total() for one in told.values()) >= count


def test_the_numbers_of_sources_are_those_of_the_accounts(kafka: KafkaOptions, tmp_path: Path):
    given = [*many_lines(400), *BROKEN]
    with Pipeline(kafka, tmp_path, raw_partitions=4) as pipeline:
        pipeline.feed(given)
        pipeline.start(*ALL)
        pipeline.read.outcomes(len(given))
        pipeline.read.until(lambda: all_told(pipeline, len(given)))
        assert told_of_sources(pipeline.read) == counted_by_source(pipeline.read)
        assert told_of_sources(pipeline.read)[None]["deadLetters"] >= 1
        assert {*broken_promises(Topic.SOURCES, pipeline.read["sources"])} == set()
        assert pipeline.stop() == [0, 0, 0]


def test_what_is_no_account_is_a_dead_letter_and_stops_nobody(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path) as pipeline:
        producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
        topic = pipeline.options.topic(Topic.QUALITY)
        for value in (b"not JSON", None, b'{"id": "x"}'):
            producer.send(topic, value=value, key=b"stranger").get(30)
        producer.close()
        pipeline.start(*ALL)
        pipeline.feed([story(1)])
        pipeline.read.until(lambda: len(pipeline.read["dead_letter"]) == 3)
        pipeline.read.until(lambda: all_told(pipeline, 4))
        reasons = {
            dict(record.headers)["__connect.errors.exception.class.name"]
            for record in pipeline.read["dead_letter"]
        }
        assert reasons == {b"not-an-account"}
        assert told_of_sources(pipeline.read)[None] == Counter(published=1, deadLetters=3)


def test_a_source_with_any_name_is_counted_under_it(kafka: KafkaOptions, tmp_path: Path):
    names = [
        '<script>alert("x")</script>',
        'a"b\\c\nd{e="f"}',
        "x" * 4096,
        "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 300,
    ]
    given = [
        json.dumps(json.loads(story(number)) | {"source": name}).encode()
        for number, name in enumerate(names)
    ]
    with Pipeline(kafka, tmp_path) as pipeline:
        pipeline.feed(given)
        pipeline.start(*ALL)
        pipeline.read.until(lambda: all_told(pipeline, len(given)))
        told = told_of_sources(pipeline.read)
        assert len(told) == len(names)
        assert all(len(name or "") <= 120 for name in told)
        assert {*names[:2]} <= told.keys()
        assert sum(told.values(), Counter()) == Counter({Door.CLEAN: 0, "published": len(names)})
