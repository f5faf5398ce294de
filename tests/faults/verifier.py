"""What a run must have left behind, told from the topics alone.

Every raw record has exactly one account and left through exactly one door; no two copies are in
clean; the index remembers exactly what is in clean; each source is told as often as it is accounted
for; and the faults did happen: records of aborted
transactions lie in the topics, for whoever reads uncommitted.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from support.streams import DOORS, Reader, counted_by_source, told_of_sources

Place = tuple[int, int]  # partition and offset of a raw record


def problems(read: Reader, raw: set[Place]) -> list[str]:
    """Everything that is not as promised; empty when all is well."""
    found = []
    accounts = Counter(_place(record) for record in read.values("quality"))
    found += _compare("accounts", accounts, raw)
    doors = Counter(place for name in DOORS for place in map(_origin, read[name]))
    found += _compare("doors", doors, raw)
    found += _copies(read.values("clean"))
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


def unaccounted(read: Reader) -> list[Place]:
    """The raw records that have no account yet, in order."""
    accounts = {_place(record) for record in read.values("quality")}
    return sorted({(record.partition, record.offset) for record in read["raw"]} - accounts)


def aborted(committed: Reader, uncommitted: Reader) -> int:
    """Records that were written and never committed."""
    names = (*DOORS, "quality", "index", "sources")
    return sum(len(uncommitted[name]) - len(committed[name]) for name in names)


def _compare(what: str, counted: Counter[Place], raw: set[Place]) -> list[str]:
    lost = sorted(raw - counted.keys())
    twice = sorted(place for place, times in counted.items() if times > 1)
    strange = sorted(counted.keys() - raw)
    return [
        f"{what}: {len(places)} {name}, first {places[:10]}"
        for name, places in (("lost", lost), ("twice", twice), ("never sent", strange))
        if places
    ]


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
    headers = dict(record.headers)
    if "__connect.errors.offset" in headers:
        return tuple(int(headers[f"__connect.errors.{name}"]) for name in ("partition", "offset"))
    return _place(json.loads(record.value)["quality"])
