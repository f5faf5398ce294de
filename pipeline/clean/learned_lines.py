"""Learned lines: their form in a rules file, and the look-up of a line of an article.

A rules file lists learned lines by source. Such a line is text, never a regular expression: case,
spaces and signs do not count, and three placeholders stand for what differs from page to page:

    <number>   a number           12 · 1,234 · 5.2k
    <network>  a social network   Facebook · Twitter
    <link>     an address         https://... · name@... · @name

A look-up takes constant time.
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

MAX_CHARS = 400  # a longer line is a paragraph and never learned

NUMBER, NETWORK, LINK = "<number>", "<network>", "<link>"
_PLACEHOLDERS = frozenset({NUMBER, NETWORK, LINK})
_LINK_WORD = "qlinkq"  # replaces an address while the line is folded
# Lines are short, so the work of a match at each of their characters is bounded.
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

# A line that ends a sentence is prose from the first number of characters on, any line from the
# second. Shorter lines may be captions, names or links. Scripts without spaces between words need a
# third of the characters.
_PROSE, _LONG_PROSE, _UNSPACED_WEIGHT = 45, 200, 3


class LinePlace(StrEnum):
    """The place where a learned line is dropped."""

    HEAD = "head"  # before everything else
    TAIL = "tail"  # after everything else
    EDGE = "edge"  # either
    ANYWHERE = "anywhere"


class LearnedKind(StrEnum):
    """The probable kind of a learned line, for the person who reads the file."""

    BYLINE = "byline"  # a name; moved to the authors if there are none
    NETWORKS = "networks"  # names of social networks
    LINK = "link"  # contains an address
    NOTICE = "notice"  # a sentence
    LABEL = "label"  # a few words


class LearnedLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of furniture of one source, as in the rules file."""

    line: Annotated[str, Meta(description="The text, with <number>, <network> and <link>.")]
    place: Annotated[LinePlace, Meta(description="Where it is dropped.")] = LinePlace.EDGE
    kind: Annotated[LearnedKind, Meta(description="What it seems to be.")] = LearnedKind.LABEL
    seen: Annotated[int, Meta(ge=0, description="How many articles have it there.")] = 0
    of: Annotated[int, Meta(ge=0, description="How many articles were compared.")] = 0
    suspected: Annotated[
        int, Meta(ge=0, description="In how many the line model suspected it.")
    ] = 0
    example: Annotated[str, Meta(description="One such line as printed, shortened.")] = ""


class Table(NamedTuple):
    """The learned lines of one source, indexed for look-up."""

    exact: Mapping[str, LearnedLine]  # by their fold
    folded: Mapping[str, LearnedLine]  # those with placeholders, by their key
    anywhere: frozenset[str]
    words: frozenset[str]  # for each line with placeholders a word that a match must contain

    def find(self, folded: str, line: str) -> LearnedLine | None:
        """Returns the learned line that matches a line, or None; `folded` is the line's fold."""
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
        """The lines indexed for look-up."""
        keys = [(read_line(one.line), one) for one in self.lines]
        exact = {key: one for key, one in keys if not _PLACEHOLDERS & set(key.split())}
        folded = {key: one for key, one in keys if key not in exact}
        return Table(
            exact,
            folded,
            frozenset(key for key, one in exact.items() if one.place is LinePlace.ANYWHERE),
            frozenset(word for key in folded for word in _words_of(key)),
        )


LearnedRules = dict[str, SourceLines]


def merged(rules: LearnedRules, more: LearnedRules) -> LearnedRules:
    """Merges two sets of rules; for a line in both, the second one wins."""
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
    """Returns the key of a line: its fold, with placeholders for numbers, networks and addresses.

    >>> line_key("Follow us on Twitter: 1,234 followers")
    'follow us on <network> <number> followers'
    """
    return _key(line) if len(line) <= MAX_CHARS else fold(line)


def read_line(text: str) -> str:
    """Returns the key of a line of a rules file.

    Raises ValueError with the reason if it cannot be one.
    """
    if _LINE_OF_REGEX.search(text):
        raise ValueError(
            "a line is text, not a regular expression; "
            "write <number>, <network> or <link> for what differs"
        )
    if len(text) > 2 * MAX_CHARS:
        raise ValueError(f"longer than any line that is compared ({MAX_CHARS} characters)")
    parts = [word if word in _PLACEHOLDERS else fold(word) for word in text.split()]
    key = " ".join(part for part in parts if part)
    if not set(key.split()) - {NUMBER, LINK}:
        raise ValueError("contains no word: it would match lines with content")
    return key


def is_prose(line: str) -> bool:
    """Returns whether the line is prose: long, or of medium length with the end of a sentence."""
    size = len(line)
    if size >= _LONG_PROSE:
        return True
    enough = _PROSE if ends_sentence(line) else _LONG_PROSE
    return size >= enough or (size * _UNSPACED_WEIGHT >= enough and is_unspaced(line))


@lru_cache(maxsize=4096)  # learned lines recur
def _key(line: str) -> str:
    if any(sign in line for sign in _LINK_SIGNS):
        line = _LINK.sub(f" {_LINK_WORD} ", line)
    key = _NUMBERS.sub(NUMBER, fold(line))
    return _networks().sub(NETWORK, key).replace(_LINK_WORD, LINK)


def _words_of(key: str) -> Iterable[str]:
    """Returns words of which every line with this key contains one."""
    own = set(key.split()) - _PLACEHOLDERS
    return [max(own, key=len)] if own else {name.split()[0] for name in _network_names()}


@cache
def _networks() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, _network_names()))})\b")


@cache
def _network_names() -> list[str]:
    """Returns the networks of the language files, without short names that are words as well."""
    names = {fold(name) for name in words_for("network") if "[" not in name}
    long = sorted(name for name in names if len(name) >= _SHORTEST_NETWORK)
    return sorted(long, key=len, reverse=True)  # so that no name hides a longer one
