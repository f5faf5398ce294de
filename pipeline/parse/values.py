"""Converts single values of the input to our types, whatever they are wrapped in.

Each reader takes a decoded JSON value and returns `Read`, whose value is empty for null, "" and
words such as "None"; or None if it cannot use the type.
"""

from __future__ import annotations

import re
from ast import literal_eval
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from pipeline.authors import Byline, join_bylines, read_byline
from pipeline.parse.aliases import LONGEST_NOTHING, NOTHING, WRAPPERS, squash
from pipeline.parse.blocks import join_blocks
from pipeline.parse.decode import looks_binary
from pipeline.parse.objects import is_meant_as_json, json_in_text

T = TypeVar("T", str, tuple[str, ...])

# MongoDB, XML to JSON, JSON-LD, Firestore, Parse, PHP.
_DATE_WRAPPERS = (
    "$date", "$numberLong", "value", "#text", "@value", "seconds", "_seconds", "iso", "date",
    "rendered",
)  # fmt: skip
# Of an author, as names are compared: `firstName`, `first_name` and `FirstName` are one.
_AUTHOR_WRAPPERS = (
    "name", "fullname", "displayname", "nameraw", "title", "byline", "original", "author",
    "authors", "rendered", "text", "#text", "$", "@value", "@list", "person", "persons", "people",
    "data", "attributes", "fields", "nodes", "node", "edges", "items",
)  # fmt: skip
_NAMES_IN_PARTS = (
    ("firstname", "lastname"), ("first", "last"), ("givenname", "familyname"),
    ("forename", "surname"),
)  # fmt: skip
# An object printed instead of what it holds: by Perl, by Python.
_REFERENCE = re.compile(
    r"(?:ARRAY|HASH|SCALAR|REF|CODE)\(0x[0-9a-f]{4,16}\)"
    r"|<[\w.]{1,60} (?:object )?at 0x[0-9a-f]{4,16}>"
)
_LONGEST_LIST = 10_000  # characters of a list in a text
_ARRAY = re.compile(
    r"(?:(?:np\.|numpy\.)?array|(?:pd\.|pandas\.)?Index)\(\s*(?P<list>\[.*\])\s*(?:,\s*dtype=[^()]*)?\)",
    re.DOTALL,
)
_UNSEPARATED = re.compile(r"""(?<=['"])\s+(?=['"])""")
_QUOTED = re.compile(r"""'([^']{1,200})'|"([^"]{1,200})\"""")
_LANGUAGE_OR_SOURCE = ("name", "alternateName", "code", "title", "domain", "value", "#text", "id")


class Read(NamedTuple, Generic[T]):
    """A value as ours; `whole` is False when the original says more than was used."""

    value: T
    whole: bool = True
    summary: str = ""  # of a body that came with one, as Fundus writes it
    left_out: str = ""  # kinds of blocks of a body that are no text

    @property
    def is_empty(self) -> bool:
        return not self.value and not self.summary


def is_nothing(text: str) -> bool:
    """Returns whether a text is white space, or a word that a tool writes for a missing value.

    >>> is_nothing(" NaN"), is_nothing("Nancy")
    (True, False)
    """
    if len(text) <= LONGEST_NOTHING and text.strip().casefold() in NOTHING:
        return True
    if text.endswith((")", ">")) and _REFERENCE.fullmatch(text):
        return True
    return text.isspace()


def read_text(value: Any, wrappers: tuple[str, ...] = WRAPPERS) -> Read[str] | None:
    """Returns a text: a string, alone in a list, or wrapped in an object."""
    if isinstance(value, str):
        return Read("" if is_nothing(value) else value)
    if value is None:
        return Read("")
    if isinstance(value, list) and len(value) <= 1:
        return read_text(value[0], wrappers) if value else Read("")
    if isinstance(value, dict):
        return _unwrap(value, wrappers)
    return None


def read_lines(value: Any) -> Read[str] | None:
    """Returns a text, or the texts of a list as paragraphs: a standfirst in parts."""
    if not isinstance(value, list) or len(value) < 2:
        return read_text(value)
    read = [read_text(item) for item in value]
    texts = [found.value.strip() for found in read if found is not None]
    if len(texts) < len(read):
        return None
    whole = all(found.whole for found in read if found is not None)
    return Read("\n\n".join(filter(None, texts)), whole=whole)


def _unwrap(value: dict[str, Any], wrappers: tuple[str, ...]) -> Read[str] | None:
    for name in wrappers:
        if isinstance(value.get(name), (str, dict)):
            found = read_text(value[name], wrappers)
            if found and found.value:
                others = (v for key, v in value.items() if key not in (name, "@type"))
                return Read(found.value, whole=found.whole and not any(others))
    lower = {key.lower(): its for key, its in value.items()}
    return _unwrap(lower, wrappers) if lower.keys() != value.keys() else None if value else Read("")


def _bare(found: Read[str] | None) -> Read[str] | None:
    """Returns the text without white space around it."""
    if found is None:
        return None
    text = found.value.strip()
    return found if text == found.value else found._replace(value=text)


