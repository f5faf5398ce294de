"""The language files, compiled to one file that loads in milliseconds.

`tomllib` takes a quarter of a second for all files, and compiling the phrases as long again. So
the files are compiled once, at installation (`python -m pipeline.native.build`), to a bundle
beside them. Its key is a hash over the language files and the code that compiles them: after an
edit the next start compiles a new bundle, and stores it if the folder can be written.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from itertools import product
from types import ModuleType
from typing import Any, NamedTuple

import msgspec
import xxhash
from msgspec import Struct

from pipeline.languages.contents import BESIDE, FURNITURE, NOTICES, WORDS, Place
from pipeline.languages.grammar import (
    ANY,
    OPEN,
    compile_names,
    compile_phrase,
    expand,
    spell_out,
)
from pipeline.text import fold

FOLDER = os.path.dirname(__file__)
NAME = "_bundle.msgpack"
_OFF = "off"
# In a file of the user's: it replaces ours of that name, in place of being joined to it.
REPLACES = "replaces"
# Modules that make patterns from words when they are imported.
_FROM_WORDS = ("pipeline.clean.rules", "pipeline.clean.datelines")
# Other code on which the compiled phrases depend.
_USED = tuple(os.path.join(FOLDER, "..", path) for path in ("text.py", "native/codepoints.py"))


class Phrase(Struct, frozen=True, array_like=True, gc=False):
    """A pattern of lines, the repair that drops them, and the place where it does so."""

    regex: str  # of the whole flattened line, from its first word on; may mention a `<name>`
    rule: str
    place: Place

    def matches(self, flat: str) -> bool:
        """Returns whether the phrase matches a line of `flatten_line`, from its first word on."""
        return _compiled(self.regex).fullmatch(flat) is not None


@cache  # compiled at first use: most runs need few, and all 3,000 take .5 s
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(spell_out(regex, load_bundle().named))


class Notices(NamedTuple):
    """Folded phrases with their kinds: some match a whole sentence or line, some its beginning."""

    whole: dict[str, str]
    beginnings: dict[str, str]


class Bundle(Struct, frozen=True, array_like=True):
    """The contents of all language files, compiled."""

    key: str
    names: dict[str, str]  # in English, by code
    phrases: list[Phrase]
    named: dict[str, str]  # the regex of each `<name>` in the regexes of phrases
    openings: dict[str, tuple[int, ...]]  # numbers of phrases, by the keys of their two first words
    reach: dict[str, int]  # characters of the longest line that may match, by the first key
    words: dict[str, dict[str, list[str]]]  # by list, then by file
    notices: Notices
    sections: Notices
    # By rule, then by language; whole numbers are ints.
    limits: dict[str, dict[str, int | float | None]]
    characters_per_word: dict[str, float]
    capitalises_nouns: frozenset[str]
    calendars: dict[str, str]  # by language
    day_first: frozenset[str]


_NONE: Mapping[str, str] = {}


class _Set:
    """Our language files with those of a user, and what was made of them."""

    def __init__(self, own: Mapping[str, str], number: int) -> None:
        self.own, self.number = dict(own), number
        self.modules: dict[str, ModuleType] = {}  # those that make patterns from words

    @cached_property
    def bundle(self) -> Bundle:
        if not self.own:
            return read_bundle(FOLDER)
        return compiled(read_files(FOLDER), own=self.own)


_sets = [_Set(_NONE, 0)]
_in_use = _sets[0]


def use(own: Mapping[str, str]) -> int:
    """Makes this process work by our language files and by the user's, given by their names.

    A process works by one set of files at a time, since patterns are made from their words. If the
    set changes, what was made from words is forgotten: a set is costly at its first use, a second,
    and cheap afterwards. Returns the number of the set.
    """
    global _in_use  # noqa: PLW0603 - one set for the whole process, as said
    if own == _in_use.own:
        return _in_use.number
    known = [one for one in _sets if one.own == own]
    chosen = known[0] if known else _Set(own, len(_sets))
    if not known:
        _sets.append(chosen)
    for name, module in list(sys.modules.items()):
        if name.startswith(_FROM_WORDS):
            _in_use.modules[name] = sys.modules.pop(name)
        elif name.startswith("pipeline."):
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper):  # noqa: SLF001 - its only name
                    value.cache_clear()
    sys.modules.update(chosen.modules)
    _in_use = chosen
    return chosen.number


def set_in_use() -> int:
    """Returns the number of the set of language files that the process works by."""
    return _in_use.number


@cache
def load_bundle() -> Bundle:
    """Returns the bundle of the language files in use: ours, and the user's with them."""
    return _in_use.bundle


