"""What the documents for other programs promise of a topic's records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from pipeline.routing import Topic

DOCS = Path(__file__).parents[2] / "docs"


def broken_promises(topic: Topic, records: Iterable[Any]) -> Iterator[str]:
    """What docs/asyncapi.yaml and docs/schemas say of a topic and its records do not keep."""
    document = yaml.safe_load((DOCS / "asyncapi.yaml").read_text("utf-8"))
    parts = document["components"]["schemas"]
    message = document["channels"][topic.value]["messages"]["record"]
    shared, own = message["headers"]["allOf"]
    shared = parts[shared["$ref"].rpartition("/")[2]]
    headers = Draft202012Validator({"allOf": [shared, own]})
    values = None
    if "payload" in message:
        file = parts[message["payload"]["$ref"].rpartition("/")[2]]["$ref"]
        values = Draft202012Validator(json.loads((DOCS / file).read_text("utf-8")))
    for record in records:
        if record.value is not None:
            read = {name: value.decode() for name, value in record.headers}
            yield from (one.message for one in headers.iter_errors(read))
            if values:
                yield from (one.message for one in values.iter_errors(json.loads(record.value)))
