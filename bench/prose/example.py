"""One text to learn from, and its sentences."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.text import sentences


class Example(NamedTuple):
    """One text to learn from or to be judged by; texts of one `group` are in one fold."""

    group: str
    kind: str
    language: str
    is_article: bool
    headline: str
    body: str


def sentences_of(body: str) -> list[str]:
    parts = [
        line[start:end].strip()
        for line in body[:4000].split("\n")
        if len(line) > 60
        for start, end in sentences(line)
    ]
    return [
        part
        for part in parts
        if 12 <= len(part) <= 400 or (len(part) > 6 and ord(part[0]) > 0x2E80)
    ]
