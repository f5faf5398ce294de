"""Recognises the notices of stubs: cookie walls, log-in forms, error pages, paywalls.

Their phrases are under `[notices]` in the language files, and are compared after `text.fold`. A
phrase matches a whole sentence or line; a phrase that ends in `...` matches its beginning. The
phrases of all languages count for every article: a site's notices need not be in the article's
language. Phrases with which a headline may begin too (`Something went wrong`) are of the kind
`error_in_body`.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from pipeline import text
from pipeline.languages.bundle import Notices, load_bundle

# A sentence that begins with a quotation mark is no notice: an article about cookie banners quotes
# them, but a banner does not quote itself.
_OPENING_QUOTES = tuple("\"'\u00ab\u2018\u201c\u201e\u300c\u300e")
# Characters of a sentence that are read; the longest phrase has 50.
_READ = 160
# The start of a sentence: its first word in scripts with spaces, else its first character.
_START_READ = 24  # characters
_START = re.compile("[a-z0-9\u00df-\u00f6\u00f8-\u024f\u0400-\u04ff]{1,10}|\\w")


_ASCII_SIGNS = string.punctuation + string.whitespace


class _Phrases(NamedTuple):
    """Folded phrases and their kinds, with the starts by which most sentences are ruled out."""

    whole: dict[str, str]
    beginnings: dict[str, str]
    longest: int  # words of a beginning
    by_start: dict[str | None, tuple[str, ...]]  # the beginnings, by `_start` of any phrase


class _More(NamedTuple):
    """Links to the rest of a text, which may be glued to its last sentence."""

    ends: tuple[str, ...]  # of more than one word: a single word may belong to the sentence
    letters: frozenset[str]  # the last two letters of each link


def kind_of(sentence: str) -> str | None:
    """Returns the kind of notice that a sentence or line is, or None.

    >>> kind_of("We value your privacy."), kind_of("The mayor resigned.")
    ('cookie', None)
    """
    if sentence.startswith(_OPENING_QUOTES):
        return None
    return _kind(_notices(), sentence)


def shares(lines: Sequence[str], words: int) -> dict[str, float]:
    """Returns the share of the text's `words` in each kind of notice, for those found."""
    found: dict[str, int] = defaultdict(int)
    for line in lines:
        for start, end in text.sentences(line):
            sentence = line[start:end].strip()
            kind = kind_of(sentence)
            if kind:
                found[kind] += len(text.words(sentence))
    return {kind: count / words for kind, count in found.items()}


def is_section(name: str) -> bool:
    """Returns whether a name is that of a part of a site.

    >>> is_section("Privacy policy"), is_section("Mayor resigns")
    (True, False)
    """
    return _kind(_sections(), name) is not None


def ends_in_more(line: str) -> bool:
    """Returns whether the line ends in a link to the rest of the text.

    >>> ends_in_more("The council votes on Monday. Read more"), ends_in_more("It rained.")
    (True, False)
    """
    more = _more()
    ends = line[-_READ:].rstrip(_ASCII_SIGNS)[-2:]
    if ends.isascii() and ends.isalnum() and ends.lower() not in more.letters:
        return False  # avoids folding, which takes ten times as long
    folded = text.fold(line[-_READ:])
    return _notices().whole.get(folded) == "more" or folded.endswith(more.ends)


def _kind(phrases: _Phrases, sentence: str) -> str | None:
    beginnings = phrases.by_start.get(_start(sentence))
    if beginnings is None:
        return None
    folded = text.fold(sentence[:_READ])
    kind = phrases.whole.get(folded)
    if kind or not folded.startswith(beginnings):
        return kind
    return _kind_by_beginning(phrases, folded)


def _kind_by_beginning(phrases: _Phrases, folded: str) -> str | None:
    beginning = ""
    for word in folded.split(" ", phrases.longest)[: phrases.longest]:
        beginning = f"{beginning} {word}" if beginning else word
        if beginning in phrases.beginnings:
            return phrases.beginnings[beginning]
    return None


def _start(sentence: str) -> str | None:
    """Returns the case-folded start; None if the first characters do not determine it.

    A sentence and its fold have the same start, so a sentence whose start no phrase has needs no
    folding.
    """
    word = sentence.partition(" ")[0]
    start = _start_in(word) if len(word) < _START_READ else None
    if start is not None:
        return start
    found = _START.search(sentence[:_START_READ].casefold())
    if found is None or (found.end() == len(found.string) and len(sentence) > _START_READ):
        return None
    return found.group()


@lru_cache(maxsize=4096)  # most sentences begin with one of a few words
def _start_in(word: str) -> str | None:
    found = _START.search(word.casefold())
    return found and found.group()


@cache
def _notices() -> _Phrases:
    return _phrases(load_bundle().notices)


@cache
def _sections() -> _Phrases:
    return _phrases(load_bundle().sections)


@cache
def _more() -> _More:
    links = [phrase for phrase, kind in _notices().whole.items() if kind == "more"]
    return _More(
        tuple(f" {link}" for link in links if " " in link), frozenset(link[-2:] for link in links)
    )


def _phrases(listed: Notices) -> _Phrases:
    longest = max((phrase.count(" ") for phrase in listed.beginnings), default=0) + 1
    by_start: dict[str | None, list[str]] = defaultdict(list)
    for phrase in listed.whole:
        by_start[_start(phrase)] = []
    for phrase in listed.beginnings:
        by_start[_start(phrase)].append(phrase)
    by_start[None] = list(listed.beginnings)
    return _Phrases(
        listed.whole,
        listed.beginnings,
        longest,
        {start: tuple(beginnings) for start, beginnings in by_start.items()},
    )
