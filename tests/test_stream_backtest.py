"""`copydesk backtest --topic`: what is on a topic, under both settings."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer
from msgspec.structs import replace
from support.streams import Producer, Ran, copydesk, with_topic

from pipeline.cluster import KafkaOptions
from pipeline.routing import Topic
from pipeline.runners.kafka.admin.consumer import reading
from pipeline.runners.kafka.admin.provisioning import apply

FEED = Path(__file__).parents[1] / "examples" / "05-feeds.jsonl"
LINES = FEED.read_bytes().splitlines()
NEW = "check: {limits: {brief: null}, severities: {byline-missing: reject}}"


def fill(kafka: KafkaOptions) -> tuple[KafkaOptions, str]:
    """The lines of the feed on one raw partition, then three of them again; when that began.

    Between them are two in a transaction that was given up.
    """
    one = replace(kafka, topics=replace(kafka.topics, raw=replace(kafka.topics.raw, partitions=1)))
    assert copydesk(one, "topics", "--apply").code == 0
    raw = one.topic(Topic.RAW)
    with Producer(one) as producer:
        for line in LINES:
            producer.send(raw, value=line).get(60)
        asyncio.run(_give_up(one, raw))
        time.sleep(0.1)
        moment = datetime.now(UTC).isoformat()
        for line in LINES[:3]:
            producer.send(raw, value=line).get(60)
    return one, moment


async def _give_up(options: KafkaOptions, topic: str) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=options.bootstrap_servers, transactional_id=f"{topic}-given-up"
    )
    await producer.start()
    await producer.begin_transaction()
    for line in LINES[:2]:
        await producer.send_and_wait(topic, line)
    await producer.abort_transaction()
    await producer.stop()


def test_what_is_committed_on_a_topic_is_compared_up_to_its_end(
    kafka: KafkaOptions, tmp_path: Path
):
    options, moment = fill(kafka)
    (tmp_path / "new.yaml").write_text(NEW, "utf-8")
    (tmp_path / "same.jsonl").write_bytes(b"\n".join([*LINES, *LINES[:3]]))

    def ran(*arguments: str) -> Ran:
        return copydesk(options, "backtest", "-", "new.yaml", *arguments, folder=tmp_path)

    all_ = ran("--topic", "raw", "--json")
    assert all_.code == 0, all_.err
    raw = options.topic(Topic.RAW)
    assert f"read {len(LINES) + 3} records of raw, up to where it ended" in all_.err
    assert all_.facts == ran("same.jsonl", "--json").facts
    assert all_.facts["figures"]["changed"] > 0
    recent = ran("--topic", raw, "--since", moment, "--json")
    assert recent.facts["figures"]["received"] == 3
    assert f"3 records of {raw}" in (tmp_path / "backtest.html").read_text("utf-8")
    nothing = ran("--topic", "raw", "--since", "2100-01-01")
    assert (nothing.code, nothing.out) == (1, "")
    assert "there is no article in 0 records of raw" in nothing.err


def test_a_topic_that_cannot_be_compared_is_refused(kafka: KafkaOptions, tmp_path: Path):
    (tmp_path / "other.yaml").write_text("kafka: {prefix: other-}", "utf-8")

    def told(*arguments: str) -> str:
        done = copydesk(kafka, "backtest", "-", *arguments, folder=tmp_path)
        assert done.code == 2
        return done.err

    assert "there is no topic none on " in told("-", "--topic", "none")
    assert "name either files and folders, or --topic" in told("-", str(FEED), "--topic", "raw")
    assert "--since is for --topic" in told("-", str(FEED), "--since", "1d")
    assert "--since: 'soon' is no time" in told("-", "--topic", "raw", "--since", "soon")


def test_records_of_several_partitions_come_in_the_order_of_their_time(kafka: KafkaOptions):
    options = with_topic(kafka, "dead_letter", partitions=3)  # keeps the senders' times
    apply(options)
    topic = options.topic(Topic.DEAD_LETTER)
    rounds = [0] * 1500 + [1] * 40 + [2, 0, 1] * 400  # more than a poll gives, and all lopsided
    with Producer(options) as producer:
        for time_, partition in enumerate(rounds, 1_790_000_000_000):
            producer.send(topic, b"x", partition=partition, timestamp_ms=time_)
    with reading(options, [topic]) as reader:
        read = [
            (record.timestamp - 1_790_000_000_000, record.partition) for record in reader.to_end()
        ]
        assert reader.is_at_end
    assert read == [*enumerate(rounds)]
