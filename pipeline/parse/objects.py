r"""Parses JSON text to its top level: names, and values as raw JSON.

Values stay raw so that what we do not know (huge numbers, 1e400, escapes) leaves exactly as it
came. What other readers accept and strict JSON does not (NaN, lone surrogates, control
characters inside strings) is mended in the text, and noted; everything else is left alone.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from pipeline.article import Finding
from pipeline.parse.problems import JSON_NOT_STRICT, Refusal

_DECODER = msgspec.json.Decoder(dict[str, Raw])
_ANY = msgspec.json.Decoder(Raw)
_LOOKS_LIKE_OBJECT = re.compile(r"\s*\{\s*[\"}]")
_LOOKS_LIKE_ARRAY = re.compile(r"\s*\[\s*\{\s*\"")
_NOT_STRUCTURE = bytes(code for code in range(256) if code not in b'"[]{}')
_NOT_LIST = bytes(code for code in range(256) if code not in b'"[]{},')
_DEEPEST_INSIDE = 100  # levels of JSON in a string
_LIST_TOKEN = re.compile(rb'"[^"]*+"?|[\[\]{},]')
_STEP = [0] * 256
_STEP[ord("[")] = _STEP[ord("{")] = 1
_STEP[ord("]")] = _STEP[ord("}")] = -1
_LOOSE = re.compile(
    r"""
      "[^"\\]*+(?:\\.[^"\\]*+)*+"?      # a string, or the rest of the text if it never ends
    | -?\bInfinity\b | \bNaN\b
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"""
      \\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}    # a pair: one character
    | (?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})
    | \\.
    | (?P<control>[\x00-\x1f])
    """,
    re.VERBOSE | re.DOTALL,
)
_TROUBLE = re.compile(r"[\x00-\x1f]|\\u[dD][89a-fA-F]")


class Members(NamedTuple):
    """The members of one JSON object."""

    values: dict[str, Raw]
    findings: tuple[Finding, ...] = ()


def looks_like_json(text: str) -> bool:
    """Returns whether a text of unknown format is certainly meant as JSON."""
    return bool(_LOOKS_LIKE_OBJECT.match(text) or _LOOKS_LIKE_ARRAY.match(text))


def is_meant_as_json(text: str) -> bool:
    """Returns whether a text is certainly JSON: an object, a list of them, or these in a string."""
    if looks_like_json(text):
        return True
    start = text.lstrip()
    return start.startswith('"') and looks_like_json(start[1:200].replace("\\", ""))


def value_in(text: str) -> tuple[Raw | None, tuple[Finding, ...]]:
    """Returns the one JSON value of a text, mended where it is not strict; None for no JSON."""
    try:
        return Raw(bytes(_ANY.decode(text))), ()
    except (msgspec.DecodeError, RecursionError):
        mended, what = mend(text)
    try:
        return Raw(bytes(_ANY.decode(mended))), (JSON_NOT_STRICT.finding(", ".join(what)),)
    except (msgspec.DecodeError, RecursionError):
        return None, ()


def json_in_string(value: Raw) -> Raw | None:
    """Returns the JSON that a JSON string holds; None where it holds another text."""
    text: str = msgspec.json.decode(value)
    if not is_meant_as_json(text) or is_too_deep(text, _DEEPEST_INSIDE):
        return None
    return value_in(text)[0]


def json_in_text(text: str) -> Any:
    """Returns the object, or the list of texts or objects, that a text is; None for another text.

    >>> json_in_text('["One.", "Two."]'), json_in_text("[1] See page 4")
    (['One.', 'Two.'], None)
    """
    if is_too_deep(text, _DEEPEST_INSIDE):
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError):
        return None
    is_list = isinstance(value, list) and all(isinstance(one, (str, dict)) for one in value)
    return value if is_list or isinstance(value, dict) else None


