"""Finds the marks that a template leaves in a text in place of a value."""

from __future__ import annotations

import re

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
# What is printed for a variable without a value.
NO_VALUES = ("undefined", "null", "NaN", "None", "nil")
_ALONE = frozenset(value + sign for value in NO_VALUES for sign in ("", ".", ",", ":"))


def marks(body: str, *, names_no_value: bool) -> list[str]:
    """Returns the left-overs in order.

    `names_no_value`: whether one of `NO_VALUES` is among the words of the body.
    """
    # One sign first: looking for two at a time takes ten times as long.
    if (
        (names_no_value and _prints_no_value(body))
        or "{" in body
        or ("<" in body and "<%" in body)
        or ("[" in body and ("[/" in body or "[object" in body))
    ):
        return _TEMPLATE.findall(body)
    return []


def _prints_no_value(body: str) -> bool:
    """Returns whether one of `NO_VALUES` may be printed for a variable: `None of them` is not."""
    return "undefined " in body or "null " in body or not _ALONE.isdisjoint(body.split("\n"))
