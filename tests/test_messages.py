"""What outcomes become on the wire, without a broker: headers, dead letters, arrival, size."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.article import Arrival, DeadLetter, Format, Outcome, Prepared, Rejected, Verdict
from pipeline.cluster import KafkaOptions
from pipeline.dedup import DedupOptions
from pipeline.flow import Stages, decide, prepare, prepare_batch
from pipeline.flow import outcome_of as outcome_of_rejected
from pipeline.parse import REASONS as PARSE_REASONS
from pipeline.runners.journal import Journal
from pipeline.runners.kafka.engine.messages import (
    ARRIVED,
    SHA256,
    SIZE,
    Headers,
    Message,
    Received,
    Writer,
    arrival_of,
    header,
    now,
)
from pipeline.runners.kafka.roles.dedup import DedupHandler
from pipeline.runners.kafka.roles.desk import DeskHandler

NOW = "2026-11-22T19:03:00Z"
NOW_MS = 1_795_374_180_000
OPTIONS = KafkaOptions(prefix="test-")
LIMIT = OPTIONS.max_message_bytes
TRACE = ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
BODY = """\
The harbour council decided on Monday to repair the eastern quay before winter. Divers had found
cracks in four of its piers, two of them wide enough for a hand. Until March the ferry to the island
will leave from the old fish market, ten minutes on foot from the station.

