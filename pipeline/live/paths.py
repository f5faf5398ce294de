"""The paths of pages. Names and ids come from strangers and may contain any character.

A browser resolves `..` even if it is percent-encoded, and servers refuse long request lines: such
names go into the query, and such ids are replaced by the origin of the article.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_STEPS = {"", ".", ".."}
_LONGEST = 2_000  # characters of a path: below every server's limit for a line
_WEB = re.compile(r"https?://[^\s\x00-\x20\x7f]+", re.IGNORECASE)


def source_path(name: str | None) -> str:
    """The path of a source's page; `/source` is for inputs without a source."""
    if name is None:
        return "/source"
    quoted = _quote(name)
    return f"/source?name={quoted}" if name in _STEPS else f"/source/{quoted}"


def article_path(id_: str, origin: str | None = None) -> str:
    """The path of an article's page; `origin` distinguishes articles with the same id."""
    at = f"?at={_quote(origin)}" if origin else ""
    quoted = _quote(id_)
    if id_ in _STEPS or len(quoted) > _LONGEST:
        return f"/article{at}"
    return f"/article/{quoted}{at}"


def name_in(raw_path: str, kind: str) -> str | None:
    """Returns the name in a raw request path; None if there is none."""
    quoted = raw_path.removeprefix(f"/{kind}").removeprefix("/")
    return unquote(quoted, errors="replace") if quoted else None


def link_out(url: str | None) -> str | None:
    """Returns the address if it may become a link: http or https only; else None."""
    return url if url and len(url) <= _LONGEST and _WEB.fullmatch(url) else None


def _quote(text: str) -> str:
    return quote(text, safe="", errors="replace")
