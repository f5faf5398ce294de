"""Finds what is wrong with language files: each problem with its file, section and entry."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pipeline.check.limits import RULES
from pipeline.languages.bundle import REPLACES, read_files
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


def problems(texts: Mapping[str, str], rules: Collection[str] = RULES) -> list[str]:
    """Returns what is wrong with language files, given by their names without the ending.

    `rules` are the ids that `[limits]` may name.
    """
    return [
        f"{name}.toml: {one}" for name, text in texts.items() for one in _in_file(name, text, rules)
    ]


def problems_of_own(texts: Mapping[str, str], rules: Collection[str]) -> list[str]:
    """Returns what is wrong with the user's files, each by itself and beside ours."""
    found: list[str] = []
    shipped = read_files()
    kinds = {key: (kind, name) for name, text in shipped.items() for key, kind in _kinds_in(text)}
    for name, text in texts.items():
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found.append(f"{name}.toml: {error}")
            continue
        alone = data.get(REPLACES, False)
        if not isinstance(alone, bool):
            found.append(f"{name}.toml: {REPLACES} = {alone!r} is neither true nor false")
        needs_name = alone is True or name not in shipped
        found += [f"{name}.toml: {one}" for one in _in_data(name, data, rules, named=needs_name)]
        for key, kind in _kinds_in(text):
            first, file = kinds.get(key, (kind, name))
            if first != kind and not (alone and file == name):
                found.append(
                    f"{name}.toml: {key[1]!r} is of the kind {kind}, but {file}.toml has it as "
                    f"{first}: leave it out, or replace that file"
                )
    return found


def count_entries(text: str) -> int:
    """Returns how many phrases, words, names and limits a language file has."""
    data = tomllib.loads(text)
    return _count({name: data[name] for name in data.keys() & {*SECTIONS}})


def _count(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    return len(value) if isinstance(value, list) else 1


def _in_file(name: str, text: str, rules: Collection[str]) -> Iterator[str]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        yield str(error)
    else:
        yield from _in_data(name, data, rules, named=name not in BESIDE)


def _in_data(
    name: str, data: Mapping[str, Any], rules: Collection[str], *, named: bool
) -> Iterator[str]:
    if name not in BESIDE and not re.fullmatch(r"[a-z]{2,3}", name):
        yield "is not called by a language's code"
    if named and not isinstance(data.get("name"), str):
        yield "says no name"
    allowed = BESIDE.get(name, SECTIONS)
    for section, content in data.items():
        if section in ("name", REPLACES) and name not in BESIDE:
            continue
        if section not in allowed or not isinstance(content, dict):
            yield f"[{section}] is no section here; there are {', '.join(allowed)}"
        elif section == "limits":
            yield from _in_limits(content, rules)
        else:
            yield from _CHECKS[section](content)


def _kinds_in(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yields (section and place, phrase) of the phrases that have a kind, with the kind."""
    data = tomllib.loads(text)
    for kind, entries in data.get("notices", {}).items():
        for entry in entries if isinstance(entries, list) else ():
            yield ("notices", entry), kind
    for kind, places in data.get("furniture", {}).items():
        for place, entries in places.items() if isinstance(places, dict) else ():
            for entry in entries if isinstance(entries, list) else ():
                yield (place, entry), kind


def _in_script(script: dict[str, Any]) -> Iterator[str]:
    for key, value in script.items():
        wanted = str if key == "calendar" else bool | float
        if key not in SCRIPT or not isinstance(value, wanted):
            yield f"[script] {key} = {value!r} is read by nothing"


def _in_limits(limits: dict[str, Any], rules: Collection[str]) -> Iterator[str]:
    for rule, limit in limits.items():
        if rule not in rules:
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
    "sections": _in_sections,
    "words": _in_words,
    "notices": _in_notices,
    "furniture": _in_furniture,
}
