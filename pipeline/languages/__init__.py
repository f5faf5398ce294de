"""Facts of languages: one file for each (`de.toml`), and lists that belong to no language.

`en.toml` describes how the files are written, `contents` what they may hold, `grammar` how phrases
are read, `docs/extending.md` how to add a language. Nothing is read at import; the first call
reads the compiled files (`bundle`). Functions without a language parameter use the words of all
languages: pages mix them, and the language that an article declares is often wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from pipeline.languages.bundle import Notices, load_bundle
from pipeline.languages.contents import SCALES
from pipeline.languages.grammar import expand

# In place of the words of an empty list: a code point that is no character.
_NOWHERE = "\ufdd0"

__all__ = [
    "Notices",
    "calendars",
    "capitalises_nouns",
    "characters_per_word",
    "days_first",
    "forms_of",
    "limits_of",
    "number_words",
    "one_of",
    "scale_words",
    "stop_words",
    "words_by_language",
    "words_for",
    "words_of",
]


@cache
def words_for(name: str) -> tuple[str, ...]:
    """Returns the words under a name of `[words]` in all files, the longest first.

    Raises KeyError where no file has the list.
    """
    found = dict.fromkeys(word for words in load_bundle().words[name].values() for word in words)
    return tuple(sorted(sorted(found), key=len, reverse=True))


def words_of(language: str, name: str) -> tuple[str, ...]:
    """Returns the words under a name of `[words]` in the file of one language, in its order."""
    return tuple(load_bundle().words[name].get(language, ()))


def words_by_language(name: str) -> Mapping[str, Sequence[str]]:
    """Returns the words under a name of `[words]`, in the order of the file, by language."""
    return load_bundle().words[name]


def forms_of(name: str) -> Mapping[str, Sequence[Sequence[str]]]:
    """Returns the numbered entries under a name, each with all its forms, by language."""
    lists = load_bundle().words[name]
    return {code: [expand(entry) for entry in entries] for code, entries in lists.items()}


def calendars() -> Mapping[str, str]:
    """Returns the calendar of the languages whose years are not of the Gregorian one."""
    return load_bundle().calendars


def days_first() -> Collection[str]:
    """Returns the languages whose dates in numbers always have the day first."""
    return load_bundle().day_first


def one_of(*names: str) -> str:
    """Returns a regex for any word of these lists, with any spaces between its parts.

    A `#` in a word matches a number. Longer words come first, so that no word hides a longer one.
    """
    found = {word for name in names for word in words_for(name)} or {_NOWHERE}
    longest_first = sorted(sorted(found), key=len, reverse=True)
    choices = (
        r"\s+".join(r"\d+" if part == "#" else re.escape(part) for part in words.split())
        for words in longest_first
    )
    return f"(?:{'|'.join(choices)})"


def stop_words() -> Mapping[str, str]:
    """Returns the commonest words of each language that lists them, in one text, by its code."""
    return {code: " ".join(words) for code, words in load_bundle().words["stop"].items()}


def number_words() -> Mapping[str, int]:
    """Returns the value of each small number that is written as a word, in any language."""
    lists = load_bundle().words["number"].values()
    return {word: value for words in lists for value, word in enumerate(words, start=2)}


def scale_words() -> Mapping[str, int]:
    """Returns what each word of scale multiplies the number before it by, in any language.

    Where languages differ (`billion`), the file that comes first by its name has the word.
    """
    return {word: value for name, value in SCALES.items() for word in words_for(name)}


def limits_of(rule: str) -> Mapping[str, float | None]:
    """Returns the limits of a check that differ in a language; None where it is off there."""
    return load_bundle().limits.get(rule, {})


def characters_per_word() -> Mapping[str, float]:
    """Returns how many characters make a word, for languages written without spaces."""
    return load_bundle().characters_per_word


def capitalises_nouns(language: str | None) -> bool:
    """Returns whether the language capitalises all nouns, so that a capital marks no name."""
    return language in load_bundle().capitalises_nouns
