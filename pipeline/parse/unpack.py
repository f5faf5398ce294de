"""Finds the records in one value: most values are one record, some hold it, or a list of them.

What stands around a record travels with it and becomes `extra.envelope`; around a list, it goes
with the first record unless it is small. A value in which no article can be seen passes through
unchanged: `parse` says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from json import JSONDecoder

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from pipeline.article import Arrival, DeadLetter, Format
from pipeline.parse.decode import decode
from pipeline.parse.envelopes import Found, is_flat, look
from pipeline.parse.objects import is_meant_as_json, is_too_deep, json_in_string, value_in
from pipeline.parse.options import ParseOptions
from pipeline.parse.problems import RECORD_INSIDE, SCHEMA_FRAMED, Refusal, dead_letter
from pipeline.parse.shapes import MOST_RECORDS

Unpacked = tuple[bytes, Arrival] | DeadLetter

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_MAY_BE_JSON = re.compile(rb"[\s\x00\x1e\xef\xbb\xbf\xff\xfe]*+[{\[\"]|\x00")
_BETWEEN = re.compile(r"[\s,\x1e]*")
_SMALL = 2048  # bytes of what stands around a list, up to which each record keeps it
_REGISTRY = 5  # bytes before a value: zero, and the schema's id


def unpack(value: bytes, arrival: Arrival, options: ParseOptions) -> Iterator[Unpacked]:
    """Yields the records of a value with their arrivals; of a list, each with its position."""
    if len(value) > options.max_bytes or arrival.format is Format.PAGE:
        yield value, arrival
    elif not options.path and is_flat(value):
        yield value, arrival if arrival.format is Format.JSON else _as_json(arrival)
    elif arrival.format is not Format.JSON and not _MAY_BE_JSON.match(value):
        yield value, arrival
    elif value.startswith(b"\0") and arrival.origin.file is None and _is_framed(value):
        yield from _unframed(value, arrival, options)
    else:
        yield from _texts(value, arrival, options)


def _as_json(arrival: Arrival) -> Arrival:
    return replace(arrival, format=Format.JSON)


# The framing of a schema registry


def _is_framed(value: bytes) -> bool:
    """Returns whether a value begins as Confluent's wire format does, and not as UTF-16 or -32."""
    small_id = value[1:2] == b"\0" and value[4:7] != b"\0\0\0"
    return len(value) > _REGISTRY and (small_id or value[_REGISTRY:][:1] in (b"{", b"["))


def _unframed(value: bytes, arrival: Arrival, options: ParseOptions) -> Iterator[Unpacked]:
    schema = int.from_bytes(value[1:_REGISTRY], "big")
    inside = value[_REGISTRY:]
    if inside.lstrip()[:1] in (b"{", b"["):
        findings = (*arrival.findings, SCHEMA_FRAMED.finding(float(schema)))
        framed = replace(arrival, format=Format.JSON, findings=findings)
        yield from unpack(inside, framed, options)
        return
    yield dead_letter(
        value,
        arrival,
        Refusal(
            "schema-registry",
            f"a value of a schema registry (schema {schema}), and not in JSON: Avro or Protobuf "
            "cannot be read; let the producer or a connector write JSON",
        ),
    )


# Texts of JSON


def _texts(value: bytes, arrival: Arrival, options: ParseOptions) -> Iterator[Unpacked]:
    """Unpacks a value in any encoding, of one or several JSON texts."""
    decoded = decode(value, options.encoding)
    text = decoded.text.lstrip("\ufeff\x1e") if decoded else ""
    if arrival.format is not Format.JSON and not is_meant_as_json(text):
        yield value, arrival
        return
    arrival = _as_json(arrival)
    if decoded is None or is_too_deep(text, options.max_depth):
        yield value, arrival
        return
    whole, findings = value_in(text)
    noticed = replace(arrival, findings=(*arrival.findings, *decoded.findings, *findings))
    if whole is not None:
        yield from _values(whole, value, arrival, noticed, options)
        return
    pieces = list(islice(_pieces(text), MOST_RECORDS + 1))
    if len(pieces) > MOST_RECORDS:
        yield dead_letter(value, arrival, _too_many(""))
        return
    if len(pieces) < 2:
        yield value, arrival
    for number, piece in enumerate(pieces if len(pieces) > 1 else [], 1):
        origin = replace(arrival.origin, item=number)
        raw, _ = value_in(piece)
        found = None if raw is None else look(raw)
        own = replace(noticed, origin=origin)
        if found and found.record is not None and found.is_inside:
            yield _record(found, own)
        else:
            yield piece.encode(), own


