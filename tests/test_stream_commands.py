"""`copydesk topics`, `feed` and `tail` on a real broker: what they do, print and end with."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from support.copies import prepared, seen, story
from support.streams import (
    ROOT,
    Pipeline,
    Producer,
    Reader,
    config_of,
    configure,
    copydesk,
    environ_of,
    on,
    running,
    with_topic,
)
from support.streams import story as sent_story

from deploy.kafka.broker import Broker
from pipeline import cli
from pipeline.article import Origin
from pipeline.cluster import KafkaOptions, wanted_topics
from pipeline.dedup import CompactIndex, DedupOptions, HeldEntry
from pipeline.errors import WorkFailedError
from pipeline.routing import Role, Topic
from pipeline.runners.inputs import read
from pipeline.runners.journal import Journal
from pipeline.runners.kafka.admin.provisioning import apply
from pipeline.runners.kafka.engine.changelog import Changelog
from pipeline.settings import Settings


@pytest.fixture
def ready(kafka: KafkaOptions) -> KafkaOptions:
    """A pipeline whose topics are there, with one raw partition: records keep their order."""
    options = with_topic(kafka, "raw", partitions=1)
    apply(options)
    return options


def test_topics_shows_what_is_missing_makes_it_and_is_content_the_second_time(kafka: KafkaOptions):
    shown = copydesk(kafka, "topics")
    assert shown.code == 1
    names = [topic.name for topic in wanted_topics(kafka)]
    header, *rows = [line.split() for line in shown.out.splitlines()]
    assert header == ["topic", "partitions", "state", "what", "to", "do"]
    assert [row[0] for row in rows] == names
    assert {row[2] for row in rows} == {"missing"}
    assert "copydesk topics --apply makes it" in shown.out
    for arguments in (["topics", "--apply"], ["topics"], ["topics", "--apply"]):
        ran = copydesk(kafka, *arguments)
        assert (ran.code, ran.err) == (0, "")
        rows = [line.split() for line in ran.out.splitlines()[1:]]
        assert [row[0] for row in rows] == names
        assert {row[2] for row in rows} == {"fine"}


def test_topics_are_made_as_the_settings_say(kafka: KafkaOptions):
    options = with_topic(kafka, "dead_letter", partitions=3, retention_hours=1.5)
    made = copydesk(options, "topics", "--apply", "--json")
    assert made.code == 0
    by_name = {fact["name"].removeprefix(kafka.prefix): fact for fact in made.facts}
    assert by_name["articles.dead-letter"] == {
        "name": f"{kafka.prefix}articles.dead-letter",
        "state": "fine",
        "wantedPartitions": 3,
        "partitions": 3,
        "wanted": {
            "cleanup.policy": "delete",
            "max.message.bytes": str(kafka.max_message_bytes),
            "retention.ms": "5400000",
        },
        "differs": {},
    }
    assert by_name["dedup.index"]["wanted"]["cleanup.policy"] == "compact"
    assert by_name["articles.raw"]["wanted"]["message.timestamp.type"] == "LogAppendTime"


def test_topics_tells_what_differs_and_apply_sets_it_and_only_that(ready: KafkaOptions):
    clean = ready.topic(Topic.CLEAN)
    configure(ready, clean, max_message_bytes="70000", segment_bytes="20000000")
    shown = copydesk(ready, "topics")
    assert shown.code == 1
    [row] = [line for line in shown.out.splitlines() if "other-config" in line]
    assert row.startswith(clean)
    wanted = str(ready.max_message_bytes)
    assert f"copydesk topics --apply sets max.message.bytes 70000 to {wanted}" in row
    [fact] = [fact for fact in copydesk(ready, "topics", "--json").facts if fact["differs"]]
    assert fact["differs"] == {"max.message.bytes": "70000"}
    assert copydesk(ready, "topics", "--apply").code == 0
    config = config_of(ready, clean)
    assert (config["max.message.bytes"], config["segment.bytes"]) == (wanted, "20000000")


def test_the_raw_topic_may_be_as_the_scrapers_made_it(ready: KafkaOptions):
    raw = ready.topic(Topic.RAW)
    configure(ready, raw, max_message_bytes="70000", message_timestamp_type="CreateTime")
    wants_more = with_topic(ready, "raw", partitions=4)
    shown = copydesk(wants_more, "topics", "--apply", "--json")
    assert shown.code == 0
    assert (shown.facts[0]["name"], shown.facts[0]["partitions"]) == (raw, 1)


LINES = [
    b'{"headline": "Quay closed", "articleBody": "The quay is closed."}',
    b'{"headline": "Quay open" ,"articleBody":  "The quay is open."}',
    b"no JSON, but a line",
]
FOLDER = {
    "1-lines.jsonl": b"\n".join(LINES) + b"\n",
    "2-page.md": b"# Ferry late\n\nThe ferry was late.\r\n",
    "3-told.txt": b"The mayor said so.\n",
    "4-latin.txt": "The caf\N{LATIN SMALL LETTER E WITH ACUTE} is closed.".encode("latin-1"),
    "5-rows.csv": b"headline,articleBody\nRain,It rained.\n",
}
JSON_TYPE, TEXT_TYPE, MARKDOWN_TYPE = b"application/json", b"text/plain", b"text/markdown"


def test_feed_sends_every_value_of_a_folder_as_it_is_with_its_type(
    ready: KafkaOptions, tmp_path: Path
):
    for name, content in FOLDER.items():
        (tmp_path / name).write_bytes(content)
    fed = copydesk(ready, "feed", str(tmp_path))
    raw = ready.topic(Topic.RAW)
    assert (fed.code, fed.err) == (0, "")
    assert fed.out.startswith(f"7 of 7 articles are on {raw} (")
    assert fed.out.endswith(" s); 0 were not sent.\n")
    sent = on(ready, "raw")
    values = [record.value for record in sent]
    assert values[:3] == LINES
    assert values[3:6] == [FOLDER[name] for name in ("2-page.md", "3-told.txt", "4-latin.txt")]
    assert json.loads(values[6]) == {"headline": "Rain", "articleBody": "It rained."}
    types = [dict(record.headers)["content-type"] for record in sent]
    assert types == [JSON_TYPE] * 3 + [MARKDOWN_TYPE, TEXT_TYPE, TEXT_TYPE, JSON_TYPE]
    assert {record.key for record in sent} == {None}


def test_feed_reads_standard_input_and_several_paths_in_order(
    ready: KafkaOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    given, typed = tmp_path / "given.jsonl", tmp_path / "typed"
    given.write_bytes(LINES[0] + b"\n")
    typed.write_bytes(LINES[1] + b"\n")
    with typed.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        fed = copydesk(ready, "feed", str(given), "-", "--json")
    assert (fed.code, fed.facts) == (0, {"read": 2, "acknowledged": 2, "refused": 0})
    assert [record.value for record in on(ready, "raw")] == LINES[:2]


def test_feed_sends_at_most_so_many_a_second(ready: KafkaOptions, tmp_path: Path):
    path = tmp_path / "given.jsonl"
    path.write_bytes(LINES[0] + b"\n" + (LINES[1] + b"\n") * 10)
    started = time.monotonic()
    assert copydesk(ready, "feed", str(path), "--rate", "20").code == 0
    assert time.monotonic() - started >= 10 / 20
    assert len(on(ready, "raw")) == 11


def test_feed_names_what_it_could_not_read_and_sends_the_rest(ready: KafkaOptions, tmp_path: Path):
    (tmp_path / "1-cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00cut off")
    (tmp_path / "2-fine.txt").write_bytes(b"The mayor said so.\n")
    fed = copydesk(ready, "feed", str(tmp_path), "--json")
    assert (fed.code, fed.facts) == (1, {"read": 2, "acknowledged": 1, "refused": 1})
    assert "1-cut.jsonl.gz:1: not sent: " in fed.err
    assert [record.value for record in on(ready, "raw")] == [b"The mayor said so.\n"]


def test_feed_stopped_by_ctrl_c_says_what_is_on_the_topic(ready: KafkaOptions, tmp_path: Path):
    path = tmp_path / "given.jsonl"
    path.write_bytes(b"\n".join(b'{"articleBody": "%d"}' % number for number in range(10_000)))
    watching = threading.Thread(target=_interrupt_once_there_is_a_record, args=(ready,))
    watching.start()
    fed = copydesk(ready, "feed", str(path), "--rate", "100", "--json")
    watching.join()
    assert fed.code == 130
    done = fed.facts["acknowledged"]
    assert 0 < fed.facts["read"] == done < 10_000
    assert fed.err == f"Stopped on request: the rest was not read; --from {done + 1} goes on.\n"
    assert len(on(ready, "raw")) == done
    rest = copydesk(ready, "feed", str(path), "--from", str(done + 1))
    assert rest.code == 0
    assert [json.loads(one.value)["articleBody"] for one in on(ready, "raw")] == [
        str(number) for number in range(10_000)
    ]


def test_feed_whose_broker_goes_away_says_so_gives_up_and_goes_on_from_there(tmp_path: Path):
    count = 3000
    path = tmp_path / "given.jsonl"
    path.write_bytes(b"\n".join(sent_story(number) for number in range(count)))
    with running(Broker()) as broker:
        options = with_topic(
            KafkaOptions(bootstrap_servers=broker.bootstrap, delivery_timeout=8.0),
            "raw",
            partitions=1,
        )
        with Pipeline(options, tmp_path) as pipeline:
            environ = os.environ | environ_of(options)
            command = [sys.executable, "-m", "pipeline", "feed", str(path), "--rate", "500"]
            feed = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
            pipeline.read.until(lambda: len(pipeline.read["raw"]) > 300)
            broker.kill()
            gone = time.monotonic()
            assert feed.stderr
            first = feed.stderr.readline()
            said = time.monotonic() - gone
            last = feed.stderr.read()
            assert feed.wait() == 1
            assert time.monotonic() - gone < 8 + 12
            assert f"{broker.bootstrap} acknowledges nothing: " in first
            assert f" are on {pipeline.raw}. Gives up 8 s after the last" in first
            assert said < 6
            assert last.startswith(f"copydesk: {broker.bootstrap}: no Kafka can be reached there")
            assert last.count("\n") == 1, last
            [number] = re.findall(r"; the same command with --from (\d+) goes on\n", last)
            broker.start()
            rest = copydesk(options, "feed", str(path), "--from", number, "--json")
            assert rest.code == 0
            assert rest.facts["acknowledged"] == count - int(number) + 1
            pipeline.start(Role.DESK, Role.DEDUP)
            sent = len(pipeline.read.to_end()["raw"])
            pipeline.read.outcomes(sent)
            assert pipeline.stop() == [0, 0]
            assert sent >= count
            assert len(pipeline.read["clean"]) == count
            assert len(pipeline.read["duplicates"]) == sent - count


def test_feed_that_a_broker_left_waiting_goes_on_when_it_is_back(tmp_path: Path):
    path = tmp_path / "given.jsonl"
    path.write_bytes(b"\n".join(b'{"articleBody": "%d"}' % number for number in range(2000)))
    with running(Broker()) as broker:
        options = with_topic(KafkaOptions(bootstrap_servers=broker.bootstrap), "raw", partitions=1)
        apply(options)
        pausing = threading.Thread(target=_pause_once_there_is_a_record, args=(options, broker))
        pausing.start()
        fed = copydesk(options, "feed", str(path), "--rate", "150")
        pausing.join()
        assert fed.code == 0
        assert fed.err.count("acknowledges nothing: ") == 1
        assert fed.err.endswith(f"{broker.bootstrap} acknowledges again\n")
        assert len(on(options, "raw")) == 2000


def _pause_once_there_is_a_record(options: KafkaOptions, broker: Broker) -> None:
    reader = Reader(options)
    reader.until(lambda: len(reader["raw"]) > 0)
    reader.close()
    assert broker.pid
    os.kill(broker.pid, signal.SIGSTOP)
    time.sleep(6)
    os.kill(broker.pid, signal.SIGCONT)


def _interrupt_once_there_is_a_record(options: KafkaOptions) -> None:
    reader = Reader(options)
    reader.until(lambda: len(reader["raw"]) > 0)
    reader.close()
    os.kill(os.getpid(), signal.SIGINT)


def test_tail_shows_a_record_as_json_with_all_there_is_to_it(ready: KafkaOptions):
    raw = ready.topic(Topic.RAW)
    with Producer(ready) as producer:
        headers = [("traceparent", b"00-4bf9-00f0-01"), ("none", b"")]
        producer.send(raw, key=b"harbour", value=LINES[0], headers=headers).get(30)
    shown = copydesk(ready, "tail", "raw", "--from-start", "--until-end")
    assert (shown.code, shown.err) == (0, "")
    [record] = shown.lines
    assert abs(record.pop("timestamp") - time.time() * 1000) < 600_000
    assert record == {
        "topic": raw,
        "partition": 0,
        "offset": 0,
        "key": "harbour",
        "headers": {"traceparent": "00-4bf9-00f0-01", "none": ""},
        "value": json.loads(LINES[0]),
    }


VALUES: list[tuple[bytes | None, dict[str, Any]]] = [  # a value, and how it is shown
    (b'{"a": 1e3, "b": "\\u00e9"}', {"value": {"a": 1000.0, "b": "\u00e9"}}),
    (b"[1, 2]", {"value": [1, 2]}),
    ("caf\u00e9 \u65e5\u672c".encode(), {"value": "caf\u00e9 \u65e5\u672c"}),
    (b'{"cut": ', {"value": '{"cut": '}),
    (b"", {"value": ""}),
    (b"\x89PNG\xff", {"valueBase64": b64encode(b"\x89PNG\xff").decode()}),
    (b'{"a": "\xff"}', {"valueBase64": b64encode(b'{"a": "\xff"}').decode()}),
    (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, {"value": '{"a":' * 50_000 + "1" + "}" * 50_000}),
    (b'{\n  "a":\r\n  "b\\nc"\n}', {"value": {"a": "b\nc"}}),
    ('"\u2028"'.encode(), {"value": "\u2028"}),
    (b'"' + b"x" * 2_000_000 + b'"', {"value": "x" * 2_000_000}),
    (None, {}),
]


def test_tail_shows_json_as_json_text_as_text_and_bytes_in_base64(ready: KafkaOptions):
    raw = ready.topic(Topic.RAW)
    with Producer(ready) as producer:
        for value, _ in VALUES:
            producer.send(raw, value=value, key=None if value else b"\xff")
    shown = copydesk(ready, "tail", "raw", "--from-start", "--until-end")
    assert shown.code == 0
    for record, (value, expected) in zip(shown.lines, VALUES, strict=True):
        told = {name: record[name] for name in ("value", "valueBase64") if name in record}
        assert told == expected, value
    assert shown.lines[-1]["key"] == "\N{REPLACEMENT CHARACTER}"


def test_tail_reads_several_topics_by_short_and_full_names(ready: KafkaOptions):
    topics = {name: ready.topic(Topic(name)) for name in ("raw", "dead_letter")}
    with Producer(ready) as producer:
        for name, topic in topics.items():
            producer.send(topic, value=name.encode())
    by_name = copydesk(ready, "tail", "raw", "dead-letter", "--from-start", "--until-end")
    in_full = copydesk(ready, "tail", *topics.values(), "--from-start", "--until-end")
    for shown in (by_name, in_full):
        assert shown.code == 0
        told = {record["topic"]: record["value"] for record in shown.lines}
        assert told == {topic: name for name, topic in topics.items()}


def test_tail_of_a_topic_that_is_not_there_ends_with_2(ready: KafkaOptions):
    shown = copydesk(ready, "tail", "raw", "articles.wrong")
    assert (shown.code, shown.out) == (2, "")
    assert shown.err == (
        f"copydesk: there is no topic articles.wrong on {ready.bootstrap_servers}: "
        "`copydesk topics` shows those of this pipeline\n"
    )


def test_tail_ends_after_so_many_records(ready: KafkaOptions):
    with Producer(ready) as producer:
        for value in (b"1", b"2", b"3"):
            producer.send(ready.topic(Topic.RAW), value=value)
    shown = copydesk(ready, "tail", "raw", "--from-start", "--max", "2")
    assert (shown.code, [record["value"] for record in shown.lines]) == (0, [1, 2])


def test_tail_begins_with_the_next_record_unless_told_otherwise(ready: KafkaOptions):
    raw = ready.topic(Topic.RAW)
    over = threading.Event()

    def go_on() -> None:
        with Producer(ready) as producer:
            while not over.wait(0.1):
                producer.send(raw, value=b"new")

    with Producer(ready) as producer:
        producer.send(raw, value=b"old").get(30)
    writing = threading.Thread(target=go_on)
    writing.start()
    try:
        shown = copydesk(ready, "tail", "raw", "--max", "2")
    finally:
        over.set()
        writing.join()
    assert [record["value"] for record in shown.lines] == ["new", "new"]


@pytest.mark.parametrize("last", ["committed", "aborted", "open"])
def test_tail_shows_committed_records_only(ready: KafkaOptions, last: str):
    raw = ready.topic(Topic.RAW)
    asyncio.run(_write_transactions(ready, raw, ["aborted", "committed", last]))
    with Producer(ready) as producer:
        producer.send(ready.topic(Topic.DEAD_LETTER), value=b"plain").get(30)
    shown = copydesk(ready, "tail", "raw", "dead-letter", "--from-start", "--until-end")
    assert shown.code == 0
    values = sorted(record["value"] for record in shown.lines)
    assert values == ["committed"] * 5 * (1 + (last == "committed")) + ["plain"]


async def _write_transactions(options: KafkaOptions, topic: str, ends: list[str]) -> None:
    """Five records in each transaction, which then ends so, or stays open."""
    for number, end in enumerate(ends):
        producer = AIOKafkaProducer(
            bootstrap_servers=options.bootstrap_servers,
            transactional_id=f"{topic}-{number}",
        )
        await producer.start()
        await producer.begin_transaction()
        for _ in range(5):
            await producer.send_and_wait(topic, end.encode())
        if end == "committed":
            await producer.commit_transaction()
        elif end == "aborted":
            await producer.abort_transaction()
        await producer.stop()


CONNECT = "__connect.errors.exception."
TABLE: list[tuple[bytes | None, list[tuple[str, bytes]], str]] = [  # value, headers, its title
    (b'{"headline": "Quay closed", "quality": {"verdict": "publish"}}', [], "publish  Quay closed"),
    (b'{"id": "n1", "verdict": "reject"}', [], "reject  n1"),
    (b'{"title": "Ferry late"}', [], "Ferry late"),
    (b'{"headline": "' + b"long " * 50 + b'"}', [], ("long " * 12).strip()),
    (b'{"headline": "\\u001b[2JTwo\\nlines"}', [], "[2JTwo lines"),
    (b"plain text", [], "its key"),
    (None, [], "its key"),
    (b"[1]", [], "its key"),
    (b'{"headline": ["odd"], "quality": "odd"}', [], "['odd']"),
    (
        b'{"price": 7}',
        [(CONNECT + "class.name", b"no-text-field"), (CONNECT + "message", b"there is no text")],
        "no-text-field: there is no text",
    ),
]


def test_tail_as_a_table_has_one_short_line_a_record(ready: KafkaOptions):
    raw = ready.topic(Topic.RAW)
    with Producer(ready) as producer:
        for value, headers, _ in TABLE:
            producer.send(raw, key=b"its key", value=value, headers=headers)
    shown = copydesk(ready, "tail", "raw", "--from-start", "--until-end", "--table")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert len(lines) == len(TABLE)
    for offset, (line, (_, _, title)) in enumerate(zip(lines, TABLE, strict=True)):
        moment, place, told = line.split(maxsplit=2)
        assert time.strptime(moment, "%H:%M:%S")
        assert (place, told) == (f"{raw}[0]@{offset}", title)


def _example(name: str) -> list[str]:
    [command] = [one for one in cli.app.registered_commands if one.name == name]
    return shlex.split((command.epilog or "").removeprefix("Example: copydesk "))


def test_the_examples_of_the_help_work_one_after_the_other(kafka: KafkaOptions):
    assert copydesk(kafka, *_example("topics"), folder=ROOT).code == 0
    fed = copydesk(kafka, *_example("feed"), "--json", folder=ROOT)
    values = {item.value for item in read([ROOT / "examples"], Settings().parse)}
    assert (fed.code, fed.facts["acknowledged"]) == (0, fed.facts["read"])
    assert {record.value for record in on(kafka, "raw")} == values
    tailed = copydesk(kafka, *_example("tail"), "--from-start", "--until-end", folder=ROOT)
    assert (tailed.code, tailed.out, tailed.err) == (0, "", "")


def test_reindex_makes_an_index_of_another_version_anew(ready: KafkaOptions):
    index = ready.topic(Topic.INDEX)
    entry = seen(story(1), origin=Origin(topic="raw", partition=0, offset=3))
    record = Changelog(ready, 0).entry(
        HeldEntry(number=7, seen_at="2026-01-01T00:00:00Z", entry=entry), "2026-01-01T00:00:00Z"
    )
    fields = msgspec.json.decode(record.value or b"")
    fields["entry"]["fingerprint"] = {"scheme": "sha1-w3"}
    article = {"articleBody": story(1), "quality": {"origin": entry.origin}}
    with Producer(ready) as producer:
        producer.send(index, key=b"7", value=msgspec.json.encode(fields), partition=0)
        producer.send(ready.topic(Topic.CLEAN), key=b"old", value=msgspec.json.encode(article))
    with pytest.raises(WorkFailedError, match=r"1 entries of .* `copydesk reindex`"):
        replayed(ready)
    ran = copydesk(ready, "reindex")
    assert (ran.code, ran.err) == (0, "")
    assert "1 entries made anew, 0 forgotten" in ran.out
    assert len(replayed(ready).neighbours(prepared(story(1)))) == 1
    assert "0 entries made anew" in copydesk(ready, "reindex").out


def replayed(options: KafkaOptions) -> CompactIndex:
    journal = Journal(None, options.topic(Topic.INDEX), DedupOptions())
    asyncio.run(Changelog(options, 0).replay(journal))
    return journal.index
