"""Reads author names from the many forms of bylines. Splits only where a name certainly ends."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BY = re.compile(r"(?:(?:written|reported)\s+by|by|von|por|par)\s*:?\s+(?=\S)", re.IGNORECASE)
_HARD_BREAK = re.compile(r"\s*[;|\n\r\t]\s*")
_COMMA = re.compile(r"\s*,\s*(?:(?:and|und|et|y|e)\s+|&\s*)?")
_AND = re.compile(r"\s+(?:and|und|et|y|e|&)\s+")
_QUOTED = re.compile(r"""'([^']{1,200})'|"([^"]{1,200})\"""")
_MOST = 100  # names of one article; a longer list is no byline


def split_byline(text: str) -> tuple[str, ...]:
    """Returns the names in one string.

    >>> split_byline("By Ana Lima and Bo Ek"), split_byline("Smith, John")
    (('Ana Lima', 'Bo Ek'), ('Smith, John',))
    """
    text = text.strip()
    if text[:1] == "[" and text[-1:] == "]":  # a Python or JSON list, written as text into a CSV
        return clean_names(a or b for a, b in _QUOTED.findall(text[:10_000]))
    text = _without_by(text)
    return clean_names(name for part in _HARD_BREAK.split(text) for name in _soft_split(part))


def clean_names(names: Iterable[str]) -> tuple[str, ...]:
    """Returns the names without surrounding white space, each once, none empty."""
    bare = (_without_by(name.strip()) for name in names)
    return tuple(dict.fromkeys(name for name in bare if name))[:_MOST]


def _without_by(text: str) -> str:
    while match := _BY.match(text):
        text = text[match.end() :]
    return text


def _soft_split(part: str) -> list[str]:
    """Splits at commas and "and", but only into parts that are each a name of several words."""
    if "," in part:
        names = [name for piece in _COMMA.split(part) for name in _AND.split(piece)]
    else:
        names = _AND.split(part)
    full = all(" " in name.strip() and len(name) <= 60 for name in names)
    return names if full else [part]
