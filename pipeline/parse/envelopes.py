"""Opens the envelopes around records, by the list in `shapes`."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import Raw

from pipeline.parse.aliases import alias_table, squash
from pipeline.parse.json_ld import graph
from pipeline.parse.objects import has_more_elements, is_meant_as_json, json_in_string
from pipeline.parse.shapes import BASE64, ENVELOPES, MOST_RECORDS, NAMES, OURS, Envelope
from pipeline.parse.values import is_nothing

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_MOST_LEVELS = 6  # envelopes in one another
_NULL = Raw(b"null")
_SEEN = 100  # elements of a list in which a record is looked for


class Found(NamedTuple):
    """One record, or the elements of a list of records; and what stands around them."""

    record: dict[str, Raw] | None
    items: list[Raw]
    path: str = ""
    around: Mapping[str, Raw] = MappingProxyType({})
    is_inside: bool = False  # of an envelope or a string; else it is the value itself
    is_too_long: bool = False  # a list of more than `MOST_RECORDS`; it has no `items`

    @property
    def has_records(self) -> bool:
        """Whether an article can be seen in it."""
        return (
            self.record is not None or self.is_too_long or any(map(is_record, self.items[:_SEEN]))
        )


def is_flat(value: bytes) -> bool:
    """Returns whether a value is a JSON object without anything that may be an envelope."""
    if value[:1] != b"{":
        return False
    try:
        members = _OBJECT.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if members.keys() >= OURS:
        return True
    return BASE64 not in members and not any(
        _is_nested(raw) and (name.lower() in NAMES or _is_text_name(name))
        for name, raw in members.items()
    )


def path_to_text(members: dict[str, Raw], level: int = 0) -> str | None:
    """Returns the path to the first object inside that has a text, alone or in a list."""
    for name, raw in members.items() if level < _MOST_LEVELS else ():
        inside = _first_object(raw) if len(name) < 100 else None
        if inside is not None:
            deeper = "" if _has_text(inside) else path_to_text(inside, level + 1)
            if deeper is not None:
                return f"{name}.{deeper}" if deeper else name
    return None


def _first_object(raw: Raw) -> dict[str, Raw] | None:
    """Returns an object, or the first element of a list if it is one."""
    start = bytes(memoryview(raw)[:1])
    if start == b"[" and not has_more_elements(bytes(raw), MOST_RECORDS):
        raw = next(iter(_LIST.decode(raw)), _NULL)
        start = bytes(memoryview(raw)[:1])
    return _OBJECT.decode(raw) if start == b"{" else None


def _is_nested(raw: Raw) -> bool:
    """Returns whether a value is an object, a list, or a string that may hold JSON."""
    start = bytes(memoryview(raw)[:2])
    return start[:1] in (b"{", b"[") or start in (b'"{', b'"[', b'"\\', b'" ')


def _is_text_name(name: str) -> bool:
    alias = alias_table().get(squash(name)) if len(name) < 100 else None
    return alias is not None and alias.field == "articleBody"


def look(value: Raw, level: int = 0, *, may_list: bool = True) -> Found | None:
    """Returns the record or the list of records in a JSON value; None where none can be seen."""
    start = bytes(memoryview(value)[:1])
    if level > _MOST_LEVELS:
        return None
    if start == b'"':
        inside = json_in_string(value)
        found = None if inside is None else look(inside, level + 1, may_list=may_list)
        return found and found._replace(is_inside=True)
    if start == b"[":
        return _list(value) if may_list else None
    return _object(_OBJECT.decode(value), level, may_list=may_list) if start == b"{" else None


def _list(value: Raw) -> Found | None:
    if has_more_elements(bytes(value), MOST_RECORDS):
        return Found(None, [], is_too_long=True)
    items = _LIST.decode(value)
    nodes = [_OBJECT.decode(item) for item in items if bytes(memoryview(item)[:1]) == b"{"]
    if nodes and all("@type" in node for node in nodes):
        return _articles(nodes)
    return Found(None, items) if nodes else None


def _articles(nodes: list[dict[str, Raw]]) -> Found | None:
    """Returns the articles of JSON-LD; one alone is a record, with the other nodes around it."""
    articles, others = graph(nodes)
    around = {"@graph": Raw(msgspec.json.encode(others))} if others else {}
    if len(articles) == 1:
        found = Found(articles[0], [], around=around, is_inside=True)
        return found if _has_text(articles[0]) else None
    return Found(None, [Raw(msgspec.json.encode(node)) for node in articles], around=around)


def _object(members: dict[str, Raw], level: int, *, may_list: bool) -> Found | None:
    if _has_text(members):
        return Found(members, [])
    for envelope in _envelopes_of(members):
        inside = members[envelope.name]
        if envelope.is_base64:
            inside = _json_in_base64(inside)
        found = look(inside, level + 1, may_list=may_list)
        if found is not None and found.has_records:
            rest = {name: raw for name, raw in members.items() if name != envelope.name}
            return _inside(found, envelope, rest)
    return None


def _envelopes_of(members: dict[str, Raw]) -> Iterator[Envelope]:
    """Yields the envelopes that an object may be, in the order of `ENVELOPES`."""
    names = {name.lower(): name for name in members}
    for envelope in ENVELOPES:
        name = names.get(envelope.name)
        if name is None or not (envelope.is_base64 or _is_nested(members[name])):
            continue
        if not envelope.beside or not envelope.beside.isdisjoint(names):
            yield envelope._replace(name=name)
    for name, raw in members.items():
        if name.lower() not in NAMES and _is_nested(raw) and _is_text_name(name):
            yield Envelope(name, is_part=True)


def _inside(found: Found, envelope: Envelope, rest: dict[str, Raw]) -> Found:
    """Returns what was found in a member, with what stands beside it."""
    path = f"{envelope.name}.{found.path}" if found.path else envelope.name
    if not envelope.is_part or found.record is None:
        return found._replace(path=path, around={**rest, **found.around}, is_inside=True)
    twice = {name: raw for name, raw in rest.items() if name in found.record}
    record = {**rest, **found.record}
    around = {**twice, **found.around}
    return found._replace(path=path, record=record, around=around, is_inside=True)


def _json_in_base64(value: Raw) -> Raw:
    try:
        text = b64decode(msgspec.json.decode(value, type=str)).decode()
    except ValueError:
        return _NULL
    return json_in_string(Raw(msgspec.json.encode(text))) or _NULL


def is_record(item: Raw) -> bool:
    found = look(item, may_list=False)
    return found is not None and found.record is not None


def _has_text(members: dict[str, Raw]) -> bool:
    """Returns whether an object has a text of an article itself: no JSON, and no record."""
    return any(_is_text_name(name) and _is_text(raw) for name, raw in members.items())


def _is_text(raw: Raw) -> bool:
    start = bytes(memoryview(raw)[:1])
    if start == b'"':
        text: str = msgspec.json.decode(raw)
        return not is_nothing(text) and not is_meant_as_json(text)
    if start == b"{":
        return len(_OBJECT.decode(raw)) > 0 and not _names_a_record(raw)
    if start == b"[":
        if has_more_elements(bytes(raw), MOST_RECORDS):
            return True
        items = _LIST.decode(raw)
        return len(items) > 0 and not any(map(_names_a_record, items[:3]))
    return False


def _names_a_record(raw: Raw) -> bool:
    """Returns whether an object has a headline and a text: a record, not a block of a body."""
    if bytes(memoryview(raw)[:1]) != b"{":
        return False
    table = alias_table()
    fields = {alias.field for name in _OBJECT.decode(raw) if (alias := table.get(squash(name)))}
    return {"headline", "articleBody"} <= fields
