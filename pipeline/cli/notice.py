"""What a person is told before work that may be slow."""

from __future__ import annotations

import sys

import typer

from pipeline.jit import MISSING, on_compiling
from pipeline.native import MISSING as NATIVE_MISSING


def say_if_slow() -> None:
    """Says on standard error that kernels are missing, or, on a terminal, that they compile."""
    for missing in filter(None, (NATIVE_MISSING, MISSING)):
        typer.echo(f"copydesk: {missing}", err=True)
    if sys.stderr.isatty():
        on_compiling(_say_compiling)


def _say_compiling() -> None:
    typer.echo("copydesk: compiling native code, once: this takes up to a minute", err=True)