Nora Lind, who runs the kiosk at the quay, said that she had warned the town for years. "Every storm
took a stone away," she told the meeting. The repair costs two million crowns, half of which the
region pays; a toll on freight, which the mayor had proposed, was voted down by nine to six.
"""
FINE = json.dumps({"headline": "Quay to be repaired", "articleBody": BODY}).encode()
BROKEN = b'{"headline": "cut'


def received(value: bytes | None = FINE, **changes: Any) -> Received:
    raw = Received("test-articles.raw", 3, 17, NOW_MS, b"a key", value, [])
    return raw._replace(**changes)


def prepared_of(raw: Received) -> Prepared:
    prepared = prepare(raw.value or b"", arrival_of(raw, NOW), Stages())
    assert isinstance(prepared, Prepared)
    return prepared


def outcome_of(raw: Received) -> Outcome:
    return decide(prepared_of(raw), [], Stages())


def letter_of(raw: Received) -> DeadLetter:
    arrival = arrival_of(raw, NOW)
    return DeadLetter.of(raw.value or b"", arrival, "desk", "internal-error", "an error")


@pytest.fixture
def writer() -> Writer:
    return Writer(OPTIONS, "desk", "0.1.0+12345678")


# The desk


def test_the_desk_handles_records_together_as_one_by_one(monkeypatch: pytest.MonkeyPatch):
    records = [received(), received(BROKEN, offset=18), received(FINE, offset=19)]
    monkeypatch.setattr("pipeline.runners.kafka.roles.desk.now", lambda: NOW)
    together = DeskHandler(Stages(), OPTIONS).handle(records)
    one_by_one = [DeskHandler(Stages(), OPTIONS).handle([one])[0] for one in records]
    assert together == one_by_one
    assert [isinstance(one.outcome, DeadLetter) for one in together] == [False, True, False]


def test_an_article_that_meets_a_bug_stops_no_other(monkeypatch: pytest.MonkeyPatch):
    def fail(values: list[tuple[bytes, Arrival]], *rest: Any) -> Any:
        if any(b"bug" in value for value, _ in values):
            raise RuntimeError("a bug")
        return prepare_batch(values, *rest)

    monkeypatch.setattr("pipeline.runners.kafka.roles.desk.prepare_batch", fail)
    records = [received(), received(FINE.replace(b"Quay", b"bug"), offset=18), received(FINE)]
    done = DeskHandler(Stages(), OPTIONS).handle(records)
    assert [one.outcome and one.outcome.reason for one in done] == [None, "internal-error", None]


# The decider


def test_an_article_that_cannot_be_compared_is_accounted_for_by_its_raw_record(
    monkeypatch: pytest.MonkeyPatch,
):
    def fail(*_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr("pipeline.runners.kafka.roles.dedup.decide", fail)
    [prepared] = DeskHandler(Stages(), OPTIONS).handle([received()])[0].messages
    place = Received(prepared.topic, 0, 5, 1_000, None, prepared.value, prepared.headers)
    journal = Journal(None, "index", DedupOptions())
    [done] = DedupHandler(Stages(), OPTIONS, journal, 0).handle([place])
    assert isinstance(done.outcome, DeadLetter)
    assert str(done.outcome.origin) == "test-articles.raw[3]@17"
    told = dict(done.messages[0].headers)  # where it is replayed to
    assert told["__connect.errors.topic"] == prepared.topic.encode()
    assert told["__connect.errors.offset"] == b"5"


# CloudEvents


def test_an_article_carries_the_attributes_of_a_cloud_event(writer: Writer):
    article, account = writer.settled(outcome_of(received()), received(), NOW)
    assert article.headers == [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"test-articles.raw[3]@17/article.clean"),
        ("ce_source", b"/copydesk/desk"),
        ("ce_type", b"copydesk.article.clean"),
        ("ce_time", NOW.encode()),
        ("content-type", b"application/json"),
    ]
    assert dict(account.headers)["ce_type"] == b"copydesk.quality"
    assert dict(account.headers)["ce_id"] == b"test-articles.raw[3]@17/quality"


def test_what_is_written_of_one_record_has_ids_that_differ(writer: Writer):
    raw = received()
    written = [writer.prepared(prepared_of(raw), raw, NOW)]
    written += writer.settled(outcome_of(raw), raw, NOW)
    ids = [header(message.headers, "ce_id") for message in written]
    assert len(set(ids)) == len(ids) == 3


@pytest.mark.parametrize("incoming", [[], [TRACE], [("other", b"x"), TRACE]])
def test_a_trace_is_passed_on_and_nothing_else(writer: Writer, incoming: Headers):
    raw = received(headers=incoming)
    written = [writer.prepared(prepared_of(raw), raw, NOW)]
    written += writer.settled(outcome_of(raw), raw, NOW)
    for message in written:
        names = [name for name, _ in message.headers]
        assert ("other" in names, names.count("traceparent")) == (False, TRACE in incoming)
        assert header(message.headers, "traceparent") == (TRACE[1] if TRACE in incoming else None)


def test_the_time_of_arrival_goes_on_to_dedup(writer: Writer):
    message = writer.prepared(prepared_of(received()), received(), NOW)
    assert header(message.headers, ARRIVED) == str(NOW_MS).encode()
    assert (message.topic, message.key) == ("test-articles.prepared", None)


# Where it goes


@pytest.mark.parametrize(
    ("verdict", "topic"),
    [
        (Verdict.PUBLISH, "test-articles.clean"),
        (Verdict.DUPLICATE, "test-articles.duplicates"),
        (Verdict.REJECT, "test-articles.rejected"),
    ],
)
def test_an_outcome_goes_behind_its_door_and_into_the_accounts(
    writer: Writer, verdict: Verdict, topic: str
):
    fine = outcome_of(received())
    outcome = Outcome(fine.article, replace(fine.quality, verdict=verdict, source="example.com"))
    article, account = writer.settled(outcome, received(), NOW)
    assert (article.topic, account.topic) == (topic, "test-quality.articles")
    assert (article.key, account.key) == (fine.article.id.encode(), b"example.com")
    assert json.loads(article.value or b"")["quality"]["verdict"] == verdict
    assert json.loads(account.value or b"")["processedAt"] == NOW


def test_a_rejected_article_is_settled_too(writer: Writer):
    ready = prepare(b'{"articleBody": "Short."}', arrival_of(received(), NOW), Stages())
    assert isinstance(ready, Rejected)
    article, _ = writer.settled(outcome_of_rejected(ready), received(), NOW)
    assert article.topic == "test-articles.rejected"


def test_all_accounts_without_a_source_have_one_key(writer: Writer):
    _, account = writer.settled(outcome_of(received()), received(), NOW)
    assert account.key == b""


# Dead letters


def parsed(raw: Received) -> DeadLetter:
    letter = prepare(raw.value or b"", arrival_of(raw, NOW), Stages())
    assert isinstance(letter, DeadLetter)
    return letter


def test_a_dead_letter_keeps_all_of_its_record_and_says_where_and_why_it_failed(writer: Writer):
    raw = received(BROKEN, headers=[("mine", b"1"), ("mine", b"2"), ("empty", None)])
    letter = parsed(raw)
    dead, account = writer.dead(letter, raw, NOW)
    assert (dead.topic, dead.partition) == ("test-articles.dead-letter", None)
    assert (dead.key, dead.value, dead.timestamp) == (raw.key, raw.value, raw.timestamp)
    assert dead.headers == [
        *raw.headers,
        ("__connect.errors.topic", b"test-articles.raw"),
        ("__connect.errors.partition", b"3"),
        ("__connect.errors.offset", b"17"),
        ("__connect.errors.stage", letter.stage.encode()),
        ("__connect.errors.class.name", f"copydesk.{letter.stage}".encode()),
        ("__connect.errors.exception.class.name", letter.reason.encode()),
        ("__connect.errors.exception.message", letter.message.encode()),
        ("ce_specversion", b"1.0"),
        ("ce_id", b"test-articles.raw[3]@17/dead-letter"),
        ("ce_source", b"/copydesk/desk"),
        ("ce_type", b"copydesk.dead-letter"),
        ("ce_time", NOW.encode()),
    ]
    assert letter.reason in PARSE_REASONS
    assert json.loads(account.value or b"")["reasons"] == [letter.reason]


def test_headers_of_an_earlier_failure_are_never_overwritten(writer: Writer):
    earlier: Headers = [
        ("__connect.errors.topic", b"scraped"),
        ("__connect.errors.exception.message", None),
    ]
    raw = received(BROKEN, headers=earlier)
    dead, _ = writer.dead(parsed(raw), raw, NOW)
    names = [name for name, _ in dead.headers]
    assert dead.headers[:2] == earlier
    assert len(set(names)) == len(names) == 12
    assert header(dead.headers, "__connect.errors.offset") == b"17"


def test_a_dead_letter_that_came_as_an_event_remains_this_event(writer: Writer):
    event: Headers = [("ce_specversion", b"1.0"), ("ce_id", b"7"), ("ce_type", b"news.scraped")]
    raw = received(BROKEN, headers=event)
    dead, _ = writer.dead(parsed(raw), raw, NOW)
    assert [one for one in dead.headers if one[0].startswith("ce_")] == event


@pytest.mark.parametrize("value", [None, b"", b"\x00\xff\xfe" * 5])
def test_a_dead_letter_of_any_bytes_keeps_them(writer: Writer, value: bytes | None):
    raw = received(value, key=None)
    dead, _ = writer.dead(letter_of(raw), raw, NOW)
    assert (dead.key, dead.value) == (None, value)


def test_a_record_without_a_time_gets_the_time_of_the_dead_letter(writer: Writer):
    raw = received(BROKEN, timestamp=-1)
    assert writer.dead(letter_of(raw), raw, NOW)[0].timestamp is None


def test_a_record_from_the_future_gets_the_time_of_the_dead_letter(writer: Writer):
    raw = received(BROKEN, timestamp=int(time.time() * 1000) + 86_400_000)
    assert writer.dead(letter_of(raw), raw, NOW)[0].timestamp is None


def test_a_message_that_utf_8_cannot_hold_is_written_all_the_same(writer: Writer):
    letter = replace(letter_of(received()), message="half of a pair: \ud83d")
    dead, _ = writer.dead(letter, received(), NOW)
    assert header(dead.headers, "__connect.errors.exception.message") == b"half of a pair: ?"


def test_a_value_too_large_to_send_is_told_by_size_and_hash(writer: Writer):
    value = b"x" * LIMIT
    raw = received(value, headers=[TRACE])
    dead, account = writer.dead(letter_of(raw), raw, NOW)
    assert (dead.key, dead.value) == (b"a key", None)
    assert header(dead.headers, SIZE) == str(LIMIT).encode()
    assert header(dead.headers, SHA256) == hashlib.sha256(value).hexdigest().encode()
    assert header(dead.headers, "traceparent") == TRACE[1]
    assert writer.fit([dead, account])


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"k" * LIMIT},
        {"headers": [("large", b"h" * LIMIT)]},
        {"headers": [("many", b"h")] * (LIMIT // 10)},
        {"headers": [("n" * LIMIT, None)]},
    ],
    ids=["key", "one header", "many headers", "a header's name"],
)
def test_keys_and_headers_too_large_to_send_are_left_behind(
    writer: Writer, changes: dict[str, Any]
):
    raw = received(BROKEN, **changes)
    dead, account = writer.dead(letter_of(raw), raw, NOW)
    assert (dead.key, dead.value) == (None, None)
    assert header(dead.headers, SIZE) == str(len(BROKEN)).encode()
    assert header(dead.headers, "__connect.errors.offset") == b"17"
    assert writer.fit([dead, account])


@given(
    value=st.none() | st.binary(max_size=200),
    key=st.none() | st.binary(max_size=20),
    names=st.lists(st.text(max_size=8), max_size=4),
    timestamp=st.integers(-(2**63), 2**63 - 1),
)
def test_whatever_comes_in_can_be_a_dead_letter(
    value: bytes | None, key: bytes | None, names: list[str], timestamp: int
):
    raw = received(value, key=key, timestamp=timestamp, headers=[(name, b"") for name in names])
    writer = Writer(OPTIONS, "desk", "0.1.0+12345678")
    dead, account = writer.dead(letter_of(raw), raw, NOW)
    assert (dead.key, dead.value, dead.headers[: len(names)]) == (key, value, raw.headers)
    assert writer.fit([dead, account])


# Arrival


@pytest.mark.parametrize(
    ("timestamp", "seen_at"),
    [
        (NOW_MS, NOW),
        (NOW_MS - 1, "2026-11-22T19:02:59Z"),
        (0, "1970-01-01T00:00:00Z"),
        (NOW_MS + 1000, NOW),
        (NOW_MS + 3_000 * 86_400_000, NOW),
        (-1, NOW),
        (-(2**63), NOW),
        (253_402_300_800_000, NOW),  # the year 10,000
        (2**63 - 1, NOW),
    ],
)
def test_a_record_arrived_when_its_time_says_but_never_after_now(timestamp: int, seen_at: str):
    arrival = arrival_of(received(timestamp=timestamp), NOW)
    assert arrival.seen_at == seen_at
    assert str(arrival.origin) == "test-articles.raw[3]@17"


@pytest.mark.parametrize(
    ("headers", "format_"),
    [
        ([], Format.UNKNOWN),
        ([("content-type", b"application/json")], Format.JSON),
        ([("content-type", b" Application/JSON ; charset=utf-8")], Format.JSON),
        ([("content-type", b"text/plain")], Format.TEXT),
        ([("content-type", b"text/markdown;variant=GFM")], Format.MARKDOWN),
        ([("content-type", b"image/png")], Format.UNKNOWN),
        ([("content-type", b"\xff")], Format.UNKNOWN),
        ([("content-type", None)], Format.UNKNOWN),
        ([("content-type", b"text/plain"), ("content-type", b"application/json")], Format.JSON),
    ],
)
def test_what_a_record_claims_to_be_is_told_by_its_last_content_type(
    headers: Headers, format_: Format
):
    assert arrival_of(received(headers=headers), NOW) == Arrival(
        origin=arrival_of(received(), NOW).origin, seen_at=NOW, format=format_
    )


def test_now_is_written_as_records_carry_it():
    assert len(now()) == len(NOW)
    assert now() > NOW[:4]


# Size


def sized(topic: str, size: int) -> Message:
    """A message that counts as so many bytes."""
    empty = Message(topic, None, b"", [])
    return empty._replace(value=b"x" * (size - empty.size))


def test_messages_fit_up_to_the_limit_and_prepared_ones_leave_room_for_their_match(writer: Writer):
    assert writer.fit([])
    assert writer.fit([sized("test-articles.clean", LIMIT)] * 3)
    assert not writer.fit([sized("test-articles.clean", 500), sized("other", LIMIT + 1)])
    assert not writer.fit([sized("test-articles.prepared", LIMIT)])
    assert writer.fit([sized("test-articles.prepared", LIMIT - 16_384)])


def test_a_size_counts_key_value_and_headers():
    bare = Message("t", None, None, []).size
    full = Message("t", b"12345", b"123", [("name", b"value"), ("none", None)]).size
    assert full >= bare + 5 + 3 + len("namevalue") + len("none")


def test_each_record_of_a_value_has_its_own_outcome_and_its_own_dead_letter():
    records = [json.loads(FINE), {"ad": 1}, {"title": "Only a title", "text": ""}]
    value = json.dumps({"articles": records}).encode()
    handled = DeskHandler(Stages(), OPTIONS).handle([received(value)])
    kinds = [type(one.outcome).__name__ for one in handled]
    assert kinds == ["NoneType", "DeadLetter", "Outcome"]
    prepared, dead, *rest = (message for one in handled for message in one.messages)
    assert (prepared.topic, dead.topic) == ("test-articles.prepared", "test-articles.dead-letter")
    assert [message.topic for message in rest] == [
        "test-quality.articles",
        "test-articles.rejected",
        "test-quality.articles",
    ]
    assert (dead.key, dead.value) == (b"a key", b'{"ad": 1}')
    ids = [header(message.headers, "ce_id") for message in (prepared, *rest)]
    assert ids == [
        b"test-articles.raw[3]@17#1/article.prepared",
        b"test-articles.raw[3]@17#2/quality",
        b"test-articles.raw[3]@17#3/article.rejected",
        b"test-articles.raw[3]@17#3/quality",
    ]


def test_a_value_of_a_schema_registry_is_read_and_one_in_avro_is_named():
    framed = b"\0\0\0\0\x07"
    handler = DeskHandler(Stages(), OPTIONS)
    first, second = handler.handle([received(framed + FINE), received(framed + b"\x12Quay")])
    letter = second.outcome
    assert first.outcome is None
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.value) == ("schema-registry", framed + b"\x12Quay")
