r"""The grammar of phrases that the language files share; `en.toml` describes it for translators.

There are two readers. `compile_phrase` makes a regular expression that matches a whole flattened
line, and the keys of the first two words of such a line, under which phrases are indexed.
`expand` lists every wording of a phrase that consists of words and choices only.

In scripts written without spaces, words need no punctuation or spaces between them or before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pipeline.text import UNSPACED, is_unspaced, words

# The keys of the first two words of a phrase. `ANY` means any words from there on; `OPEN` is
# appended to a key if letters may be glued to the word. A shorter phrase has one key, or none.
Opening = tuple[str, ...]
ANY, OPEN = "...", "*"
LONGEST_WORD = 30  # characters; the rest of a longer word is ignored
COPYRIGHT_SIGN = "\u00a9"
# Nested choices multiply: a phrase with more wordings than this is a mistake.
MOST_WORDINGS = 500


class Part(NamedTuple):
    """A compiled phrase, or a part of one: its regex, and the possible openings of a match."""

    regex: str
    openings: frozenset[Opening]


_TOKEN = re.compile(
    r"[\[\]()/#\u00a9]"  # brackets, the slash between choices, a number, the sign itself
    r"|<\w+>\+?"  # a name
    r"|\.{2,3}"  # a rest
    r"|[^\s\[\]()/<>#\u00a9]+"  # a word, with the mark at its end
)
_REFERENCE = re.compile(r"<[a-z]\w*>")  # a placeholder for a list of names in a phrase's regex
# A seam separates a spaced word from a character of an unspaced script, as in `Facebook\u3067`, so
# that no regex needs the class of all such characters: compiling the class takes 1 ms a gap.
_SEAM = "\u200b"
_SEAM_PLACE = re.compile(rf"(?<=[^\W{UNSPACED}])(?=[{UNSPACED}])")
_GAP = r"(?:[\W_]+|\Z)"
_NO_GAP = r"[\W_]*"
_HANGUL = r"[\uac00-\ud7a3]"  # Korean writes the word that counts things right behind the number
# What a colon in a phrase stands for: a colon, a bar, an arrow or an equals sign, also full-width,
# the end of brackets around the words before it, as in `[Read also] ...`, or a dash between spaces.
_COLON = r"[:|=>\u203a\u00bb\u2192\u25b6\u25ba\uff1a\uff1d\uff1e\uff5c\]\u3011\uff3d\u3015]"
_DASH = r"\s[-\u2013\u2014]\s"
_ENDS = {":": rf"[\W_]*?(?:{_COLON}|{_DASH})[\W_]*", "*": rf"[\w{_SEAM}]*" + _GAP}
_SPECIAL_TOKENS = {
    "...": Part(".*", frozenset([(ANY,)])),
    "..": Part(r"(?:\S+(?:\s+|\Z)){0,6}", frozenset([(ANY,)])),
    # The gap after the word before has taken the colon and the space.
    ":": Part(rf"(?:(?<={_COLON})|(?<={_COLON}\s)|(?<={_DASH}))", frozenset([()])),
    # 1,234 reads as two words
    "#": Part(rf"\d[\d.,]*(?:k|m)?(?:{_GAP}|(?={_HANGUL}))", frozenset([("#",), ("#", "#")])),
    COPYRIGHT_SIGN: Part(COPYRIGHT_SIGN + _NO_GAP, frozenset([(COPYRIGHT_SIGN,)])),
}
_LEADING_WORD = re.compile(rf"\w{{1,{LONGEST_WORD}}}")
_NEXT_WORD = re.compile(rf"[\W_]*((?:[^\W_]|\u0307){{1,{LONGEST_WORD}}})")


def flatten(text: str) -> str:
    """Returns the text case-folded; the dotted and the dotless i of Turkish become one letter."""
    return text.casefold().replace("\u0307", "").replace("\u0131", "i")


def flatten_line(line: str) -> str:
    """Returns the line case-folded, with a seam where spaced and unspaced scripts meet."""
    flat = flatten(line)
    return flat if flat.isascii() else _SEAM_PLACE.sub(_SEAM, flat)


@lru_cache(maxsize=4096)  # a few hundred words begin most lines
def key_of(word: str) -> str:
    """Returns the key under which phrases that begin with the word are indexed.

    The key is the flattened word, `#` for any number, and the first character alone in scripts
    that do not put spaces between words.
    """
    if word[0].isdigit():
        return "#"
    if word.isascii():
        return word.lower()
    return word[0] if is_unspaced(word[0]) else flatten(word)


@lru_cache(maxsize=4096)
def second_key(word: str) -> str:
    """Returns the key of the second word, which is its part that a flattened phrase can match."""
    start = _LEADING_WORD.match(key_of(word))
    return start.group() if start else key_of(word)


def next_word(text: str, start: int, end: int) -> str | None:
    """Returns the next word of the line `text[start:end]`, or None."""
    found = _NEXT_WORD.match(text, start, end)
    return found[1] if found else None


def compile_phrase(phrase: str, names: Mapping[str, Part]) -> Part:
    """Compiles a phrase; `names` are the parts for `<name>` and `<name>+`.

    Raises ValueError with the reason if the phrase cannot be read.
    """
    tokens = _tokens(phrase)
    if tokens and tokens[-1] in ("...", ".."):
        raise ValueError("a phrase must begin with a word")
    part = _sequence(tokens, names, in_group=False)
    if tokens:
        raise ValueError(f"{tokens[-1]!r} closes nothing")
    if any(opening[:1] in ((), (ANY,)) for opening in part.openings):
        raise ValueError("a phrase must begin with a word that is not optional")
    return part


def compile_names(lists: Mapping[str, list[str]]) -> tuple[dict[str, Part], dict[str, str]]:
    """Compiles lists of names to the parts for `<name>` and `<name>+` in phrases.

    The second mapping has the regex of each `<name>`, which `spell_out` inserts.
    """
    parts, regexes = {}, {}
    for name, values in lists.items():
        one = _one_of([compile_phrase(value, {}) for value in values])
        sign = f"<{name}>"
        regexes[sign] = one.regex
        parts[sign] = Part(sign, one.openings)
        openings = frozenset((opening[0], ANY) for opening in one.openings)
        parts[f"{sign}+"] = Part(f"(?:{sign})+", openings)
    return parts, regexes


def spell_out(regex: str, names: Mapping[str, str]) -> str:
    """Returns the regex of a phrase with each `<name>` replaced by the regex of its list."""
    for sign in set(_REFERENCE.findall(regex)):
        regex = regex.replace(sign, names[sign])
    return regex


def expand(phrase: str) -> list[str]:
    """Returns every wording of a phrase.

    A `#` and a closing `...` stay. Raises ValueError with the reason if the phrase is malformed,
    or contains more than words, choices and those two.

    >>> expand("sorry [but] the page/site")
    ['sorry the page', 'sorry the site', 'sorry but the page', 'sorry but the site']
    """
    tokens = _tokens(phrase)
    wordings = _wordings(tokens, in_group=False)
    if tokens:
        raise ValueError(f"{tokens[-1]!r} closes nothing")
    for wording in wordings:
        if not wording.replace(" ...", "").replace("#", "").strip():
            raise ValueError("an empty phrase")
        if "..." in wording.removesuffix(" ..."):
            raise ValueError("... may come at the end only")
    return [wording.replace(" :", ":") for wording in wordings]


def _tokens(phrase: str) -> list[str]:
    """Returns the tokens in reverse, so that the next one is popped from the end."""
    return [match.group() for match in _TOKEN.finditer(phrase)][::-1]


def _wordings(tokens: list[str], *, in_group: bool) -> list[str]:
    """Expands tokens up to the end of the phrase, or of the choice in a group."""
    found = [""]
    while tokens and tokens[-1] not in (")", "]") and not (in_group and tokens[-1] == "/"):
        choices = _choices(tokens, in_group=in_group)
        found = [f"{one} {more}".strip() for one in found for more in choices]
        if len(found) > MOST_WORDINGS:
            raise ValueError(f"a phrase of more than {MOST_WORDINGS} wordings")
    return found


def _choices(tokens: list[str], *, in_group: bool) -> list[str]:
    sign = tokens.pop()
    if sign in ("(", "["):
        choices = _wordings(tokens, in_group=True)
        while tokens and tokens[-1] == "/":
            tokens.pop()
            choices += _wordings(tokens, in_group=True)
        if not tokens or tokens.pop() != ("]" if sign == "[" else ")"):
            raise ValueError("a bracket is not closed")
        return ["", *choices] if sign == "[" else choices
    if sign[0] in "</" or sign in ("..", COPYRIGHT_SIGN) or sign.endswith("*"):
        raise ValueError(f"{sign!r} is for lines of furniture only")
    choices = [sign]
    while not in_group and len(tokens) > 1 and tokens[-1] == "/":
        tokens.pop()
        choices.append(tokens.pop())
    return choices


def _sequence(tokens: list[str], names: Mapping[str, Part], *, in_group: bool) -> Part:
    """Compiles the parts of a sequence; inside a group, `/` or the closing bracket ends it."""
    parts: list[Part] = []
    while tokens and tokens[-1] not in (")", "]"):
        if tokens[-1] == "/" and in_group:
            break
        parts.append(_part(tokens, names, in_group=in_group))
    if not parts:
        raise ValueError("an empty phrase")
    openings: frozenset[Opening] = frozenset([()])
    for part in parts:
        openings = frozenset(
            _joined(opening, more) for opening in openings for more in part.openings
        )
    return Part("".join(part.regex for part in parts), openings)


def _joined(opening: Opening, more: Opening) -> Opening:
    if len(opening) == 2 or ANY in opening or not more:
        return opening
    if opening and more == (COPYRIGHT_SIGN,):
        return opening  # lines are not required to have the sign between words
    if opening and more[0].endswith(OPEN):
        return (*opening, ANY)
    return (*opening, *more)[:2]


def _part(tokens: list[str], names: Mapping[str, Part], *, in_group: bool) -> Part:
    sign = tokens.pop()
    if sign in _SPECIAL_TOKENS:
        return _SPECIAL_TOKENS[sign]
    if sign in ("(", "["):
        return _group(tokens, names, optional=sign == "[")
    if sign[0] == "<":
        if sign not in names:
            raise ValueError(f"there is no list of names for {sign}")
        return names[sign]
    choices = [sign]
    while not in_group and len(tokens) > 1 and tokens[-1] == "/":
        tokens.pop()
        choices.append(tokens.pop())
    gap = _ENDS.get(choices[-1][-1])
    return _one_of([_word(choice, gap) for choice in choices])


def _group(tokens: list[str], names: Mapping[str, Part], *, optional: bool) -> Part:
    choices = [_sequence(tokens, names, in_group=True)]
    while tokens and tokens[-1] == "/":
        tokens.pop()
        choices.append(_sequence(tokens, names, in_group=True))
    if not tokens or tokens.pop() != ("]" if optional else ")"):
        raise ValueError("a bracket is not closed")
    part = _one_of(choices)
    return Part(f"(?:{part.regex})?", part.openings | {()}) if optional else part


def _one_of(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    regex = "(?:" + "|".join(part.regex for part in parts) + ")"
    return Part(regex, frozenset[Opening]().union(*(part.openings for part in parts)))


def _word(token: str, last_gap: str | None) -> Part:
    pieces = words(flatten(token))
    if not pieces:
        raise ValueError(f"{token!r} is no word")
    gaps = [_NO_GAP if is_unspaced(piece[-1]) else _GAP for piece in pieces]
    if last_gap:
        gaps[-1] = last_gap
    regex = "".join(re.escape(piece) + gap for piece, gap in zip(pieces, gaps, strict=True))
    return Part(regex, frozenset([_opening_of(pieces, is_open=last_gap == _ENDS["*"])]))


def _opening_of(pieces: list[str], *, is_open: bool) -> Opening:
    """Returns the opening of a word, given in pieces; letters may follow an open one."""
    start = _LEADING_WORD.match(pieces[0])
    first = key_of(start.group() if start else pieces[0])
    if is_unspaced(first):  # in a line no space follows it
        return (first, ANY)
    rest = " ".join((pieces[0][start.end() if start else len(pieces[0]) :], *pieces[1:]))
    second = _NEXT_WORD.match(rest)
    if second is None:
        return (first + OPEN if is_open else first,)
    return (first, ANY if is_open and second.end() == len(rest) else second_key(second[1]))
