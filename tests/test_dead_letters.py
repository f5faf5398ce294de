"""`copydesk dead-letters` on a real broker: each letter goes through once, whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from msgspec.structs import replace
from support.promises import broken_promises
from support.streams import (
    Pipeline,
    Producer,
    Ran,
    Reader,
    copydesk,
    environ_of,
    on,
    running,
    story,
    with_topic,
)

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.admin.provisioning import apply
from pipeline.runners.kafka.engine.messages import Message, Received
from pipeline.runners.kafka.roles.desk import DeskHandler
from pipeline.settings import Settings

GOOD = b'{"leftover": "The ferry leaves from the old market at nine, and the mayor was there."}'
POISON: list[tuple[bytes | None, bytes | None, str]] = [  # key, value, reason
    (b"none", None, "empty-value"),
    (b"png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "binary"),
    (b"cut", b'{"headline": "cut off', "not-json"),
    (b"fixable", GOOD, "no-text-field"),
    (b"", b'{"price": 12, "colour": "red", "source": "Harbour Post"}', "no-text-field"),
    (None, b'{"articleBody": {"deep": [1, 2]}, "url": "https://example.org/a"}', "wrong-type"),
    (b"deep", b'{"a":' * 5000 + b"1" + b"}" * 5000, "too-deep"),
]
FIX = ("COPYDESK_PARSE__ALIASES", "{articleBody: [leftover]}")
NOW = 1_790_000_000_000


@pytest.fixture
def ready(kafka: KafkaOptions) -> KafkaOptions:
    """A pipeline whose topics are there, with one partition each of raw articles and letters."""
    options = with_topic(with_topic(kafka, "raw", partitions=1), "dead_letter", partitions=1)
    apply(options)
    return options


def fail(options: KafkaOptions, values: list[tuple[bytes | None, bytes | None]]) -> None:
    """Puts onto the topics what the desk makes of values, as if they were raw records."""
    desk = DeskHandler(Settings().stages(), options)
    raw = options.topic(Topic.RAW)
    records = [
        Received(raw, 0, offset, NOW + offset, key, value, [("traceparent", b"00-1")])
        for offset, (key, value) in enumerate(values)
    ]
    put(options, [message for done in desk.handle(records) for message in done.messages])


def put(options: KafkaOptions, messages: list[Message]) -> None:
    with Producer(options) as producer:
        for one in messages:
            producer.send(
                one.topic,
                key=one.key if one.key is not None or one.value is not None else b"",
                value=one.value,
                headers=one.headers,
                timestamp_ms=one.timestamp,
            ).get(30)


def letters(options: KafkaOptions, *arguments: str) -> Ran:
    return copydesk(options, "dead-letters", *arguments)


def replay(options: KafkaOptions, *arguments: str) -> Any:
    ran = letters(options, "replay", *arguments, "--json")
    assert (ran.code, ran.err) == (0, ""), ran
    return ran.facts


def values(options: KafkaOptions, name: str = "raw") -> list[bytes]:
    return [record.value for record in on(options, name)]


@pytest.fixture
def poisoned(ready: KafkaOptions) -> KafkaOptions:
    fail(ready, [(key, value) for key, value, _ in POISON])
    return ready


def test_what_can_be_read_now_goes_through_once_and_the_rest_stays(
    poisoned: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    before = replay(poisoned)
    counts = Counter(reason for _, _, reason in POISON)
    assert before == {"chosen": 7, "sent": 0, "earlier": 0, "stay": dict(counts)}
    monkeypatch.setenv(*FIX)
    counts["no-text-field"] -= 1
    assert replay(poisoned) == {"chosen": 7, "sent": 1, "earlier": 0, "stay": dict(counts)}
    assert replay(poisoned) == {"chosen": 7, "sent": 0, "earlier": 1, "stay": dict(counts)}
    [sent] = on(poisoned, "raw")
    assert (sent.key, sent.value) == (b"fixable", GOOD)
    headers = dict(sent.headers)
    assert headers.pop("traceparent") == b"00-1"
    history = json.loads(headers.pop("copydesk-replayed"))
    assert headers == {}
    assert [*broken_promises(Topic.REPLAYED, on(poisoned, "replayed"))] == []
    assert (history["letter"], history["stage"], history["reasons"]) == (
        f"{poisoned.topic(Topic.DEAD_LETTER)}[0]@3",
        "parse",
        ["no-text-field"],
    )


def test_the_stream_publishes_what_was_sent_again(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path) as pipeline:
        bad = story(1).replace(b"articleBody", b"leftover")
        pipeline.feed([bad, b'{"cut', story(2)])
        pipeline.start(Role.DESK, Role.DEDUP)
        pipeline.read.outcomes(3)
        assert pipeline.stop() == [0, 0]
        pipeline.environ |= dict([FIX])
        ran = subprocess.run(
            [sys.executable, "-m", "pipeline", "dead-letters", "replay"],
            env=os.environ | pipeline.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.startswith(f"1 of 2 letters were sent again to {pipeline.raw}.\n1 stay")
        pipeline.start(Role.DESK, Role.DEDUP)
        pipeline.read.outcomes(4)
        assert pipeline.stop() == [0, 0]
        headlines = sorted(one["headline"] for one in pipeline.read.values("clean"))
        assert headlines == ["Story 1", "Story 2"]
        assert len(pipeline.read["dead_letter"]) == 2


def test_a_filter_loses_nothing_that_it_skips_and_nothing_is_sent_twice(
    ready: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    fail(ready, [(b"%d" % number, GOOD) for number in range(6)])
    monkeypatch.setenv(*FIX)
    fourth = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(NOW / 1000)) + ".003"
    assert replay(ready, "--since", fourth)["sent"] == 3
    for nothing in (
        ("--until", fourth, "--reason", "not-json"),
        ("--stage", "dedup"),
        ("--source", "Harbour Post"),
        ("--since", "2d", "--until", "1h"),
    ):
        assert replay(ready, *nothing)["chosen"] == 0
    assert replay(ready, "--reason", "no-text-field", "--dry-run")["sent"] == 3
    facts = replay(ready, "--reason", "no-text-field")
    assert facts == {"chosen": 6, "sent": 3, "earlier": 3, "stay": {}}
    assert [record.key for record in on(ready, "raw")] == [b"3", b"4", b"5", b"0", b"1", b"2"]
    assert lag(ready) == 0


def lag(options: KafkaOptions) -> int:
    """What Kafka's own tools show as waiting for the group of replays."""
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap_servers)
    group = f"{options.prefix}copydesk-dead-letters"
    found = admin.list_group_offsets({group: None})[group]
    admin.close()
    reader = Reader(options)
    ends = reader._consumer.end_offsets(list(found))
    reader.close()
    return sum(ends[at] - one.offset for at, one in found.items())


