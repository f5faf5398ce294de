"""The line that a command shows at once, until it has more to say; on terminals only.

It imports nothing, for what a command imports is what takes the time.
"""

from __future__ import annotations

import sys

_shown = ""


def say_starting(name: str) -> None:
    """Shows that a command has begun."""
    global _shown  # noqa: PLW0603 - there is one terminal
    if sys.stderr.isatty():
        _shown = f"copydesk {name}: starting"
        sys.stderr.write(_shown)
        sys.stderr.flush()


def clear_starting() -> None:
    """Takes the line away, if it is there."""
    global _shown  # noqa: PLW0603
    if _shown:
        sys.stderr.write(f"\r{' ' * len(_shown)}\r")
        sys.stderr.flush()
        _shown = ""
