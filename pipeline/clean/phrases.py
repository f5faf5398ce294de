r"""Phrases: how the files in `patterns/` say what a line of boilerplate looks like.

A phrase stands for a whole line. Case, spaces and signs between its words do not count:

    share this article        these words: "Share this article", "SHARE THIS ARTICLE:"
    share/tweet this          one of the words
    (share this/pass it on)   one of the phrases
    share [this article]      what stands in brackets may be missing
    read also: ...            a colon (or a bar) must follow the word; then anything
    copyright ..              up to six words
    also* ...                 the word, and letters glued to its end
    # comments                a number: 12, 1,234, 5.2k
    <network>  <network>+     one, or one or more, of the names listed in `names.toml`
    \u00a9 ...                     the sign itself

In scripts written without spaces, words need no signs or spaces between them, nor before them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from pipeline.text import UNSPACED, is_unspaced, words


class Place(StrEnum):
    """Where a line must stand for its phrase to count."""

    ANYWHERE = "anywhere"
    EDGE = "edge"  # before the first or after the last line of prose
    TAIL = "tail"  # after the last line of prose
    BESIDE = "beside"  # next to a line of the same kind that counts on its own
    LIST = "list"  # in the tail, and then all that follows belongs to it


class Phrase(NamedTuple):
    """What a line may look like, and which repair takes it away where it stands so."""

    regex: str
    rule: str
    place: Place

    def matches(self, flat: str) -> bool:
        """Whether the whole line looks so: from its first word on, as `flatten_line` gives it."""
        return _compiled(self.regex).fullmatch(flat) is not None


@cache  # compiled when first needed: most runs need few, and all 2,000 take .4 s
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


# The keys of the first two words of a phrase: `ANY` from where they may be any, one with `_OPEN`
# where letters may be glued to the word; a single key, or none, where the phrase ends before.
_Opening = tuple[str, ...]
ANY, _OPEN = "...", "*"
_SIGN = "\u00a9"


class _Part(NamedTuple):
    regex: str
    openings: frozenset[_Opening]


_TOKEN = re.compile(
    r"[\[\]()/#\u00a9]"  # brackets, the slash between choices, a number, the sign itself
    r"|<\w+>\+?"  # a name
    r"|\.{2,3}"  # a rest
    r"|[^\s\[\]()/<>#\u00a9]+"  # a word, with the mark at its end
)
# A seam parts a spaced word from a character of an unspaced script, as in `Facebook\u3067`, so that
# no phrase needs the class of all such characters in its regex: compiling that takes 1 ms a gap.
_SEAM = "\u200b"
_SEAM_PLACE = re.compile(rf"(?<=[^\W{UNSPACED}])(?=[{UNSPACED}])")
_GAP = r"(?:[\W_]+|\Z)"
_NO_GAP = r"[\W_]*"
_ENDS = {":": r"[\W_]*?[:\uff1a|][\W_]*", "*": rf"[\w{_SEAM}]*" + _GAP}
_SIGNS = {
    "...": _Part(".*", frozenset([(ANY,)])),
    "..": _Part(r"(?:\S+(?:\s+|\Z)){0,6}", frozenset([(ANY,)])),
    # The gap after the word before has taken the colon and the space.
    ":": _Part(r"(?:(?<=[:\uff1a|])|(?<=[:\uff1a|]\s))", frozenset([()])),
    "#": _Part(r"\d[\d.,]*(?:k|m)?" + _GAP, frozenset([("#", ANY)])),  # 1,234 reads as two words
    _SIGN: _Part(_SIGN + _NO_GAP, frozenset([(_SIGN,)])),
}
# The first word of a line that begins with no white space, at most a dozen signs before it. Not
# after an opening quote: what somebody says is no boilerplate; nor after a bar: that is a row of
# a table. Both runs are bounded, so a line of any length costs the same.
MOST_SIGNS, LONGEST_WORD = 12, 30
LINE_BEGINNING = re.compile(
    f'[^\\w|"\u201c\u201e\u00ab\u300c\u00a9\n]{{0,{MOST_SIGNS}}}(\\w{{1,{LONGEST_WORD}}}|\u00a9)'
)
# A regex for a letter with which a name may begin: none that is small, of Latin or Cyrillic.
CAPITAL = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff\u0430-\u044f]"
_LEADING_WORD = re.compile(rf"\w{{1,{LONGEST_WORD}}}")
# Such a word ends where one begins that needs no space before it: `Facebook\u3067`.
_SPACED_WORD = re.compile(rf"[a-zA-Z0-9]+(?=[{UNSPACED}])")
_NEXT_WORD = re.compile(rf"[\W_]*((?:[^\W_]|\u0307){{1,{LONGEST_WORD}}})")


def flatten(text: str) -> str:
    """The text without case; the dotted and the dotless i of Turkish are one letter."""
    return text.casefold().replace("\u0307", "").replace("\u0131", "i")


def flatten_line(line: str) -> str:
    """The line without case, with a seam between words of spaced and of unspaced scripts."""
    flat = flatten(line)
    return flat if flat.isascii() else _SEAM_PLACE.sub(_SEAM, flat)


@lru_cache(maxsize=4096)  # the first words of lines: a few hundred make most of them
def key_of(word: str) -> str:
    """What phrases that begin with the word are filed under.

    The flattened word; `#` for any number; its first character where words are not told apart
    by spaces.
    """
    if word[0].isdigit():
        return "#"
    if word.isascii():
        return word.lower()
    return word[0] if is_unspaced(word[0]) else flatten(word)


class Phrases(NamedTuple):
    """Phrases by the keys of the first two words of the lines that they may match."""

    by_opening: Mapping[tuple[str, str], tuple[Phrase, ...]]
    reach: Mapping[str, int]  # characters of the longest line that one may match, by its first key

    def that_may_match(self, text: str, start: int, end: int) -> tuple[Phrase, ...]:
        """Those that begin like the line `text[start:end]`."""
        begun = LINE_BEGINNING.match(text, start, end)
        if begun is None:
            return ()
        first = _SPACED_WORD.match(text, begun.start(1), begun.end()) or begun
        key = key_of(first.group(first.lastindex or 0))
        if end - start > self.reach.get(key, 0):
            return ()
        second = _NEXT_WORD.match(text, first.end(), end)
        found = self.by_opening.get((key, _second_key(second[1]) if second else ""))
        return self.by_opening[key, ANY] if found is None else found


@lru_cache(maxsize=4096)
def _second_key(word: str) -> str:
    """The same for the second word: what the flattened phrase sees of it."""
    start = _LEADING_WORD.match(key_of(word))
    return start.group() if start else key_of(word)


def load(longest: Mapping[str, int]) -> Phrases:
    """All phrases of all languages.

    `longest`: for each rule a file may name, the characters of the longest line that it takes;
    anything else in a file is a ValueError that names the file and the entry.
    """
    folder = files("pipeline.clean").joinpath("patterns")
    names = _names(folder.joinpath("names.toml").read_text("utf-8"))
    by_first: dict[str, dict[Phrase, set[str]]] = {}  # with the keys of their second words
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml") and path.name != "names.toml":
            for phrase, openings in _read(path.name, path.read_text("utf-8"), longest, names):
                for first, *second in openings:
                    seconds = by_first.setdefault(first.removesuffix(_OPEN), {}).setdefault(
                        phrase, set()
                    )
                    seconds.add(second[0] if second else "")
    by_opening = {
        (first, second): tuple(
            phrase for phrase, seconds in phrases.items() if not seconds.isdisjoint((second, ANY))
        )
        for first, phrases in by_first.items()
        for second in {ANY}.union(*phrases.values())
    }
    reach = {
        first: max(longest[phrase.rule] for phrase in phrases)
        for first, phrases in by_first.items()
    }
    return Phrases(by_opening, reach)


@cache
def words_for(name: str) -> tuple[str, ...]:
    """The words listed under a name in `names.toml`, the longest first."""
    text = files("pipeline.clean").joinpath("patterns", "names.toml").read_text("utf-8")
    listed: list[str] = tomllib.loads(text)[name]
    return tuple(sorted(listed, key=len, reverse=True))


def one_of(name: str) -> str:
    """A regex for any of those words, with any spaces between them."""
    choices = (r"\s+".join(map(re.escape, words.split())) for words in words_for(name))
    return f"(?:{'|'.join(choices)})"


def compile_phrase(phrase: str, names: Mapping[str, _Part]) -> _Part:
    """The regex of a phrase and the keys it may begin with; ValueError if it cannot be read."""
    tokens = [match.group() for match in _TOKEN.finditer(phrase)][::-1]
    if tokens and tokens[-1] in ("...", ".."):
        raise ValueError("a phrase must begin with a word")
    part = _sequence(tokens, names, in_group=False)
    if tokens:
        raise ValueError(f"{tokens[-1]!r} closes nothing")
    if any(opening[:1] in ((), (ANY,)) for opening in part.openings):
        raise ValueError("a phrase must begin with a word that is always there")
    return part


def _names(text: str) -> dict[str, _Part]:
    parts = {}
    for name, values in tomllib.loads(text).items():
        one = _one_of([compile_phrase(value, {}) for value in values])
        parts[f"<{name}>"] = one
        openings = frozenset((opening[0], ANY) for opening in one.openings)
        parts[f"<{name}>+"] = _Part(f"(?:{one.regex})+", openings)
    return parts


def _read(
    file: str, text: str, rules: Collection[str], names: Mapping[str, _Part]
) -> Iterator[tuple[Phrase, frozenset[_Opening]]]:
    for rule, places in tomllib.loads(text).items():
        if rule not in rules:
            raise ValueError(f"{file}: [{rule}] is no rule; there are {', '.join(sorted(rules))}")
        for place, phrases in places.items():
            if place not in list(Place):
                raise ValueError(f"{file}: [{rule}] {place} is no place; use {', '.join(Place)}")
            for phrase in phrases:
                try:
                    part = compile_phrase(phrase, names)
                except ValueError as error:
                    raise ValueError(f"{file}: [{rule}] {place} {phrase!r}: {error}") from error
                yield Phrase(part.regex, rule, Place(place)), part.openings


def _sequence(tokens: list[str], names: Mapping[str, _Part], *, in_group: bool) -> _Part:
    """Parts one after the other; inside a group, `/` and the closing bracket end it."""
    parts: list[_Part] = []
    while tokens and tokens[-1] not in (")", "]"):
        if tokens[-1] == "/" and in_group:
            break
        parts.append(_part(tokens, names, in_group=in_group))
    if not parts:
        raise ValueError("an empty phrase")
    openings: frozenset[_Opening] = frozenset([()])
    for part in parts:
        openings = frozenset(
            _joined(opening, more) for opening in openings for more in part.openings
        )
    return _Part("".join(part.regex for part in parts), openings)


def _joined(opening: _Opening, more: _Opening) -> _Opening:
    if len(opening) == 2 or ANY in opening or not more:
        return opening
    if opening and more == (_SIGN,):
        return opening  # between words no line is asked for it
    if opening and more[0].endswith(_OPEN):
        return (*opening, ANY)
    return (*opening, *more)[:2]


def _part(tokens: list[str], names: Mapping[str, _Part], *, in_group: bool) -> _Part:
    sign = tokens.pop()
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign in ("(", "["):
        return _group(tokens, names, optional=sign == "[")
    if sign[0] == "<":
        if sign not in names:
            raise ValueError(f"{sign} is not in names.toml")
        return names[sign]
    choices = [sign]
    while not in_group and len(tokens) > 1 and tokens[-1] == "/":
        tokens.pop()
        choices.append(tokens.pop())
    gap = _ENDS.get(choices[-1][-1])
    return _one_of([_word(choice, gap) for choice in choices])


def _group(tokens: list[str], names: Mapping[str, _Part], *, optional: bool) -> _Part:
    choices = [_sequence(tokens, names, in_group=True)]
    while tokens and tokens[-1] == "/":
        tokens.pop()
        choices.append(_sequence(tokens, names, in_group=True))
    if not tokens or tokens.pop() != ("]" if optional else ")"):
        raise ValueError("a bracket is not closed")
    part = _one_of(choices)
    return _Part(f"(?:{part.regex})?", part.openings | {()}) if optional else part


def _one_of(parts: list[_Part]) -> _Part:
    if len(parts) == 1:
        return parts[0]
    regex = "(?:" + "|".join(part.regex for part in parts) + ")"
    return _Part(regex, frozenset[_Opening]().union(*(part.openings for part in parts)))


def _word(token: str, last_gap: str | None) -> _Part:
    pieces = words(flatten(token))
    if not pieces:
        raise ValueError(f"{token!r} is no word")
    gaps = [_NO_GAP if is_unspaced(piece[-1]) else _GAP for piece in pieces]
    if last_gap:
        gaps[-1] = last_gap
    regex = "".join(re.escape(piece) + gap for piece, gap in zip(pieces, gaps, strict=True))
    return _Part(regex, frozenset([_opening_of(pieces, is_open=last_gap == _ENDS["*"])]))


def _opening_of(pieces: list[str], *, is_open: bool) -> _Opening:
    """The opening of a word that was parted in pieces; an open one may go on in the line."""
    start = _LEADING_WORD.match(pieces[0])
    first = key_of(start.group() if start else pieces[0])
    if is_unspaced(first):  # a line does not part it from what comes next
        return (first, ANY)
    rest = " ".join((pieces[0][start.end() if start else len(pieces[0]) :], *pieces[1:]))
    second = _NEXT_WORD.match(rest)
    if second is None:
        return (first + _OPEN if is_open else first,)
    return (first, ANY if is_open and second.end() == len(rest) else _second_key(second[1]))
