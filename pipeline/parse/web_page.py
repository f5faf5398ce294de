"""Reads the article out of a web page, by trafilatura (`pip install 'copydesk[html]'`).

The page gives what its record does not say itself: the text, and title, authors, date, description,
address, site and language from the page's metadata. Dates are read where a page declares them,
never guessed from its text.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

import msgspec
from msgspec import Raw

from pipeline.article import Format
from pipeline.parse.aliases import alias_table, squash
from pipeline.parse.problems import Refusal

FIELD = "html"  # the member of a value of `Format.PAGE` that holds the page
INSTALL = "reading web pages needs trafilatura: pip install 'copydesk[html]'"
_LANGUAGE = re.compile(r"<html\b[^>]{0,500}?\slang\s*=\s*[\"']?([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)")
_HEAD = 10_000  # characters in which the language is looked for
_DATES = {"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%d"}
_SHOWN = 80  # characters of a title in a message


def is_available() -> bool:
    """Returns whether pages can be read on this machine."""
    return find_spec("trafilatura") is not None


def with_page(values: dict[str, Raw], field: str) -> dict[str, Raw] | Refusal:
    """Returns the members of a record, with what the page under `field` says in its place.

    What the record says of itself counts before what the page says.
    """
    html = _text(values.get(field))
    if not html or html.isspace():
        return values
    table = alias_table()
    known = {table[squash(name)].field: name for name in values if squash(name) in table}
    if known.get("articleBody") == field:
        del known["articleBody"]
    page = _read(html, _text(values.get(known.get("url", ""))) or None)
    if isinstance(page, Refusal):
        return page
    found = {name: raw for name, raw in values.items() if name != field}
    for name, value in page.items():
        if value and (name == "text" or table[squash(name)].field not in known):
            found[name] = Raw(msgspec.json.encode(value))
    if "articleBody" not in known and not page["text"]:
        shown = page["title"][:_SHOWN]
        return Refusal(
            "no-text-field", f"trafilatura finds no article's text on the page {shown!r}"
        )
    return found


def extracted(value: bytes, declared: Format, field: str | None) -> tuple[bytes, Format]:
    """Returns a value with what its page says in place of the page, for those who only pass it on.

    `field` holds the page, unless the value is declared to be one. Other values stay as they are.
    """
    name = FIELD if declared is Format.PAGE else field
    if name is None:
        return value, declared
    otherwise = Format.UNKNOWN if declared is Format.PAGE else declared
    try:
        values = msgspec.json.decode(value, type=dict[str, Raw])
    except msgspec.DecodeError:
        return value, otherwise
    if name not in values:
        return value, otherwise
    found = with_page(values, name)
    if isinstance(found, Refusal):  # without a text, it is refused where it is worked on
        found = {one: raw for one, raw in values.items() if one != name}
    return msgspec.json.encode(found), Format.JSON


def _read(html: str, url: str | None) -> dict[str, str] | Refusal:
    try:
        import trafilatura  # noqa: PLC0415 - optional, and takes a fifth of a second
    except ImportError:
        return Refusal("no-text-field", f"the text is in a web page; {INSTALL}")
    try:
        page: Any = trafilatura.bare_extraction(
            html,
            url=url,
            with_metadata=True,
            include_comments=False,
            date_extraction_params=_DATES,
        )
    except Exception as error:  # noqa: BLE001 - pages are strange, and this is others' code
        reason = f"{type(error).__name__}: {error}"[:200]
        return Refusal("no-text-field", f"trafilatura cannot read the page ({reason})")
    language = _LANGUAGE.search(html[:_HEAD])
    names = ("title", "author", "date", "description", "url", "sitename", "text")
    found = {name: getattr(page, name, None) or "" for name in names}
    first, _, rest = found["text"].partition("\n")
    if first == found["title"]:  # it stands above the text, too
        found["text"] = rest
    return {**found, "language": language[1] if language else ""}


def _text(raw: Raw | None) -> str:
    value = msgspec.json.decode(raw) if raw and bytes(memoryview(raw)[:1]) == b'"' else ""
    return value if isinstance(value, str) else ""
