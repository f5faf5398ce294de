"""Text as the page shows it: in spans with a state, long stretches folded, odd characters named.

Escaping is the template's; here a text only becomes short and visible.
"""

from __future__ import annotations

import re

from msgspec import Struct

# Characters that show nothing or reorder what is around them, other than those that some scripts
# need (ZWNJ, ZWJ, LRM, RLM) and the line break.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u180e\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff]"
)
_SPACES = re.compile("[\t\xa0\u2000-\u200a\u202f\u205f\u3000]")
_OPEN = "\N{MATHEMATICAL LEFT ANGLE BRACKET}"
_CLOSE = "\N{MATHEMATICAL RIGHT ANGLE BRACKET}"
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")


class Span(Struct, frozen=True):
    """A stretch of text: `state` is `kept`, `removed`, `added`, `shared`, `new`, `own` or `fold`.

    `mark` is a number in the legend beside the text, or None; `title` says the same in words.
    """

    text: str
    state: str
    title: str = ""
    mark: int | None = None


def visible(text: str) -> str:
    """Returns the text with invisible characters as their names and single blank lines only."""
    return _BLANK_LINES.sub("\n\n", _UNSEEN.sub(_name, text))


def visible_spaces(text: str) -> str:
    """Returns the text like `visible`, with unusual spaces as their names too, for an edit."""
    return _SPACES.sub(_name, visible(text))


def clip(text: str, most: int) -> str:
    """Returns at most `most` characters on one line, with an ellipsis if some are left out."""
    line = " ".join(visible(text[: 2 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def fold(span: Span, head: int, tail: int) -> list[Span]:
    """Returns the span, or its two ends around the number of characters left out between them."""
    hidden = len(span.text) - head - tail
    if hidden < 60:  # a fold takes room too
        return [span]
    first = _cut_back(span.text[:head])
    last = _cut_forward(span.text[-tail:]) if tail else ""
    hidden = len(span.text) - len(first) - len(last)
    middle = Span(f"\N{HORIZONTAL ELLIPSIS} {hidden:,} characters \N{HORIZONTAL ELLIPSIS}", "fold")
    ends = [Span(part, span.state, span.title) for part in (first, last)]
    ends[0] = Span(first, span.state, span.title, span.mark)
    return [part for part in (ends[0], middle, ends[1]) if part.text]


def _name(found: re.Match[str]) -> str:
    return f"{_OPEN}U+{ord(found[0]):04X}{_CLOSE}"


def _cut_back(text: str) -> str:
    """Returns the text without a partial word at its end, if a space is not far before it."""
    at = text.rfind(" ", -30)
    return text[:at] if at > 0 else text


def _cut_forward(text: str) -> str:
    at = text.find(" ", 0, 30)
    return text[at + 1 :] if at >= 0 else text
