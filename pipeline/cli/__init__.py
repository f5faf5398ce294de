"""The command `copydesk`: reads arguments, calls the rest, and is where every error ends.

Exit codes: 0 done, 1 the work failed, 2 wrong use, 130 stopped by Ctrl-C, 141 nobody reads on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from pipeline.cli import config, explain, feed, learn, rules, run, tail, topics, tune, worker
from pipeline.errors import CopydeskError, WrongUseError
from pipeline.jit import MISSING, on_compiling

__all__ = ["app", "main"]

WORK_FAILED, WRONG_USE, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141

app = typer.Typer(
    name="copydesk",
    help="The desk for scraped news: repairs articles, checks them, finds copies, logs every edit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run", epilog="Example: copydesk run examples --out out")(run.run)
app.command("explain", epilog="Example: copydesk explain examples/01-ferry-headline-twice.txt")(
    explain.explain
)
app.command("learn", epilog="Example: copydesk learn examples --out learned.yaml")(learn.learn)
app.command("worker", epilog="Example: copydesk worker --role desk")(worker.worker)
app.command("topics", epilog="Example: copydesk topics --apply")(topics.topics)
app.command("feed", epilog="Example: copydesk feed examples --rate 10")(feed.feed)
app.command("tail", epilog="Example: copydesk tail clean duplicates --table")(tail.show)
app.add_typer(config.app, name="config")
app.command("tune", epilog="Example: copydesk tune docs/pairs.jsonl --out tune.html")(tune.tune)
app.command("rules", epilog="Example: copydesk rules --json")(rules.show)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code; a person never sees a traceback for a mistake."""
    screen = sys.stdout
    try:
        code = _run(None if arguments is None else list(arguments))
        screen.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere instead of raising once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), screen.fileno())
        return PIPE_CLOSED
    return code if sys.stdout is screen else PIPE_CLOSED  # typer replaces a screen that broke


def _run(arguments: list[str] | None) -> int:
    try:
        app(args=arguments, prog_name="copydesk")
    except SystemExit as end:  # typer ends every command so, also one that went well
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except CopydeskError as error:
        sys.stderr.write(f"copydesk: {error}\n")
        return WRONG_USE if isinstance(error, WrongUseError) else WORK_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        typer.echo(f"copydesk {version('copydesk')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # noqa: ARG001 - acted on by its callback
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    if MISSING:
        typer.echo(f"copydesk: {MISSING}", err=True)
    if sys.stderr.isatty():
        on_compiling(_tell_compiling)


def _tell_compiling() -> None:
    typer.echo("copydesk: compiling native code, once: this takes up to a minute", err=True)
