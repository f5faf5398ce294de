"""Learned lines as they are written, and how a line of an article is looked up among them.

A rules file holds them per source. A line of it is text, never a regular expression: case, spaces
and signs do not count, and three words stand for what differs from page to page:

    <number>   a number           12 · 1,234 · 5.2k
    <network>  a social network   Facebook · Twitter
    <link>     an address         https://... · name@... · @name

Looking one up takes the same time whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from pipeline.languages import words_for
from pipeline.text import ends_sentence, fold, is_unspaced

MAX_CHARS = 400  # a longer line is a paragraph, and never learned

NUMBER, NETWORK, LINK = "<number>", "<network>", "<link>"
_PLACEHOLDERS = frozenset({NUMBER, NETWORK, LINK})
_LINK_WORD = "qlinkq"  # stands for an address while the line is folded
# Lines are short, so what a match tries from each of its characters is bounded too.
_LINK = re.compile(
    r"(?:https?://|www\.)\S+"  # an address
    r"|\S+@\S+\.\S+|\[email\W+protected\]"  # of a mailbox, masked or not
    r"|(?<!\w)@\w+"  # a name on a network
    r"|\b[\w-]+(?:\.[\w-]+)+/\S*",  # a page without the protocol: pic.twitter.com/x
    re.IGNORECASE,
)
_LINK_SIGNS = ("/", "@", "www.", "WWW.", "[")
_NUMBERS = re.compile(r"\w*\d\w*(?: \w*\d\w*)*")
_SHORTEST_NETWORK = 5  # letters: `x`, `line` and `ok` are words too
_LINE_OF_REGEX = re.compile(r"\\|\.[*+?]|^\^|\$$|\(\?|\[[^\]]*\][*+?]|\)[*+?{]")

# A line that ends a sentence is prose from this many characters on; any line is from the second
# number on. Shorter ones may be captions, names or links. Scripts without spaces between words
# say as much in a third.
_PROSE, _LONG_PROSE, _UNSPACED_WEIGHT = 45, 200, 3


class Stand(StrEnum):
    """Where a learned line must stand to go."""

    HEAD = "head"  # before everything else
    TAIL = "tail"  # after everything else
    EDGE = "edge"  # either
    ANYWHERE = "anywhere"


class LearnedKind(StrEnum):
    """What a learned line seems to be: a guess, for the person who reads the file."""

    BYLINE = "byline"  # a name: moved to the authors where there are none
    NETWORKS = "networks"  # names of social networks
    LINK = "link"  # holds an address
    NOTICE = "notice"  # a sentence
    LABEL = "label"  # a few words


class LearnedLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of boilerplate of one source, as the rules file holds it."""

    line: Annotated[str, Meta(description="The text, with <number>, <network> and <link>.")]
    place: Annotated[Stand, Meta(description="Where it must stand to go.")] = Stand.EDGE
    kind: Annotated[LearnedKind, Meta(description="What it seems to be.")] = LearnedKind.LABEL
    seen: Annotated[int, Meta(ge=0, description="In how many articles it stood there.")] = 0
    of: Annotated[int, Meta(ge=0, description="Of how many that were looked at.")] = 0
    example: Annotated[str, Meta(description="One such line as printed, shortened.")] = ""


class Table(NamedTuple):
    """The lines of one source by what they are looked up with."""

    exact: Mapping[str, LearnedLine]  # by their fold
    folded: Mapping[str, LearnedLine]  # those with placeholders, by their key
    anywhere: frozenset[str]
    words: frozenset[str]  # of each line with placeholders a word that must be there

    def find(self, folded: str, line: str) -> LearnedLine | None:
        """The learned line that this one is; `folded` is its fold."""
        found = self.exact.get(folded)
        if found or not self.folded or len(line) > MAX_CHARS:
            return found
        may_be = not self.words.isdisjoint(folded.split())
        return self.folded.get(line_key(line)) if may_be else None


class SourceLines(Struct, frozen=True, dict=True):
    """All learned lines of one source."""

    lines: tuple[LearnedLine, ...]

    @cached_property
    def table(self) -> Table:
        """The same to look up lines in, made once."""
        keys = [(read_line(one.line), one) for one in self.lines]
        exact = {key: one for key, one in keys if not _PLACEHOLDERS & set(key.split())}
        folded = {key: one for key, one in keys if key not in exact}
        return Table(
            exact,
            folded,
            frozenset(key for key, one in exact.items() if one.place is Stand.ANYWHERE),
            frozenset(word for key in folded for word in _words_of(key)),
        )


LearnedRules = dict[str, SourceLines]


def merged(rules: LearnedRules, more: LearnedRules) -> LearnedRules:
    """All lines of both; of one that is in both, what the second says."""
    lines = {
        source: {
            read_line(one.line): one
            for part in (rules, more)
            if source in part
            for one in part[source].lines
        }
        for source in (*rules, *more)
    }
    return {source: SourceLines(tuple(own.values())) for source, own in lines.items()}


def line_key(line: str) -> str:
    """The line as a key: folded, its numbers, networks and addresses by their placeholders."""
    return _key(line) if len(line) <= MAX_CHARS else fold(line)


def read_line(text: str) -> str:
    """The key of a line of a rules file; ValueError says why it cannot be one."""
    if _LINE_OF_REGEX.search(text):
        raise ValueError(
            "a line is text, not a regular expression; "
            "write <number>, <network> or <link> for what differs"
        )
    if len(text) > 2 * MAX_CHARS:
        raise ValueError(f"longer than any line that is looked at ({MAX_CHARS} characters)")
    parts = [word if word in _PLACEHOLDERS else fold(word) for word in text.split()]
    key = " ".join(part for part in parts if part)
    if not set(key.split()) - {NUMBER, LINK}:
        raise ValueError("holds no word: it would take lines that say something")
    return key


def is_prose(line: str) -> bool:
    """Whether the line is long enough to tell something, and ends like it or needs not.

    The general rules ask it too.
    """
    size = len(line)
    if size < _LONG_PROSE and is_unspaced(line):
        size *= _UNSPACED_WEIGHT
    return size >= _LONG_PROSE or (size >= _PROSE and ends_sentence(line))


@lru_cache(maxsize=4096)  # the same lines come again: that is what they were learned for
def _key(line: str) -> str:
    if any(sign in line for sign in _LINK_SIGNS):
        line = _LINK.sub(f" {_LINK_WORD} ", line)
    key = _NUMBERS.sub(NUMBER, fold(line))
    return _networks().sub(NETWORK, key).replace(_LINK_WORD, LINK)


def _words_of(key: str) -> Iterable[str]:
    """One of these words stands in every line of this key."""
    own = set(key.split()) - _PLACEHOLDERS
    return [max(own, key=len)] if own else {name.split()[0] for name in _network_names()}


@cache
def _networks() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, _network_names()))})\b")


@cache
def _network_names() -> list[str]:
    """The networks that the general rules know, but for names that are words as well."""
    names = {fold(name) for name in words_for("network") if "[" not in name}
    long = sorted(name for name in names if len(name) >= _SHORTEST_NETWORK)
    return sorted(long, key=len, reverse=True)  # so that no name hides a longer one
