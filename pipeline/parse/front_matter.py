"""Markdown front matter: `key: value` lines between two lines of `---` at the very top."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

# YAML takes a millisecond a kilobyte, and names for reuse (&, *) can blow up a small text.
_LONGEST = 16 * 1024
_MOST_BRACKETS = 200  # deep nesting costs half a second in 16 kB, and is no front matter
_BLOCK = re.compile(
    r"---[ \t]*\r?\n(?P<yaml>.*?)(?:\r?\n|^)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
_REUSE = re.compile(r"(?:^|[\s\[{,:])[&*][^\s*&]", re.MULTILINE)


class FrontMatter(NamedTuple):
    """The fields above a Markdown text, and the text below them."""

    fields: dict[str, object]
    body: str


def split_front_matter(text: str) -> FrontMatter | None:
    """Returns the front matter and the body; None if the block cannot be read as fields."""
    head = text[: _LONGEST + 8]
    match = _BLOCK.match(head)
    if match is None or _REUSE.search(match["yaml"]):
        return None
    if match["yaml"].count("[") + match["yaml"].count("{") > _MOST_BRACKETS:
        return None
    try:
        # The base loader leaves every value a string: no dates, no booleans, no objects.
        fields = yaml.load(match["yaml"], Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        return None
    return FrontMatter(fields, text[match.end() :])


def has_front_matter(text: str) -> bool:
    """Returns whether the text certainly begins with front matter."""
    return re.match(r"---[ \t]*\r?\n\s*[\w-]+:[ \t]", text) is not None
