"""Where things are on the page. Names and ids come from strangers, whatever characters they hold.

A browser takes `..` for a step up, also where it is percent-encoded, and servers refuse lines
that are too long: such names go into the query, such ids are told by where they came from.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_STEPS = {"", ".", ".."}
_LONGEST = 2_000  # characters of a path: below every server's limit for a line
_WEB = re.compile(r"https?://[^\s\x00-\x20\x7f]+", re.IGNORECASE)


def source_path(name: str | None) -> str:
    """The page of a source; `/source` is that of inputs that name none."""
    if name is None:
        return "/source"
    quoted = _quote(name)
    return f"/source?name={quoted}" if name in _STEPS else f"/source/{quoted}"


def article_path(id_: str, origin: str | None = None) -> str:
    """The page of an article; `origin` tells apart those that share an id."""
    at = f"?at={_quote(origin)}" if origin else ""
    quoted = _quote(id_)
    if id_ in _STEPS or len(quoted) > _LONGEST:
        return f"/article{at}"
    return f"/article/{quoted}{at}"


def name_in(raw_path: str, kind: str) -> str | None:
    """The name in a path as it came over the wire; None where there is none."""
    quoted = raw_path.removeprefix(f"/{kind}").removeprefix("/")
    return unquote(quoted, errors="replace") if quoted else None


def link_out(url: str | None) -> str | None:
    """An address that may become a link: of the web, and nothing that could run here."""
    return url if url and len(url) <= _LONGEST and _WEB.fullmatch(url) else None


def _quote(text: str) -> str:
    return quote(text, safe="", errors="replace")
