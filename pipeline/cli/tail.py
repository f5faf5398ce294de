"""`copydesk tail`: prints committed records of the topics."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw

from pipeline.article import encode
from pipeline.cli.terminal import echo, plain_json
from pipeline.runners.kafka.admin.consumer import Tailed, tail
from pipeline.settings import load

_TITLE = 60  # characters


def show(
    topics: list[str],
    *,
    from_start: bool,
    until_end: bool,
    limit: int | None,
    table: bool,
    config: Path | None,
) -> None:
    """Prints committed records of the topics, at most `limit` of them."""
    options = load(config, os.environ).settings.kafka
    records = tail(options, topics, from_start=from_start, until_end=until_end)
    for record in islice(records, limit):
        echo(_line(record) if table else plain_json(encode(record).decode()))


def _line(record: Tailed) -> str:
    moment = datetime.fromtimestamp(record.timestamp / 1000, UTC).strftime("%H:%M:%S")
    place = f"{record.topic}[{record.partition}]@{record.offset}"
    return f"{moment}  {place:<34}  {_title(record)}"


def _title(record: Tailed) -> str:
    """Describes a record: verdict and headline, the reason of a dead letter, or the key."""
    reason = record.headers.get("__connect.errors.exception.class.name")
    if reason:
        message = record.headers.get("__connect.errors.exception.message", "")
        return one_line(f"{reason}: {message}")
    fields: Any = msgspec.json.decode(record.value) if isinstance(record.value, Raw) else None
    if not isinstance(fields, dict):
        return one_line(record.key or "")
    quality = fields.get("quality")
    verdict = fields.get("verdict") or (isinstance(quality, dict) and quality.get("verdict"))
    title = fields.get("headline") or fields.get("title") or fields.get("id") or record.key
    return "  ".join(one_line(str(one))[:_TITLE].rstrip() for one in (verdict, title) if one)


def one_line(text: str) -> str:
    """Makes untrusted text safe for a row: no line breaks, no terminal control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
