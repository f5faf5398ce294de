"""Finds the marks that a template leaves in a text in place of a value."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TEMPLATE = re.compile(
    r"\{\{[^{}\n]{0,80}\}\}"  # Mustache, Jinja, Angular
    r"|\{%[^{}\n]{0,80}%\}|<%[^<>\n]{0,80}%>"  # Jinja, ERB
    r"|\$\{[^{}\n]{0,80}\}"  # JavaScript template strings
    r"|\[object Object\]"
    r"|^(?:undefined|null|NaN|None|nil)[.,:]?$"  # a variable printed as a line of its own
    r"|\b(?:undefined|null) (?:undefined|null)\b"
    r"|\[/[a-z][\w-]{2,30}\]",  # the end of a WordPress shortcode
    re.MULTILINE,
)
# A line that is one of these.
_TEMPLATE_LINES = frozenset(
    word + end
    for word in ("undefined", "null", "NaN", "None", "nil")
    for end in ("", ".", ",", ":")
)


def marks(body: str, lines: Iterable[str]) -> list[str]:
    """Returns the left-overs in order. `lines`: those of the body."""
    # One sign first: looking for two at a time takes ten times as long.
    if (
        "{" in body
        or ("<" in body and "<%" in body)
        or ("[" in body and ("[/" in body or "[object" in body))
        or not _TEMPLATE_LINES.isdisjoint(lines)
        or "undefined " in body
        or "null " in body
    ):
        return _TEMPLATE.findall(body)
    return []
