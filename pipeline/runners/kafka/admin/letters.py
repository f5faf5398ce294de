"""Letters: dead letters and rejected articles, as records that can be sent again.

What was sent again is noted on `articles.replayed`, a record for each letter, in the transaction
that sends it: a letter is open or replayed, whatever a filter skips and whenever a replay dies. A
letter is known by its place and its time, so that a topic that was made anew holds other letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from kafka import TopicPartition
from msgspec import Struct

from pipeline.article import Origin, encode
from pipeline.cluster import KafkaOptions
from pipeline.live.wire import letter_of as dead_letter_of
from pipeline.parse.aliases import alias_table, squash
from pipeline.routing import Role, Topic, consumed_by
from pipeline.runners.kafka.admin.consumer import Reader, reading
from pipeline.runners.kafka.engine.messages import (
    CONNECT,
    DEAD,
    REPLAYED,
    SHA256,
    SIZE,
    TRACE,
    Headers,
    Message,
    Received,
    cloud_event,
    header,
)
from pipeline.url import site_of

_SOURCE = b"/copydesk/dead-letters"
CHECK = "check"  # the stage of rejected articles
_PLACE = re.compile(r"(?:(?P<topic>[\w.-]+)\[)?(?P<partition>\d+)\]?@(?P<offset>\d+)")
_ADDRESS = re.compile(rb"https?://[^\s\"'\\<>]+")
_SEARCHED = 8192  # bytes of an unreadable value in which an address is looked for
_OURS = b"copydesk."  # how the class names of our own failures begin
_OF_ARTICLES = ("content-type", TRACE, REPLAYED)  # the headers of an article that a replay keeps


class Replay(Struct, frozen=True, omit_defaults=True):
    """One time that a letter was sent again: a header of the record sent, and the note of it."""

    letter: str  # its place
    timestamp: int  # its time, ms since 1970
    stage: str
    reasons: tuple[str, ...]
    at: str  # when it was sent again: UTC, ISO 8601
    mended: bool = False


class Letter(NamedTuple):
    """A dead letter or a rejected article, as people ask for it."""

    record: Received
    origin: str  # where its input stood
    stage: str
    reasons: tuple[str, ...]
    message: str  # what was wrong, or the headline of an article
    size: int  # bytes of the value, also where it was too large to be kept
    source: str | None
    repairs: tuple[str, ...]  # the rules that edited an article
    earlier: tuple[Replay, ...]  # how it was sent again before it came here
    replay: Replay | None  # how it was sent again from here
    original: Received | None = None  # of an article: its raw record, where that is still there

    @property
    def input(self) -> Received:
        """The record that is sent again: what a scraper sent, or a rejected article as cleaned."""
        return self.original or self.record

    @property
    def place(self) -> str:
        """Where the letter is: `topic[partition]@offset`."""
        return place_of(self.record)

    @property
    def is_kept(self) -> bool:
        """Whether its value is there; else it was too large for the topic."""
        return self.record.value is not None or not self.size


class Chosen(NamedTuple):
    """Which letters of a topic are asked for; an empty set asks for all."""

    start: Topic = Topic.DEAD_LETTER
    rules: frozenset[str] = frozenset()  # of reasons, or of repairs of an article
    stages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    since: float = float("-inf")  # ms since 1970
    until: float = float("inf")

    def has(self, letter: Letter) -> bool:
        """Whether the letter is asked for."""
        return (
            (not self.rules or not self.rules.isdisjoint(letter.reasons + letter.repairs))
            and (not self.stages or letter.stage in self.stages)
            and (not self.sources or (letter.source or "") in self.sources)
            and self.since <= letter.record.timestamp < self.until
        )


class _Note(Struct):
    origin: Origin
    reasons: tuple[str, ...]
    repairs: tuple[str, ...] = ()


class _Rejected(Struct):
    quality: _Note
    headline: str | None = None
    source: str | None = None


_read_replay = msgspec.json.Decoder(Replay).decode
_read_rejected = msgspec.json.Decoder(_Rejected).decode


def replays(options: KafkaOptions) -> dict[str, Replay]:
    """Returns what was replayed, by the letter's place."""
    found = dict[str, Replay]()
    with reading(options, [Topic.REPLAYED]) as reader:
        for record in reader.to_end():
            one = _replay(record.value)
            if one:
                found[one.letter] = one
    return found