def _pieces(text: str) -> Iterator[str]:
    """Yields the objects that follow one another in a text; nothing where it is anything else."""
    read, at = JSONDecoder(strict=False).raw_decode, 0
    while at < len(text):
        at = _end(_BETWEEN, text, at)
        if at < len(text):
            if text[at] != "{":
                return
            try:
                end = read(text, at)[1]
            except (ValueError, RecursionError):
                end = len(text)  # the rest is broken
            yield text[at:end]
            at = end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _values(
    whole: Raw, value: bytes, arrival: Arrival, noticed: Arrival, options: ParseOptions
) -> Iterator[Unpacked]:
    """Yields the records in one JSON value; the value as it came where there is no envelope."""
    found = _follow(whole, options.path) if options.path else look(whole)
    if isinstance(found, Refusal):
        yield dead_letter(value, arrival, found)
        return
    if found is None or (found.record is not None and not found.is_inside):
        yield value, arrival
    elif found.record is not None:
        yield _record(found, noticed)
    elif found.is_too_long or len(found.items) > MOST_RECORDS:
        yield dead_letter(value, arrival, _too_many(found.path))
    elif options.path or found.has_records:
        yield from _items(found, noticed)
    else:
        yield value, arrival


def _too_many(path: str) -> Refusal:
    return Refusal(
        "too-many-records",
        f"more than {MOST_RECORDS:,} records in {path or 'a list'}: send one a line, or the list "
        "alone as a .json file",
    )


def _items(found: Found, arrival: Arrival) -> Iterator[Unpacked]:
    around = msgspec.json.encode(dict(found.around)) if found.around else b""
    for number, item in enumerate(found.items, 1):
        own = replace(arrival, origin=replace(arrival.origin, item=number))
        keeps = around if number == 1 or len(around) <= _SMALL else b""
        inside = look(item, may_list=False)
        path = f"{found.path}[{number}]"
        if inside is None or inside.record is None:
            yield bytes(item), _noting(own, path, keeps)
        else:
            path += f".{inside.path}" if inside.path else ""
            also = {**(_OBJECT.decode(keeps) if keeps else {}), **inside.around}
            yield _record(inside._replace(path=path, around=also), own)


def _record(found: Found, arrival: Arrival) -> tuple[bytes, Arrival]:
    around = msgspec.json.encode(dict(found.around)) if found.around else b""
    return msgspec.json.encode(found.record), _noting(arrival, found.path, around)


def _noting(arrival: Arrival, path: str, around: bytes) -> Arrival:
    where = path[:100] or "a string"
    findings = (*arrival.findings, RECORD_INSIDE.finding(where))
    return replace(arrival, findings=findings, around=around)


# parse.path


def _follow(value: Raw, path: str) -> Found | Refusal:
    """Returns what stands at the end of a path of names, through strings that hold JSON."""
    passed: list[str] = []
    for name in path.split("."):
        inside = json_in_string(value) if bytes(memoryview(value)[:1]) == b'"' else value
        if inside is None or bytes(memoryview(inside)[:1]) != b"{":
            return _no_path(path, passed, "no object")
        members = _OBJECT.decode(inside)
        if name not in members:
            return _no_path(
                path, passed, f"only {', '.join(list(members)[:10]) or 'nothing'}"[:200]
            )
        value = members[name]
        passed.append(name)
    if bytes(memoryview(value)[:1]) == b'"':
        value = json_in_string(value) or value
    start = bytes(memoryview(value)[:1])
    if start == b"[":
        return Found(None, _LIST.decode(value), path)
    if start == b"{":
        return Found(_OBJECT.decode(value), [], path, is_inside=True)
    return _no_path(path, passed[:-1], "neither an object nor a list there")


def _no_path(path: str, passed: list[str], there: str) -> Refusal:
    place = f"under {'.'.join(passed)}" if passed else "at the top"
    return Refusal("no-path", f"parse.path is {path}, but {place} is {there}; correct the setting")