def read_bundle(folder: str) -> Bundle:
    """Returns the bundle of a folder: the stored one, or a new one if a language file changed."""
    kept_at, key = os.path.join(folder, NAME), _key(folder)
    try:
        kept = msgspec.msgpack.decode(_read(kept_at), type=Bundle)
    except (OSError, msgspec.DecodeError):
        kept = None
    if kept is not None and kept.key == key:
        return kept
    return _keep(compiled(read_files(folder), key), kept_at)


def read_files(folder: str = FOLDER) -> dict[str, str]:
    """Returns the text of each language file, by its name without the ending."""
    return {
        name.removesuffix(".toml"): _read(os.path.join(folder, name)).decode()
        for name in sorted(os.listdir(folder))
        if name.endswith(".toml")
    }


def compiled(texts: Mapping[str, str], key: str = "", own: Mapping[str, str] = _NONE) -> Bundle:
    """Compiles language files, with those of the user's `own` joined to them.

    Raises ValueError that names the file, the section and the entry.
    """
    parsed = {name: _parsed(name, text) for name, text in texts.items()}
    for name, text in own.items():
        added = _parsed(name, text)
        alone = added.pop(REPLACES, False)
        parsed[name] = added if alone else joined(parsed.get(name, {}), added)
    words = _words(parsed)
    phrases, named, openings, reach = _furniture(parsed, words)
    languages = {code: data for code, data in parsed.items() if code not in BESIDE}
    limits: dict[str, dict[str, int | float | None]] = {}
    for code, data in languages.items():
        for rule, limit in data.get("limits", {}).items():
            limits.setdefault(rule, {})[code] = None if limit == _OFF else limit
    script = {code: data.get("script", {}) for code, data in languages.items()}
    return Bundle(
        key=key,
        names={code: data["name"] for code, data in languages.items()},
        phrases=phrases,
        named=named,
        openings=openings,
        reach=reach,
        words=words,
        notices=_notices(
            (f"{code}.toml: [notices] {kind}", kind, data["notices"][kind])
            for kind in NOTICES
            for code, data in languages.items()
            if kind in data.get("notices", {})
        ),
        sections=_notices(
            (f"{code}.toml: [sections] names", "section", data["sections"]["names"])
            for code, data in languages.items()
            if "sections" in data
        ),
        limits=limits,
        characters_per_word={
            code: one["characters_per_word"]
            for code, one in script.items()
            if "characters_per_word" in one
        },
        capitalises_nouns=frozenset(
            code for code, one in script.items() if one.get("capitalises_nouns")
        ),
        calendars={code: one["calendar"] for code, one in script.items() if "calendar" in one},
        day_first=frozenset(code for code, one in script.items() if one.get("day_first")),
    )


