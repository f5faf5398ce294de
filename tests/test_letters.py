"""Letters without a broker: what is read in a record, what a filter takes, what is sent again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cluster import KafkaOptions
from pipeline.errors import WrongUseError
from pipeline.routing import Topic
from pipeline.runners.kafka.admin import letter_file
from pipeline.runners.kafka.admin.letters import (
    Chosen,
    Letter,
    Replay,
    again,
    is_place,
    letter_in,
    target_of,
)
from pipeline.runners.kafka.engine.messages import Headers, Received

OPTIONS = KafkaOptions()
NOW = "2026-11-30T12:00:00Z"
CUT = b'{"headline": "cut off'


def ours(stage: str = "parse", reason: str = "not-json") -> Headers:
    facts = {
        "topic": "articles.raw",
        "partition": "3",
        "offset": "5",
        "stage": stage,
        "class.name": f"copydesk.{stage}",
        "exception.class.name": reason,
        "exception.message": "it is cut off",
    }
    return [(f"__connect.errors.{name}", fact.encode()) for name, fact in facts.items()]


def received(value: bytes | None = CUT, headers: Headers | None = None) -> Received:
    told = [("traceparent", b"00-1"), *ours()] if headers is None else headers
    return Received("articles.dead-letter", 0, 17, 1_790_000_000_000, b"k", value, told)


def letter(value: bytes | None = CUT, headers: Headers | None = None) -> Letter:
    return letter_in(received(value, headers), {})


def test_a_dead_letter_says_where_it_came_from_and_what_was_wrong():
    found = letter()
    assert (found.place, found.origin) == ("articles.dead-letter[0]@17", "articles.raw[3]@5")
    assert (found.stage, found.reasons, found.message) == ("parse", ("not-json",), "it is cut off")
    assert (found.size, found.is_kept, found.earlier, found.replay) == (len(CUT), True, (), None)


ARTICLE: dict[str, Any] = {
    "id": "7",
    "headline": "Short",
    "source": "Post",
    "quality": {
        "origin": {"topic": "articles.raw", "partition": 1, "offset": 2},
        "reasons": ["few-words"],
        "repairs": ["drop_lines"],
    },
}


def test_a_rejected_article_is_found_by_its_rules_and_by_the_repairs_that_edited_it():
    record = received(json.dumps(ARTICLE).encode(), [("ce_id", b"1"), ("content-type", b"x")])
    found = letter_in(record, {})
    assert (found.stage, found.reasons, found.source) == ("check", ("few-words",), "Post")
    assert found.origin == "articles.raw[1]@2"
    assert Chosen(rules=frozenset(["few-words"])).has(found)
    assert Chosen(rules=frozenset(["drop_lines"])).has(found)
    assert not Chosen(rules=frozenset(["other"])).has(found)
    sent, _ = again(found, OPTIONS, NOW, None)
    assert [name for name, _ in sent.headers] == ["content-type", "copydesk-replayed"]


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff", b"[1]", b"[" * 100_000, b'{"quality": 1}', b"null"]
)
def test_whatever_is_on_the_topic_is_a_letter(value: bytes | None):
    found = letter(value, [])
    assert (found.stage, found.reasons, found.origin) == ("?", ("?",), "?[?]@?")
    assert Chosen().has(found)
    assert target_of(found) is Topic.RAW


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (b'{"source": " Harbour Post ", "url": "https://example.org/a"}', "Harbour Post"),
        (b'{"hostname": "harbour.example"}', "harbour.example"),
        (b'{"url": "https://www.example.org/a"}', "example.org"),
        (b'{"headline": "cut", "url": "https://www.example.org/a", "te', "example.org"),
        (b'{"source": 7}', None),
        (CUT, None),
        (b"\x89PNG", None),
        (None, None),
    ],
)
def test_the_source_is_the_one_it_names_else_the_site_of_its_first_address(
    value: bytes | None, source: str | None
):
    found = letter(value)
    assert found.source == source
    assert Chosen(sources=frozenset([source or ""])).has(found)
    assert not Chosen(sources=frozenset(["other"])).has(found)


def test_times_are_from_the_first_up_to_before_the_second():
    at = received().timestamp
    assert Chosen(since=at, until=at + 1).has(letter())
    assert not Chosen(since=at + 1).has(letter())
    assert not Chosen(until=at).has(letter())


def test_what_is_sent_again_is_what_the_sender_sent_and_its_history():
    first = Replay("articles.dead-letter[0]@3", 5, "parse", ("binary",), NOW)
    history = ("copydesk-replayed", msgspec.json.encode(first))
    found = letter(headers=[("traceparent", b"00-1"), history, *ours()])
    assert found.earlier == (first,)
    sent, note = again(found, OPTIONS, NOW, None)
    assert (sent.topic, sent.key, sent.value, sent.timestamp) == ("articles.raw", b"k", CUT, None)
    *kept, (name, last) = sent.headers
    assert kept == [("traceparent", b"00-1"), history]
    assert (name, last) == ("copydesk-replayed", note.value)
    assert (note.topic, note.key) == ("articles.replayed", b"articles.dead-letter[0]@17")
    told = msgspec.json.decode(last or b"", type=Replay)
    assert told == Replay(found.place, received().timestamp, "parse", ("not-json",), NOW)
    known = {found.place: told}
    assert letter_in(received(), known).replay == told
    assert letter_in(received()._replace(timestamp=4), known).replay is None  # another topic


def test_headers_of_another_connector_stay_as_they_came():
    theirs = [("__connect.errors.stage", b"VALUE_CONVERTER"), ("__connect.errors.topic", b"t")]
    sent, _ = again(letter(headers=theirs), OPTIONS, NOW, None)
    assert sent.headers[:-1] == theirs


@pytest.mark.parametrize(
    ("stage", "topic"), [("desk", "raw"), ("dedup", "prepared"), ("sources", "quality")]
)
def test_a_letter_goes_to_the_topic_that_its_role_reads(stage: str, topic: str):
    assert target_of(letter(headers=ours(stage, "internal-error"))) == topic


def test_a_value_that_was_too_large_is_gone_and_an_empty_one_is_not():
    size = [("copydesk-size", b"70000"), ("copydesk-sha256", b"ab")]
    large = letter(None, [*ours(), *size])
    assert (large.size, large.is_kept) == (70_000, False)
    assert letter(None).is_kept
    sent, _ = again(large, OPTIONS, NOW, b"mended")
    assert (sent.value, [name for name, _ in sent.headers]) == (b"mended", ["copydesk-replayed"])


@given(value=st.none() | st.binary(), wrong=st.text(st.characters(exclude_characters="\r\n")))
def test_a_letter_in_a_file_comes_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, value: bytes | None, wrong: str
):
    path = tmp_path_factory.mktemp("letters") / "letter.txt"
    letter_file.write(path, "a.b[0]@17", wrong.encode(errors="replace").decode(), value)
    assert letter_file.read(path) == ("a.b[0]@17", value or b"")


def test_what_editors_do_to_a_file_does_no_harm(tmp_path: Path):
    path = tmp_path / "letter.txt"
    letter_file.write(path, "a[0]@1", "parse: not-json", b'{"a": 1}')
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert letter_file.read(path) == ("a[0]@1", b'{"a": 1}\r\n')


@pytest.mark.parametrize("content", [b"", b"copydesk letter: a[0]@1\n", b"{}", b"\xff" * 50])
def test_another_file_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    with pytest.raises(WrongUseError, match="has no heading of a letter"):
        letter_file.read(path)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("0@17", True), ("articles.dead-letter[0]@17", True), ("0", False), ("a/b.txt", False)],
)
def test_places_are_told_from_files(text: str, is_one: bool):  # noqa: FBT001
    assert is_place(text) is is_one