def letter_in(record: Received, known: dict[str, Replay]) -> Letter:
    """Returns the letter in a record; `known` is what was replayed."""
    earlier = tuple(
        one for name, value in record.headers if name == REPLAYED and (one := _replay(value))
    )
    replay = known.get(place_of(record))
    if replay and replay.timestamp != record.timestamp:  # of an earlier topic of that name
        replay = None
    rejected = _rejected(record) if header(record.headers, f"{CONNECT}stage") is None else None
    if rejected:
        return Letter(
            record=record,
            origin=str(rejected.quality.origin),
            stage=CHECK,
            reasons=rejected.quality.reasons,
            message=rejected.headline or "",
            size=len(record.value or b""),
            source=rejected.source,
            repairs=rejected.quality.repairs,
            earlier=earlier,
            replay=replay,
        )
    told = {
        name.removeprefix(CONNECT): (value or b"").decode(errors="replace")
        for name, value in record.headers
    }
    dead = dead_letter_of(record.value, told, record.timestamp)
    return Letter(
        record=record,
        origin=dead.origin,
        stage=dead.stage,
        reasons=(dead.reason,),
        message=dead.message,
        size=dead.size,
        source=_source(record.value or b""),
        repairs=(),
        earlier=earlier,
        replay=replay,
    )


def letter_at(options: KafkaOptions, place: str, start: Topic) -> Letter | None:
    """Returns the letter at a place; None if there is none (any more).

    Without its topic, as `0@17`, a place is one of the topic `start`.
    """
    parts = _PLACE.fullmatch(place)
    if not parts:
        return None
    topic = parts["topic"] or options.topic(start)
    with reading(options, [topic]) as reader:
        record = reader.at(TopicPartition(topic, int(parts["partition"])), int(parts["offset"]))
    return letter_in(record, replays(options)) if record else None


def with_original(letter: Letter, raw: Reader) -> Letter:
    """Returns a rejected article with its raw record, where the raw topic still holds it.

    So another cleaning sees the whole text. An article of a list of records has none of its own,
    and a record that is newer than the verdict is of a topic that was made anew.
    """
    parts = _PLACE.fullmatch(letter.origin) if letter.stage == CHECK else None
    if not parts or not parts["topic"]:
        return letter
    at = TopicPartition(parts["topic"], int(parts["partition"]))
    found = raw.at(at, int(parts["offset"]))
    is_older = found and found.timestamp <= letter.record.timestamp
    return letter._replace(original=found) if is_older else letter


def is_place(text: str) -> bool:
    """Whether a text is written as the place of a letter is."""
    return bool(_PLACE.fullmatch(text))


def place_of(record: Received) -> str:
    """Returns the place of a record as people write it."""
    return f"{record.topic}[{record.partition}]@{record.offset}"


def target_of(letter: Letter) -> Topic:
    """Returns the topic that a letter is sent to: what the role reads that could not."""
    return consumed_by(Role(letter.stage)) if letter.stage in _LATER else Topic.RAW


_LATER = (Role.DEDUP, Role.SOURCES)


def again(letter: Letter, options: KafkaOptions, now: str, mended: bytes | None) -> list[Message]:
    """Returns the letter as it is sent again with its history, and the note that it was.

    `mended` is the value that a person made of it; None sends its own.
    """
    replay = Replay(
        letter=letter.place,
        timestamp=letter.record.timestamp,
        stage=letter.stage,
        reasons=letter.reasons,
        at=now,
        mended=mended is not None,
    )
    encoded = encode(replay)
    sent = Message(
        options.topic(target_of(letter)),
        letter.input.key,
        letter.input.value if mended is None else mended,
        [*_kept_headers(letter), (REPLAYED, encoded)],
    )
    event = cloud_event("replayed", f"{letter.place}/replayed", _SOURCE, now)
    note = Message(options.topic(Topic.REPLAYED), letter.place.encode(), encoded, event)
    return [sent, note]


def _kept_headers(letter: Letter) -> Headers:
    """Returns the headers as the sender wrote them: without ours, which name the old failure."""
    headers = letter.input.headers
    if letter.stage == CHECK and not letter.original:
        return [one for one in headers if one[0] in _OF_ARTICLES]
    ours = [SIZE, SHA256]
    if (header(headers, f"{CONNECT}class.name") or b"").startswith(_OURS):
        ours.append(CONNECT)
    if header(headers, "ce_type") == _OURS + DEAD.encode():
        ours.append("ce_")
    return [one for one in headers if not one[0].startswith(tuple(ours))]


def _replay(value: bytes | None) -> Replay | None:
    try:
        return _read_replay(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _rejected(record: Received) -> _Rejected | None:
    try:
        return _read_rejected(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _source(value: bytes) -> str | None:
    """Returns the source that a value names, else the site of the first address in it."""
    try:
        fields = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fields = None
    if isinstance(fields, dict):
        named = _first_text(fields.items(), "source")
        if named:
            return named
    address = _ADDRESS.search(value[:_SEARCHED])
    return site_of(address[0].decode(errors="replace")) if address else None


def _first_text(fields: Iterable[tuple[str, Any]], field: str) -> str | None:
    """Returns the first text under one of the names that are read as a field."""
    table = alias_table()
    for name, value in fields:
        alias = table.get(squash(name))
        if alias and alias.field == field and isinstance(value, str) and value.strip():
            return value.strip()
    return None
