"""What a run must have left behind, told from the topics alone.

Every raw record has exactly one account and left through exactly one door; each story is in clean
once, and no two copies; the index remembers exactly what is in clean; each source is told as often
as it is accounted for; and the faults did happen: records of aborted transactions lie in the
topics, for whoever reads uncommitted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from support.streams import DOORS, Reader, counted_by_source, told_of_sources

from pipeline.routing import TOPICS, Topic

Place = tuple[int, int]  # partition and offset of a raw record
_PREPARED = TOPICS[Topic.PREPARED].name.encode()
_STORY = re.compile(rb'"headline": ?"Story (\d+)"')


class Found(NamedTuple):
    """What is not as promised."""

    lost: int  # raw records without an account or out of no door, and stories not published
    twice: int  # raw records with several, and stories published again
    problems: tuple[str, ...]  # in words; empty when all is well


def verify(read: Reader) -> Found:
    """Everything that is not as promised, of all that was fed."""
    raw = {(record.partition, record.offset) for record in read["raw"]}
    ways = (
        ("accounts", Counter(map(place_of, read["quality"])), raw),
        ("doors", Counter(at for name in DOORS for at in map(_origin, read[name])), raw),
        ("stories in clean", Counter(_stories(read["clean"])), _publishable(read)),
    )
    compared = [_compare(*way) for way in ways]
    return Found(
        max(len(one.lost) for one in compared),
        max(len(one.twice) for one in compared),
        (*(text for one in compared for text in one.problems), *_others(read)),
    )


def _others(read: Reader) -> list[str]:
    found = _copies(read.values("clean"))
    held = {record.key: record.value for record in read["index"]}
    remembered = {_place(json.loads(value)["entry"]) for value in held.values() if value}
    clean = {_place(record["quality"]) for record in read.values("clean")}
    if remembered != clean:
        found.append(f"index and clean differ in {sorted(remembered ^ clean)[:10]}")
    told, counted = told_of_sources(read), counted_by_source(read)
    if told != counted:
        differ = [
            name for name in counted.keys() | told.keys() if told.get(name) != counted.get(name)
        ]
        found.append(f"sources are told otherwise than accounted for: {differ[:10]}")
    return found


def place_of(record: Any) -> Place:
    """The raw record that an account is of."""
    return _place(msgspec.json.decode(record.value))


def aborted(committed: Reader, uncommitted: Reader) -> int:
    """Records that were written and never committed."""
    names = (*DOORS, "quality", "index", "sources")
    return sum(len(uncommitted[name]) - len(committed[name]) for name in names)


class _Compared(NamedTuple):
    lost: list[Any]
    twice: list[Any]
    problems: list[str]


def _compare(what: str, counted: Counter[Any], wanted: set[Any]) -> _Compared:
    lost = sorted(wanted - counted.keys())
    twice = sorted(one for one, times in counted.items() if times > 1)
    strange = sorted(counted.keys() - wanted)
    problems = [
        f"{what}: {len(places)} {name}, first {places[:5]}"
        for name, places in (("lost", lost), ("twice", twice), ("never sent", strange))
        if places
    ]
    return _Compared(lost, twice, problems)


def _publishable(read: Reader) -> set[int]:
    """The stories of all raw records but those that became dead letters."""
    dead = set(map(_origin, read["dead_letter"]))
    return set(_stories([one for one in read["raw"] if (one.partition, one.offset) not in dead]))


def _stories(records: Sequence[Any]) -> Iterator[int]:
    """The numbers of the stories among records, by their headlines."""
    for record in records:
        if found := _STORY.search(record.value or b""):
            yield int(found[1])


def _copies(clean: list[dict[str, Any]]) -> list[str]:
    """Published texts that share half of their five-word shingles or more."""
    seen: dict[int, list[int]] = {}
    sets = [_shingles(article["articleBody"]) for article in clean]
    found = []
    for number, shingles in enumerate(sets):
        for other in {one for shingle in shingles for one in seen.get(shingle, ())}:
            shared = len(shingles & sets[other]) / len(shingles | sets[other])
            if shared >= 0.5:
                pair = (clean[other]["id"], clean[number]["id"])
                found.append(f"copies in clean: {pair} share {shared:.2f}")
        for shingle in shingles:
            seen.setdefault(shingle, []).append(number)
    return found


def _shingles(text: str) -> set[int]:
    words = text.lower().split()
    return {hash(" ".join(words[at : at + 5])) for at in range(len(words) - 4)}


def _place(record: dict[str, Any]) -> Place:
    return record["origin"]["partition"], record["origin"]["offset"]


def _origin(record: Any) -> Place:
    """The raw record that something behind a door came from."""
    told = {name.rpartition(".")[2]: value for name, value in record.headers}
    if told.get("topic", _PREPARED).endswith(_PREPARED):  # no letter, or one of dedup
        return _place(json.loads(record.value)["quality"])
    return int(told["partition"]), int(told["offset"])
