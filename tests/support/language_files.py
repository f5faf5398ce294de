"""What may be wrong with language files: each problem with its file, section and entry."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pipeline.check.limits import RULES
from pipeline.languages.contents import (
    BESIDE,
    FURNITURE,
    NOTICES,
    SCRIPT,
    SECTIONS,
    WORDS,
    Place,
)
from pipeline.languages.grammar import compile_names, compile_phrase, expand
from pipeline.text import fold

# `<name>` in a phrase may mention each of these lists, whatever it holds.
_NAMES, _ = compile_names({name: ["example"] for name, its in WORDS.items() if its.phrases})
_MONTHS = 12
_KINDS = [kind.id for kind in FURNITURE]


def problems(texts: Mapping[str, str]) -> list[str]:
    """Returns what is wrong with language files, given by their names without the ending."""
    return [f"{name}.toml: {one}" for name, text in texts.items() for one in _in_file(name, text)]


def _in_file(name: str, text: str) -> Iterator[str]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        yield str(error)
        return
    if name not in BESIDE:
        if not re.fullmatch(r"[a-z]{2,3}", name):
            yield "is not called by a language's code"
        if not isinstance(data.pop("name", None), str):
            yield "says no name"
    allowed = BESIDE.get(name, SECTIONS)
    for section, content in data.items():
        if section in allowed and isinstance(content, dict):
            yield from _CHECKS[section](content)
        else:
            yield f"[{section}] is no section here; there are {', '.join(allowed)}"


def _in_script(script: dict[str, Any]) -> Iterator[str]:
    for key, value in script.items():
        wanted = str if key == "calendar" else bool | float
        if key not in SCRIPT or not isinstance(value, wanted):
            yield f"[script] {key} = {value!r} is read by nothing"


def _in_limits(limits: dict[str, Any]) -> Iterator[str]:
    for rule, limit in limits.items():
        if rule not in RULES:
            yield f"[limits] {rule} is no rule of the checks"
        if limit != "off" and not isinstance(limit, int | float):
            yield f"[limits] {rule} = {limit!r} is neither a number nor off"


def _in_sections(sections: dict[str, Any]) -> Iterator[str]:
    for key, entries in sections.items():
        if key != "names":
            yield f"[sections] {key} is read by nothing"
        yield from _in_list(f"[sections] {key}", entries, expand)


def _in_words(words: dict[str, Any]) -> Iterator[str]:
    for key, entries in words.items():
        if key in WORDS:
            read = _compile if WORDS[key].phrases else expand
            yield from _in_list(f"[words] {key}", entries, read, cased=WORDS[key].keeps_case)
            if WORDS[key].numbered and len(entries) != _MONTHS:
                yield f"[words] {key} has {len(entries)} entries, not {_MONTHS}"
        else:
            yield f"[words] {key} is read by nothing"


def _in_notices(notices: dict[str, Any]) -> Iterator[str]:
    kinds: dict[tuple[str, bool], str] = {}
    for kind, entries in notices.items():
        if kind not in NOTICES:
            yield f"[notices] {kind} is no kind; there are {', '.join(NOTICES)}"
        yield from _in_list(f"[notices] {kind}", entries, expand)
        for entry in entries:
            with suppress(ValueError):  # told already
                for wording in expand(entry):
                    first = kinds.setdefault((fold(wording), wording.endswith("...")), kind)
                    if first != kind:
                        yield f"[notices] {kind} {entry!r} is also of the kind {first}"


def _in_furniture(furniture: dict[str, Any]) -> Iterator[str]:
    kinds: dict[tuple[str, str], str] = {}
    for kind, places in furniture.items():
        where = f"[furniture.{kind}]"
        if kind not in _KINDS:
            yield f"{where} is no rule; there are {', '.join(_KINDS)}"
        for place, entries in places.items():
            if place not in list(Place):
                yield f"{where} {place} is no place; use {', '.join(Place)}"
            yield from _in_list(f"{where} {place}", entries, _compile)
            for entry in entries:
                first = kinds.setdefault((place, entry), kind)
                if first != kind:
                    yield f"{where} {place} {entry!r} is also of the kind {first}"


def _in_list(
    where: str, entries: Any, read: Callable[[str], object], *, cased: bool = False
) -> Iterator[str]:
    if not isinstance(entries, list) or not entries:
        yield f"{where} holds nothing; leave it out"
        return
    for entry in entries:
        if not isinstance(entry, str):
            yield f"{where} {entry!r} is no text"
            continue
        if entries.count(entry) > 1:
            yield f"{where} {entry!r} comes twice"
        # The dotted capital of Turkish has no small letter of its own.
        if not cased and any(char != char.lower() for char in entry.replace("\u0130", "")):
            yield f"{where} {entry!r} has capitals"
        try:
            read(entry)
        except ValueError as error:
            yield f"{where} {entry!r}: {error}"


def _compile(phrase: str) -> object:
    return compile_phrase(phrase, _NAMES)


_CHECKS: Mapping[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "script": _in_script,
    "limits": _in_limits,
    "sections": _in_sections,
    "words": _in_words,
    "notices": _in_notices,
    "furniture": _in_furniture,
}
