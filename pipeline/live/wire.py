"""The fields of records that the page reads: a few for counting and lists, the rest on demand."""

from __future__ import annotations

from hashlib import sha256
from typing import TypeVar

import msgspec
from msgspec import Struct

from pipeline.article import Kind, Origin, Relation, Verdict
from pipeline.publish import door_of_record
from pipeline.routing import Door

T = TypeVar("T")

_VALUE_SHOWN = 4_000  # bytes of a dead letter that are kept to be shown
_MESSAGE = 1_000  # characters of its message


class RuleName(Struct, frozen=True, gc=False):
    """A repair or a finding, by its rule."""

    rule: str


class Likeness(Struct, frozen=True, gc=False):
    """How an article matches an earlier one."""

    kind: Kind
    relation: Relation


class ListedRecord(Struct, frozen=True, gc=False, rename="camel"):
    """The fields of a quality record for counts and lists."""

    id: str
    origin: Origin
    source: str | None
    verdict: Verdict
    reasons: tuple[str, ...]
    repairs: tuple[RuleName, ...]
    findings: tuple[RuleName, ...]
    match: Likeness | None
    seen_at: str

    @property
    def door(self) -> Door:
        """The door the input left through."""
        return door_of_record(self.verdict, (finding.rule for finding in self.findings))


class _Note(Struct, frozen=True, gc=False):
    origin: Origin


class Leaf(Struct, frozen=True, gc=False, rename="camel"):
    """The fields of an article record for lists."""

    id: str
    canonical_url: str | None
    headline: str | None
    source: str | None
    quality: _Note


class Letter(Struct, frozen=True, kw_only=True):
    """A dead letter from its topic. Its id derives from its bytes: same bytes, same letter."""

    id: str
    origin: str
    stage: str
    reason: str
    message: str
    size: int  # bytes of the original value
    sha256: str
    start: bytes | None  # the first bytes; None if the value was too large to be kept
    at: int  # ms since 1970, when it was written


_read_listed = msgspec.json.Decoder(ListedRecord).decode
_read_leaf = msgspec.json.Decoder(Leaf).decode


def listed_record(value: bytes | None) -> ListedRecord | None:
    """Decodes fields of a quality record; None if it is no such record."""
    try:
        return _read_listed(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def leaf_of(value: bytes | None) -> Leaf | None:
    """Decodes fields of an article record; None if it is no such record."""
    try:
        return _read_leaf(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def record_of(value: bytes | None, kind: type[T]) -> T | None:
    """Decodes a whole record; None if it is no such record."""
    try:
        return msgspec.json.decode(value or b"", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def letter_of(value: bytes | None, headers: dict[str, str], at: int) -> Letter:
    """A dead letter from its value and `headers` (names without their prefix)."""
    digest = headers.get("copydesk-sha256") or sha256(value or b"").hexdigest()
    size = headers.get("copydesk-size", "")
    topic, partition, offset = (headers.get(name, "?") for name in ("topic", "partition", "offset"))
    return Letter(
        id=f"dead-{digest[:16]}",
        origin=f"{topic}[{partition}]@{offset}",
        stage=headers.get("stage", "?"),
        reason=headers.get("exception.class.name", "?"),
        message=headers.get("exception.message", "")[:_MESSAGE],
        size=int(size) if size.isdigit() else len(value or b""),
        sha256=digest,
        start=None if value is None else value[:_VALUE_SHOWN],
        at=at,
    )