# Each transaction stays open for a while before it is committed.
SLOW = """
import asyncio, sys
from aiokafka import AIOKafkaProducer
commit = AIOKafkaProducer.commit_transaction
async def slow(self):
    await asyncio.sleep(0.5)
    await commit(self)
AIOKafkaProducer.commit_transaction = slow
from pipeline.cli import main
sys.exit(main(["dead-letters", "replay", "--json"]))
"""
COUNT = 40


@pytest.fixture
def many(ready: KafkaOptions, monkeypatch: pytest.MonkeyPatch) -> KafkaOptions:
    """Letters that can be read now; a transaction takes a few."""
    fill(ready, monkeypatch)
    return replace(ready, batch_articles=4, delivery_timeout=5.0)


def fill(options: KafkaOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(options, [(b"%d" % number, GOOD) for number in range(COUNT)])
    monkeypatch.setenv(*FIX)


def slow_replay(options: KafkaOptions) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SLOW],
        env=os.environ | environ_of(options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_sent(options: KafkaOptions, count: int) -> None:
    """Waits until so many records are on the raw topic, committed or not."""
    reader = Reader(options, isolation_level="read_uncommitted")
    reader.until(lambda: len(reader["raw"]) >= count, patience=30)
    reader.close()


def are_all_there_once(options: KafkaOptions) -> None:
    assert sorted(int(record.key) for record in on(options, "raw")) == [*range(COUNT)]
    assert lag(options) == 0
    assert replay(options)["earlier"] == COUNT


def test_a_replay_that_is_killed_doubles_and_loses_nothing(many: KafkaOptions):
    seen = 0
    for _ in range(3):
        running_replay = slow_replay(many)
        until_sent(many, seen + 6)  # the second transaction is open
        running_replay.kill()
        running_replay.communicate()
        reader = Reader(many, isolation_level="read_uncommitted")
        seen = len(reader.to_end()["raw"])
        reader.close()
    facts = replay(many)
    assert 0 < facts["earlier"] < COUNT
    assert facts["sent"] + facts["earlier"] == COUNT
    assert seen + facts["sent"] > COUNT, "no kill fell inside a transaction"
    are_all_there_once(many)


def test_of_two_replays_at_once_the_second_ends_the_first(many: KafkaOptions):
    first = slow_replay(many)
    until_sent(many, 6)
    facts = replay(many)
    out, err = first.communicate(timeout=60)
    assert (first.returncode, out) == (1, "")
    assert "copydesk: another replay has begun, which ends this one. " in err
    assert "run the command once more for the others: nothing is sent twice" in err
    assert 0 < facts["earlier"] < COUNT
    assert facts["sent"] + facts["earlier"] == COUNT
    are_all_there_once(many)


def test_a_broker_that_goes_away_during_a_replay(monkeypatch: pytest.MonkeyPatch):
    with running(Broker()) as broker:
        options = with_topic(
            KafkaOptions(
                bootstrap_servers=broker.bootstrap, batch_articles=4, delivery_timeout=5.0
            ),
            "raw",
            partitions=1,
        )
        apply(options)
        fill(options, monkeypatch)
        first = slow_replay(options)
        until_sent(options, 6)
        broker.stop()
        out, err = first.communicate(timeout=60)
        assert (first.returncode, out) == (1, ""), err
        assert f"{broker.bootstrap}: no Kafka can be reached there" in err or "no answer for" in err
        assert "nothing is sent twice" in err
        broker.start()
        facts = replay(options)
        assert 0 < facts["earlier"] < COUNT
        are_all_there_once(options)


def test_a_mended_letter_is_sent_with_its_history(poisoned: KafkaOptions, tmp_path: Path):
    file = tmp_path / "letter.txt"
    shown = letters(poisoned, "show", "0@2", "--edit", str(file))
    assert (shown.code, shown.err) == (0, "")
    before = file.read_bytes()
    assert before.endswith(b'\n{"headline": "cut off')
    unmended = letters(poisoned, "replay", str(file))
    assert unmended.code == 1
    assert "1 stay: not-json" in unmended.out
    assert f"{file}: stays: cannot be read as JSON: it ends early, after character 21" in (
        unmended.err
    )
    file.write_bytes(before + b', but mended", "articleBody": "The ferry leaves at nine."}\n')
    assert letters(poisoned, "replay", str(file), "--dry-run").out.startswith(
        "1 of 1 letters would"
    )
    assert values(poisoned) == []
    assert letters(poisoned, "replay", str(file)).code == 0
    twice = letters(poisoned, "replay", str(file))
    assert (twice.code, "it was sent again at 20" in twice.err) == (1, True)
    assert "0 of 1 letters were sent again" in twice.out
    assert twice.out.endswith("\n1 were sent again before.\n")
    [sent] = on(poisoned, "raw")
    assert json.loads(sent.value)["headline"] == "cut off, but mended"
    assert sent.key == b"cut"
    assert json.loads(dict(sent.headers)["copydesk-replayed"])["mended"] is True
    listed = letters(poisoned, "list", "--all", "--json").lines
    assert [one["replayedAt"] is None for one in listed] == [True, True, False, *[True] * 4]
    refused = letters(poisoned, "show", "0@2", "--edit", str(file))
    assert (refused.code, "is there already" in refused.err) == (2, True)


def test_a_letter_that_comes_back_is_sent_once_more_only_if_asked(
    ready: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    fail(ready, [(b"k", GOOD)])
    monkeypatch.setenv(*FIX)
    replay(ready)
    [sent] = on(ready, "raw")
    failed = Received(ready.topic(Topic.RAW), 0, 0, NOW, sent.key, sent.value, sent.headers)
    [done] = DeskHandler(Settings().stages(), ready).handle([failed])  # workers with old settings
    put(ready, done.messages)
    assert replay(ready) == {"chosen": 2, "sent": 0, "earlier": 1, "stay": {"came-back": 1}}
    assert "came back" in letters(ready, "list").out
    assert "before" in letters(ready, "show", "0@1").out
    assert replay(ready, "--again")["sent"] == 1
    histories = [name for name, _ in on(ready, "raw")[1].headers if name == "copydesk-replayed"]
    assert len(histories) == 2


def test_what_kills_its_reader_is_sent_only_if_asked_and_never_tried_here(ready: KafkaOptions):
    raw = Received(ready.topic(Topic.RAW), 0, 0, NOW, b"k", story(1), [])
    desk = DeskHandler(Settings().stages(), ready)
    put(ready, desk.give_up(raw, "deadly", "a worker died at it twice").messages)
    assert replay(ready)["stay"] == {"deadly": 1}
    assert "stays: deadly: " in letters(ready, "show", "0@0").out
    assert replay(ready, "--again")["sent"] == 1


def test_rejected_articles_go_through_once_the_rule_lets_them(
    ready: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    short = json.dumps({"headline": "Short", "articleBody": "It rained.", "source": "Post"})
    fail(ready, [(b"a", short.encode()), (b"b", story(1)), (b"c", b'{"cut')])
    listed = letters(ready, "list", "--from", "rejected", "--json").lines
    assert [(one["stage"], one["source"]) for one in listed] == [("check", "Post")]
    rule = listed[0]["reasons"][0]
    command = ("--from", "rejected", "--rule", rule)
    assert replay(ready, *command)["stay"] == {rule: 1}
    let(listed[0]["reasons"], monkeypatch)
    assert replay(ready, *command)["sent"] == 1
    assert replay(ready, *command) == {"chosen": 1, "sent": 0, "earlier": 1, "stay": {}}
    [sent] = on(ready, "raw")
    assert sorted(name for name, _ in sent.headers) == [
        "content-type",
        "copydesk-replayed",
        "traceparent",
    ]
    assert json.loads(sent.value)["headline"] == "Short"


def let(rules: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Switches rules off that reject articles."""
    monkeypatch.setenv("COPYDESK_CHECK__LIMITS", json.dumps(dict.fromkeys(rules)))


def test_a_rejected_article_is_sent_as_it_came_while_the_raw_topic_has_it(
    ready: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    came = b'{"headline": "Short", "articleBody": "It rained. <b>Share this</b>", "id": "7"}'
    with Producer(ready) as producer:
        producer.send(ready.topic(Topic.RAW), key=b"a", value=came, headers=[("shop", b"1")])
    fail(ready, [(b"a", came)])
    [listed] = letters(ready, "list", "--from", "rejected", "--json").lines
    let(listed["reasons"], monkeypatch)
    assert letters(ready, "replay", "--from", "rejected", listed["place"]).code == 0
    first, sent = on(ready, "raw")
    assert (sent.key, sent.value) == (first.key, first.value)
    assert [name for name, _ in sent.headers] == ["shop", "copydesk-replayed"]
    assert replay(ready, "--from", "rejected")["earlier"] == 1


def test_what_is_too_large_to_be_kept_stays_until_it_is_mended(ready: KafkaOptions, tmp_path: Path):
    small = replace(ready, max_message_bytes=70_000)
    fail(small, [(b"k", b'{"articleBody": "' + b"word " * 20_000 + b'"}')])
    assert replay(ready)["stay"] == {"value-gone": 1}
    assert "none; 100,019 bytes came" in letters(ready, "show", "0@0").out
    file = tmp_path / "letter.txt"
    assert letters(ready, "show", "0@0", "--edit", str(file)).code == 0
    file.write_bytes(file.read_bytes() + b'{"articleBody": "The ferry leaves at nine."}')
    assert letters(ready, "replay", str(file)).code == 0
    assert len(values(ready)) == 1


def test_without_the_raw_topic_nothing_is_sent_and_it_says_so(poisoned: KafkaOptions):
    admin = KafkaAdminClient(bootstrap_servers=poisoned.bootstrap_servers)
    admin.delete_topics([poisoned.topic(Topic.RAW)])
    admin.close()
    ran = letters(poisoned, "replay")
    assert (ran.code, ran.out) == (1, "")
    assert f"lacks the topic {poisoned.topic(Topic.RAW)}: run `copydesk topics --apply`" in ran.err


def test_a_topic_made_anew_holds_other_letters(
    ready: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    fail(ready, [(b"old", GOOD)])
    monkeypatch.setenv(*FIX)
    assert replay(ready)["sent"] == 1
    admin = KafkaAdminClient(bootstrap_servers=ready.bootstrap_servers)
    admin.delete_topics([ready.topic(Topic.DEAD_LETTER)])
    admin.close()
    apply(ready)
    monkeypatch.delenv(FIX[0])
    fail(ready, [(b"ignored", story(1)), (b"new", GOOD)])
    monkeypatch.setenv(*FIX)
    assert replay(ready)["sent"] == 1
    assert [record.key for record in on(ready, "raw")] == [b"old", b"new"]


def test_a_letter_is_shown_as_a_person_reads_it(poisoned: KafkaOptions):
    shown = letters(poisoned, "show", "0@2")
    assert (shown.code, shown.err) == (0, "")
    raw, dead = poisoned.topic(Topic.RAW), poisoned.topic(Topic.DEAD_LETTER)
    for part in (
        f"{dead}[0]@2",
        f"{raw}[0]@2",
        "parse: not-json: ",
        "stays: not-json: ",
        "--edit FILE",
        "21 bytes, UTF-8",
        '{"headline": "cut off',
    ):
        assert part in shown.out
    listed = letters(poisoned, "list", "--source", "Harbour Post")
    assert listed.out.count("\n") == 1
    assert listed.err == "1 letters: 1 no-text-field\n"
    assert letters(poisoned, "list", "--source", "example.org").out.count("wrong-type") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "0@99"), "there is no letter 0@99"),
        (("show", "7@0"), "there is no letter 7@0"),
        (("show", "nonsense"), "there is no letter nonsense"),
        (("replay", "nonsense"), "nonsense: cannot be read: "),
        (("replay", "0@1", "--stage", "parse"), "not both at once"),
        (("list", "--since", "yesterday"), "--since: 'yesterday' is no time. Examples: "),
    ],
)
def test_wrong_use_says_what_is_right(poisoned: KafkaOptions, arguments: Any, says: str):
    ran = letters(poisoned, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
