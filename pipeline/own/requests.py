"""What passes between a worker and the process of the user's rules: MessagePack after a length."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from pipeline.article import Draft


class Find(Struct, frozen=True, array_like=True, tag=True):
    """Asks repair `number` for its edits of a draft."""

    number: int
    draft: Draft
    spans: list[tuple[int, int]]
    lines: list[int]
    context: dict[str, Any]  # as of `clean.Context`


class Take(Struct, frozen=True, array_like=True, tag=True):
    """Asks check `number` for its measure of an article."""

    number: int
    subject: dict[str, Any]  # as of `check.Subject`


class Answer(Struct, frozen=True, array_like=True):
    """The edits or the number as MessagePack, or in words why there are none."""

    is_fine: bool
    content: bytes


def frame(content: bytes) -> bytes:
    """Returns a message with its length before it."""
    return len(content).to_bytes(4, "big") + content