def has_more_elements(value: bytes, most: int) -> bool:
    """Returns whether a JSON list has more than `most` elements, without making them."""
    if value.count(b",") < most:
        return False
    bare = value.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NOT_LIST)
    depth = commas = 0
    for match in _LIST_TOKEN.finditer(bare):  # lazily: a list of pieces would take much memory
        token = match[0]
        depth += _STEP[token[0]]
        commas += depth == 1 and token == b","
        if commas >= most:
            return True
    return False


def read_object(text: str, max_depth: int) -> Members | Refusal:
    """Returns the members of a JSON object, or the reason why `text` is none."""
    if is_too_deep(text, max_depth):
        return Refusal(
            "too-deep",
            f"JSON nested deeper than {max_depth} levels; flatten it, or raise parse.max_depth",
        )
    # With this limit no later reader of the JSON runs out of stack.
    try:
        return Members(_DECODER.decode(text))
    except msgspec.ValidationError as error:
        return _not_an_object(text, error)
    except msgspec.DecodeError as error:
        return _read_mended(text, error)


def _read_mended(text: str, error: Exception) -> Members | Refusal:
    mended, what = mend(text)
    if what:
        try:
            return Members(_DECODER.decode(mended), (JSON_NOT_STRICT.finding(", ".join(what)),))
        except msgspec.ValidationError as still:
            return _not_an_object(mended, still)
        except msgspec.DecodeError as still:
            error = still
    return Refusal("not-json", f"cannot be read as JSON: {_where(text, error)}")


def _not_an_object(text: str, error: Exception) -> Refusal:
    kind = str(error).partition("got ")[2].strip("`") or "something else"
    advice = "send one JSON object per article"
    if kind == "str" and looks_like_json(text.lstrip()[1:200].replace("\\", "")):
        advice = "this string holds JSON: it was encoded twice; send the object itself"
    return Refusal("not-an-object", f"JSON, but its top level is {kind}, not an object; {advice}")


def _where(text: str, error: Exception) -> str:
    """Returns a message with the fault, its place and a remedy."""
    said = re.sub(r"^JSON is malformed: ", "", str(error))
    if "truncated" in said:
        return (
            f"it ends early, after character {len(text)}, near {text[-30:]!r}; "
            "the writer was cut off: send the whole object, on one line"
        )
    place = re.search(r"\(byte (\d+)\)", said)
    if place is None:
        return said
    before = text.encode()[: int(place[1])].decode(errors="ignore")
    at = len(before)
    said = said[: place.start()].strip()
    return f"{said} at character {at + 1}, near {text[max(0, at - 20) : at + 10]!r}"


def is_too_deep(text: str, max_depth: int) -> bool:
    """Returns whether brackets outside strings nest deeper than `max_depth`. Linear in the text."""
    if "[" not in text and text.find("{", 1) < 0:  # most objects are flat; counting takes longer
        return False
    if text.count("[") + text.count("{") <= max_depth:
        return False
    bare = text.encode(errors="replace").replace(rb"\\", b"").replace(rb"\"", b"")
    structure = re.sub(rb'"[^"]*+"?', b"", bare.translate(None, _NOT_STRUCTURE))
    return max(accumulate(map(_STEP.__getitem__, structure)), default=0) > max_depth


def mend(text: str) -> tuple[str, list[str]]:
    """Returns the text as strict JSON, and the names of the faults mended. Linear in the text."""
    what: dict[str, None] = {}

    def mend_escape(match: re.Match[str]) -> str:
        if match["lone"]:
            what["lone surrogate"] = None
            return r"\ufffd"
        if match["control"]:
            what["control character"] = None
            return f"\\u{ord(match['control']):04x}"
        return match[0]

    def mend_token(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] != '"':
            what[token.lstrip("-")] = None
            return "null"
        return _ESCAPE.sub(mend_escape, token) if _TROUBLE.search(token) else token

    return _LOOSE.sub(mend_token, text), list(what)
