"""The command `copydesk`: reads arguments, calls the rest, and is where every error ends.

Exit codes: 0 done, 1 the work failed, 2 wrong use, 130 stopped by Ctrl-C, 141 nobody reads on.
"""

from __future__ import annotations

import codecs
import gc
import io
import os
import sys
from collections.abc import Sequence

from pipeline.cli.commands import app
from pipeline.cli.starting import clear_starting
from pipeline.errors import CopydeskError

__all__ = ["app", "main"]

_OBJECTS = 20_000  # created until the garbage collector runs
INTERRUPTED, PIPE_CLOSED = 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; wrong use never shows a traceback."""
    # Imports make no garbage, and records hold no reference cycles: with Python's thresholds the
    # collector takes a tenth of every start.
    gc.set_threshold(_OBJECTS, 20, 20)
    _write_any_character()
    screen = sys.stdout
    try:
        code = _run(None if arguments is None else list(arguments))
        screen.flush()
    except BrokenPipeError:
        # Discards what is still buffered, which would raise once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), screen.fileno())
        return PIPE_CLOSED
    finally:
        clear_starting()
        # At exit Python looks through all objects for garbage once more, except for frozen ones.
        gc.freeze()
    return code if sys.stdout is screen else PIPE_CLOSED  # typer replaces a screen that broke


def _write_any_character() -> None:
    """Has what the terminal cannot show shown as JSON escapes it; else it would end the command."""
    codecs.register_error("copydesk", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="copydesk")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end


def _run(arguments: list[str] | None) -> int:
    try:
        app(args=arguments, prog_name="copydesk")
    except SystemExit as end:  # typer ends every command so, also one that went well
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except CopydeskError as error:
        clear_starting()
        from pipeline.cli.terminal import plain  # noqa: PLC0415 - rich, which `--help` does without

        sys.stderr.write(f"copydesk: {plain(str(error))}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0