def joined(ours: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the contents of two files as one: lists are added up, other values are the user's."""
    found = dict(ours)
    for name, value in own.items():
        known = found.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            found[name] = joined(known, value)
        elif isinstance(known, list) and not (name in WORDS and WORDS[name].numbered):
            found[name] = list(dict.fromkeys([*known, *value]))
        else:
            found[name] = value
    return found


def _parsed(name: str, text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only whoever compiles needs it

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}.toml: {error}") from error


def _words(parsed: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Returns the lists of `[words]`, expanded to single wordings.

    Lists that phrases mention as `<name>`, and those whose entries are numbered, stay as written.
    """
    words: dict[str, dict[str, list[str]]] = {name: {} for name in WORDS}
    for code, data in parsed.items():
        for name, entries in data.get("words", {}).items():
            found: list[str] = []
            as_written = WORDS[name].phrases or WORDS[name].numbered
            for entry in entries:
                with _at_entry(f"{code}.toml: [words] {name} {entry!r}"):
                    found += [entry] if as_written else expand(entry)
            words[name][code] = list(dict.fromkeys(found))
    return words


_LINKS = "drop_related_links"


def _furniture(
    parsed: Mapping[str, dict[str, Any]], words: Mapping[str, Mapping[str, list[str]]]
) -> tuple[list[Phrase], dict[str, str], dict[str, tuple[int, ...]], dict[str, int]]:
    """Returns the phrases of furniture, `named`, `openings` and `reach` of the bundle."""
    names, named = compile_names(
        {
            name: [*dict.fromkeys(entry for entries in words[name].values() for entry in entries)]
            for name, its in WORDS.items()
            if its.phrases
        }
    )
    numbers: dict[Phrase, int] = {}
    by_first: dict[str, dict[int, set[str]]] = {}  # with the keys of their second words
    reach: dict[str, int] = {}
    for code, kind in product(parsed, FURNITURE):
        places = parsed[code].get("furniture", {}).get(kind.id, {})
        if kind.id == _LINKS:  # what begins a link begins a line of its own, too
            headings = [f"{heading}: ..." for heading in words["link_heading"].get(code, ())]
            places = {**places, Place.ANYWHERE: [*places.get(Place.ANYWHERE, ()), *headings]}
        for place, entries in places.items():
            for entry in entries:
                with _at_entry(f"{code}.toml: [furniture.{kind.id}] {place} {entry!r}"):
                    part = compile_phrase(entry, names)
                    phrase = Phrase(part.regex, kind.id, Place(place))
                number = numbers.setdefault(phrase, len(numbers))
                for opening in part.openings:
                    first = opening[0].removesuffix(OPEN)
                    seconds = by_first.setdefault(first, {}).setdefault(number, set())
                    seconds.add(opening[1] if len(opening) > 1 else "")
                    reach[first] = max(reach.get(first, 0), kind.max_chars)
    openings = {
        f"{first} {second}": tuple(
            number for number, its in found.items() if not its.isdisjoint((second, ANY))
        )
        for first, found in by_first.items()
        for second in sorted({ANY}.union(*found.values()))
    }
    return [*numbers], named, openings, reach


def _notices(lists: Iterator[tuple[str, str, list[str]]]) -> Notices:
    """Folds the phrases of (place of the list, kind, phrases); the first kind of a phrase wins."""
    found = Notices({}, {})
    for where, kind, phrases in lists:
        for phrase in phrases:
            with _at_entry(f"{where} {phrase!r}"):
                wordings = expand(phrase)
            for wording in wordings:
                table = found.beginnings if wording.endswith(" ...") else found.whole
                table.setdefault(fold(wording), kind)
    return found


@contextmanager
def _at_entry(place: str) -> Iterator[None]:
    """Puts the place of an entry before the message of a ValueError."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _key(folder: str) -> str:
    """Returns a hash over the language files and the code that compiles them.

    The version of Unicode does not count: letters that it has assigned keep their folds.
    """
    digest = xxhash.xxh3_128()
    names = [name for name in sorted(os.listdir(folder)) if name.endswith((".toml", ".py"))]
    for path in (*_USED, *(os.path.join(folder, name) for name in names)):
        digest.update(f"\0{os.path.basename(path)}\0".encode())
        digest.update(_read(path))
    return digest.hexdigest()


def _keep(new: Bundle, path: str) -> Bundle:
    """Stores the bundle beside the language files if that folder can be written."""
    data = msgspec.msgpack.encode(new)
    partial = f"{path}.{os.getpid()}.tmp"
    with suppress(OSError):
        with open(partial, "wb") as file:
            file.write(data)
        os.replace(partial, path)
    return msgspec.msgpack.decode(data, type=Bundle)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