def read_id(value: Any) -> Read[str] | None:
    """Returns an id: a string or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Python refuses to write out numbers beyond some thousand digits.
        return Read(str(value)) if value.bit_length() < 4096 else None
    return _bare(read_text(value))


def read_url(value: Any) -> Read[str] | None:
    """Returns a URL as given; whether it is a good one is for the checks."""
    return _bare(read_text(value))


def read_source(value: Any) -> Read[str] | None:
    """Returns a name or a domain; of a bare site URL, its host."""
    found = _bare(read_text(value, _LANGUAGE_OR_SOURCE))
    if found and found.value.startswith(("http://", "https://")):
        try:
            host = urlsplit(found.value).hostname
        except ValueError:
            host = None
        return found._replace(value=host.removeprefix("www.")) if host else found
    return found


def read_moment(value: Any) -> Read[str] | None:
    """Returns a date as text; numbers as they are written."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = repr(value) if abs(value) < 1e20 else ""
        return Read(text.removesuffix(".0")) if text else None
    if isinstance(value, list):
        return read_moment(value[0]) if len(value) == 1 else _listed_moment(value)
    if isinstance(value, dict):
        name = next((name for name in _DATE_WRAPPERS if name in value), None)
        found = read_moment(value[name]) if name else None
        zone = value.get("timezone")
        if found and found.value and name == "date" and isinstance(zone, str):
            return Read(f"{found.value} {zone}")  # as PHP writes a DateTime
        return found
    return _bare(read_text(value))


def _listed_moment(parts: list[Any]) -> Read[str] | None:
    """Returns year, month, day and time in a list of numbers.

    As Java's Jackson writes them, or Python's `struct_time`, which has the weekday, the day of the
    year and daylight saving behind.
    """
    if len(parts) == 9:
        parts = parts[:6]
    if not 3 <= len(parts) <= 7 or any(type(part) is not int or part < 0 for part in parts):
        return Read("") if not parts else None
    year, month, day, *time = parts
    text = f"{year:04}-{month:02}-{day:02}"
    if time:
        hour, minute, second = [*time, 0, 0][:3]
        text += f"T{hour:02}:{minute:02}:{second:02}"
    return Read(text)


def read_authors(value: Any) -> Read[tuple[str, ...]] | None:
    """Reads names from a byline, a list of names, or objects with a name.

    `left_out` has what stands for an author and names nobody.
    """
    byline = _byline(value)
    if byline is None:
        return None
    return Read(byline.names, whole=byline.whole, left_out=", ".join(byline.no_names))


def _byline(value: Any) -> Byline | None:
    if value is None or value in ("", [], {}):
        return Byline(())
    if isinstance(value, str):
        if is_nothing(value):
            return Byline(())
        inside = value_in_text(value)
        found = None if inside is None else _byline(inside)
        return found or read_byline(value)
    if isinstance(value, list):
        bylines = [_byline(item) for item in value]
        read = [byline for byline in bylines if byline is not None]
        return join_bylines(read) if len(read) == len(bylines) else None
    return _person(value) if isinstance(value, dict) else None


def _person(value: dict[str, Any]) -> Byline | None:
    """Returns the name of a person in an object, or the names in what it wraps."""
    members = {squash(key): its for key, its in value.items()}
    for first, last in _NAMES_IN_PARTS:
        parts = [members.get(first), members.get(last)]
        if all(isinstance(part, str) and part.strip() for part in parts):
            return Byline((" ".join(map(str.strip, map(str, parts))),), whole=False)
    for name in _AUTHOR_WRAPPERS:
        byline = _byline(members[name]) if members.get(name) else None
        if byline and byline.names:
            more = any(its for key, its in members.items() if key not in (name, "@type"))
            return byline._replace(whole=byline.whole and not more)
    return None if any(value.values()) else Byline(())


def value_in_text(text: str) -> Any:
    """Returns the list or object that a text holds as JSON, or as Python or NumPy print it.

    None where it holds none.
    """
    text = text.strip()
    if array := _ARRAY.fullmatch(text):
        text = array["list"]
    if text[:1] + text[-1:] not in ("[]", "{}", "()") or len(text) > _LONGEST_LIST:
        return None
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        pass
    if _UNSEPARATED.search(text):  # `['Ana Lima' 'Bo Ek']`, as NumPy prints it
        return [one or other for one, other in _QUOTED.findall(text)]
    try:
        value = literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return [one or other for one, other in _QUOTED.findall(text)] or None
    if isinstance(value, set):  # in the order in which they are written
        return [one or other for one, other in _QUOTED.findall(text)]
    return list(value) if isinstance(value, tuple) else value


def read_names(value: Any) -> Read[tuple[str, ...]] | None:
    """Names as we wrote them, with nothing left to split."""
    names = [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
    return Read(tuple(names)) if names or not value else None


def read_body(value: Any) -> Read[str] | None:
    """Returns the text: a string, paragraphs, blocks, or Fundus's summary and sections.

    A string of JSON is what it holds; one that holds no text, or a file that is none, is unusable.
    """
    if isinstance(value, str):
        return _string_body(value)
    if isinstance(value, dict) and isinstance(value.get("sections"), list):
        return _fundus_body(value)
    return _blocks(value) if isinstance(value, (list, dict)) else read_text(value)


def _string_body(value: str) -> Read[str] | None:
    if is_nothing(value):
        return Read("")
    if value.lstrip()[:1] in ("{", "["):
        inside = json_in_text(value)
        if isinstance(inside, (list, dict)):
            return _blocks(inside)
        if is_meant_as_json(value):
            return None
    return None if looks_binary(value) else Read(value)


def _blocks(value: list[Any] | dict[str, Any]) -> Read[str] | None:
    found = join_blocks(value)
    if found is None or (found.left_out and not found.text):
        return None
    text = "" if is_nothing(found.text) else found.text
    return Read(text, whole=found.whole, left_out=", ".join(found.left_out))


def _fundus_body(body: dict[str, Any]) -> Read[str] | None:
    parts: list[Any] = []
    for section in body["sections"]:
        if not isinstance(section, dict):
            return None
        for name in ("headline", "paragraphs"):
            part = section.get(name) or []
            parts += part if isinstance(part, list) else [part]
    text = _blocks(parts)
    summary = body.get("summary") or []
    standfirst = _blocks(summary if isinstance(summary, list) else [summary])
    if text is None or standfirst is None:
        return None
    return text._replace(summary=standfirst.value)
