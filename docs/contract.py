"""The contract of the records for programs: JSON Schemas and an AsyncAPI document.

Both follow from the record types and the table of topics. A schema has a version. What was
published once stays readable: `breaks` names what a new schema takes away from the old one, and
`make docs` refuses to write it under the same version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from pipeline import __version__
from pipeline.article import Article, Quality
from pipeline.publish import DeadLetterRecord
from pipeline.routing import TOPICS, Topic
from pipeline.runners.kafka.admin.letters import Replay
from pipeline.sources import SourceLine, SourceRecord

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FOLDER = Path("docs/schemas")
_CONTENT_TYPE = "content-type"  # of a dead letter: as it came


class Described(NamedTuple):
    """A record type with the version of its schema; another version is another contract."""

    record: type
    version: int
    about: str


RECORDS: Mapping[str, Described] = {
    "article": Described(Article, 1, "An article, as it is published, withheld or rejected."),
    "quality": Described(Quality, 1, "The quality record of one input."),
    "source": Described(SourceRecord, 1, "How a source does: a value of `quality.sources`."),
    "source-line": Described(SourceLine, 1, "A line of `sources.jsonl`."),
    "dead-letter": Described(DeadLetterRecord, 1, "A line of `dead-letter.jsonl`."),
    "replay": Described(Replay, 1, "That a letter was sent again."),
}
# The record that a topic holds; the values of the others are bytes of strangers, or internal.
_VALUES: Mapping[Topic, str] = {
    Topic.CLEAN: "article",
    Topic.DUPLICATES: "article",
    Topic.REJECTED: "article",
    Topic.QUALITY: "quality",
    Topic.SOURCES: "source",
    Topic.REPLAYED: "replay",
}
_TYPES: Mapping[Topic, str] = {
    Topic.PREPARED: "copydesk.article.prepared",
    Topic.CLEAN: "copydesk.article.clean",
    Topic.DUPLICATES: "copydesk.article.duplicates",
    Topic.REJECTED: "copydesk.article.rejected",
    Topic.QUALITY: "copydesk.quality",
    Topic.SOURCES: "copydesk.source",
    Topic.INDEX: "copydesk.index",
    Topic.REPLAYED: "copydesk.replayed",
}


def schema_of(name: str) -> Schema:
    """Returns the JSON Schema of a record."""
    described = RECORDS[name]
    [top], parts = msgspec.json.schema_components([described.record], ref_template="#/$defs/{name}")
    own = parts.pop(top["$ref"].removeprefix("#/$defs/"))
    own["description"] = described.about
    head = {"$schema": _DIALECT, "$id": f"urn:copydesk:{name}:{described.version}"}
    return {**head, **own, "$defs": parts}


def pages() -> dict[Path, str]:
    """Returns the schemas and the AsyncAPI document by path.

    Raises ValueError for a schema that takes something from the one on disk.
    """
    root = Path(__file__).parents[1]
    found = {}
    for name, described in RECORDS.items():
        path = _FOLDER / f"{name}-{described.version}.json"
        schema = schema_of(name)
        if (root / path).exists():
            broken = [*breaks(json.loads((root / path).read_text("utf-8")), schema)]
            if broken:
                raise ValueError(f"{path}: {'; '.join(broken)}: give it a new version")
        found[path] = json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
    found[Path("docs/asyncapi.yaml")] = yaml.safe_dump(
        asyncapi(), allow_unicode=True, sort_keys=False, width=100
    )
    return found


def breaks(old: Schema, new: Schema) -> Iterator[str]:
    """Yields what readers of the old schema would miss or misread in records of the new one."""
    parts = {"": (old, new)}
    parts |= {
        name: (part, new.get("$defs", {}).get(name, {}))
        for name, part in old.get("$defs", {}).items()
    }
    for name, (before, after) in parts.items():
        for field, kind in before.get("properties", {}).items():
            place = f"{name}.{field}".lstrip(".")
            now = after.get("properties", {}).get(field)
            if now is None:
                yield f"{place} is gone"
            elif _types(now) - _types(kind):
                yield f"{place} can be {', '.join(sorted(_types(now) - _types(kind)))} now"
        for field in before.get("required", ()):
            if field in after.get("properties", {}) and field not in after.get("required", ()):
                yield f"{name}.{field}".lstrip(".") + " may be missing now"


def _types(kind: Schema) -> frozenset[str]:
    """Returns the types that a value can have; parts of the schema count by their name."""
    if "anyOf" in kind:
        return frozenset().union(*map(_types, kind["anyOf"]))
    if "$ref" in kind:
        return frozenset([kind["$ref"]])
    if "enum" in kind:
        return frozenset(["string"])
    if kind.get("type") == "array":
        return frozenset(f"array of {one}" for one in _types(kind.get("items") or {}) or {"any"})
    return frozenset([kind["type"]] if "type" in kind else ["any"])


def asyncapi() -> Schema:
    """Returns the AsyncAPI 3 document: the topics, their records and headers."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Copydesk",
            "version": __version__,
            "description": "The desk between the scrapers and everyone downstream. Read committed "
            "records only. Names are defaults, and may have a prefix (`kafka.prefix`).",
        },
        "defaultContentType": "application/json",
        "channels": {topic.value: _channel(topic) for topic in TOPICS},
        "operations": {
            f"{'receive' if topic is Topic.RAW else 'send'}_{topic.value}": {
                "action": "receive" if topic is Topic.RAW else "send",
                "channel": {"$ref": f"#/channels/{topic.value}"},
                "summary": row.about,
            }
            for topic, row in TOPICS.items()
        },
        "components": {
            "schemas": {
                "cloudEvent": _cloud_event(),
                "connectErrors": _connect_errors(),
                **{
                    name: {"$ref": f"schemas/{name}-{one.version}.json"}
                    for name, one in RECORDS.items()
                },
            }
        },
    }


