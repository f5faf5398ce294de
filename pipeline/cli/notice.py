"""What a person hears before work that may be slow."""

from __future__ import annotations

from pipeline.cli.terminal import echo
from pipeline.native import MISSING


def say_if_slow() -> None:
    """Says on standard error, in one line, that the native module is missing."""
    if MISSING:
        echo(f"copydesk: {MISSING}", err=True)
