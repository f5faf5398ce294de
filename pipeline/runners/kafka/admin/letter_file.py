"""A letter as a file that a person can mend: a heading, a line, and the value byte for byte."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import WorkFailedError, WrongUseError

_FIRST = "copydesk letter: "
_LINE = "-" * 20 + " what is below this line is sent " + "-" * 20
_HEAD = re.compile(
    rb"\A(?:\xef\xbb\xbf)?" + _FIRST.encode() + rb"(\S+)[ \t]*\r?\n"
    rb"(?s:.*?)^" + re.escape(_LINE.encode()) + rb"[ \t]*\r?(?:\n|\Z)",
    re.MULTILINE,
)


class Mended(NamedTuple):
    """What a file holds: the place of the letter, and the value to send in its stead."""

    place: str
    value: bytes


def write(path: Path, place: str, wrong: str, value: bytes | None) -> None:
    """Writes a letter to a new file; `wrong` says in one line what is wrong with it.

    Raises `WrongUseError` if there is a file already, and `WorkFailedError`.
    """
    heading = (
        f"{_FIRST}{place}\n{wrong}\nMend what is below the line, keep this heading, then run:"
        f" copydesk dead-letters replay {path}\n{_LINE}\n"
    )
    try:
        with path.open("xb") as file:
            file.write(heading.encode() + (value or b""))
    except FileExistsError as error:
        raise WrongUseError(f"{path}: is there already: name another file") from error
    except OSError as error:
        raise WorkFailedError(f"{path}: cannot be written: {error.strerror}") from error


def read(path: Path) -> Mended:
    """Reads a mended file. Raises `WrongUseError` for any other."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WrongUseError(f"{path}: cannot be read: {error.strerror}") from error
    head = _HEAD.match(content)
    if not head:
        raise WrongUseError(
            f"{path}: has no heading of a letter: `copydesk dead-letters show PLACE --edit FILE` "
            "writes one; keep its heading and the line below it"
        )
    return Mended(head[1].decode(errors="replace"), content[head.end() :])