def _channel(topic: Topic) -> Schema:
    row = TOPICS[topic]
    message: Schema = {"summary": f"Key: {row.key}. Value: {row.value}."}
    if topic in _TYPES:
        message["headers"] = {
            "allOf": [
                {"$ref": "#/components/schemas/cloudEvent"},
                {"properties": {"ce_type": {"const": _TYPES[topic]}}},
            ]
        }
    if topic is Topic.DEAD_LETTER:
        message["headers"] = {
            "allOf": [
                {"$ref": "#/components/schemas/connectErrors"},
                {
                    "required": [
                        name for name in _cloud_event()["required"] if name != _CONTENT_TYPE
                    ]
                },
            ]
        }
    if topic in _VALUES:
        message["contentType"] = "application/json"
        message["payload"] = {"$ref": f"#/components/schemas/{_VALUES[topic]}"}
    return {
        "address": row.name,
        "description": row.about,
        "messages": {"record": message},
        "bindings": {
            "kafka": {
                "topic": row.name,
                "partitions": row.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if row.is_compacted else "delete"]
                },
            }
        },
    }


def _cloud_event() -> Schema:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in Kafka's binary mode; `traceparent` as it came in.",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {**text, "description": "the origin of the input, and the kind of record"},
            "ce_source": {**text, "description": "the role that wrote it: /copydesk/dedup"},
            "ce_type": text,
            "ce_time": {**text, "format": "date-time"},
            "content-type": {"const": "application/json"},
            "traceparent": text,
        },
    }


def _connect_errors() -> Schema:
    names = ("topic", "partition", "offset", "stage", "class.name")
    names += ("exception.class.name", "exception.message")
    return {
        "type": "object",
        "description": "The headers as they came, and Kafka Connect's, which name the failure.",
        "properties": {f"__connect.errors.{name}": {"type": "string"} for name in names},
    }
