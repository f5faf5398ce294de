"""Writes to the terminal. Texts of strangers are shown, and never obeyed.

A headline, a source's name or a path may hold control characters that would move the cursor, change
the window's title or colour what follows. All commands print through this module, which shows them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from shutil import get_terminal_size

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment

from pipeline.cli.starting import clear_starting

NARROW = 60  # columns: on fewer, cells of a table would be a few letters wide

# C0 as its pictures, C1 as the sign of what cannot be shown; line breaks and tabs stay.
_SHOWN = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_SHOWN |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_SHOWN = {code: shown for code, shown in _SHOWN.items() if chr(code) not in "\n\t"}
_ESCAPED = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


def plain(text: str) -> str:
    """Returns the text with its control characters made visible."""
    return text.translate(_SHOWN)


def plain_json(text: str) -> str:
    """Returns the same JSON without the control characters that JSON itself leaves as they are."""
    return text.translate(_ESCAPED)


def echo(text: str, *, err: bool = False) -> None:
    """Prints a line."""
    clear_starting()
    print(plain(text), file=sys.stderr if err else sys.stdout, flush=True)


def new_console(*, stderr: bool = False) -> Console:
    """Returns a console for tables, colours and progress."""
    clear_starting()
    made = Console(stderr=stderr, highlight=False)
    if made.is_dumb_terminal:  # of which rich says that it has 80 columns
        made.width = get_terminal_size().columns
    made.push_render_hook(_Plainly())
    return made


class _Plain:
    """Renders as another thing does, with control characters made visible."""

    def __init__(self, inner: ConsoleRenderable) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for one in console.render(self._inner, options):
            yield one if one.control else Segment(plain(one.text), one.style)


class _Plainly(RenderHook):
    def process_renderables(
        self, renderables: Sequence[ConsoleRenderable]
    ) -> list[ConsoleRenderable]:
        return [_Plain(one) for one in renderables]
