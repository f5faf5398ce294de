"""Reads the names of people from bylines of many forms; what is no name is left out, and told.

A byline may open with a label, a date or a role, and end in a role, an outlet, a place in brackets
or an address; the words for these are in the language files. It is split only where a name
certainly ends: between parts that are full names each. An agency or a desk is a name where nobody
else is named.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline import author_words
from pipeline.text import fold

_MOST = 100  # names of one article; a longer list is no byline
_LONGEST = 3_000  # characters of a byline that are read
_LONGEST_NAME = 60
_LONGEST_DATE = 120  # characters of a date before the word for `by`
_LONGEST_PART = 100  # characters of a part without commas: a longer one is a biography
_DATE_DIGITS = 3  # a text of fewer may be the name of an outlet: 7, 24h
_ROLE_WORDS = 7  # of a role or an outlet behind a name, at most

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TAG = re.compile(r"<[^<>@]{1,300}>")
_MAIL_AND_NAME = re.compile(r"\S+@\S+\.\w+\s*\((?P<name>[^()]{2,100})\)")  # RSS
_ADDRESS = re.compile(
    r"\(?(?:mailto:)?<?[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}>?\)?"
    r"|https?://\S+|www\.\S+|\b[\w.-]{1,64}\.(?:com|org|net|co|de|fr|info)/\S*"
    r"|\(?(?<!\w)@\w+\)?",
    re.IGNORECASE,
)
_PATH = re.compile(r"\s*/[\w%~-]+(?:/[\w.%~-]*)*\s*")
_HARD_BREAK = re.compile(r"\s*[;|\n\r\t\u00b7\u2022\uff1b\u3001]\s*")
_COMMA = re.compile(r"\s*[,\u060c\uff0c]\s*|\s+[/\u2013\u2014-]\s+")
_BRACKETED = re.compile(r"[(\[\uff08\u3010\uff3b][^()\[\]]{0,80}[)\]\uff09\u3011\uff3d]")
_AROUND = (
    " \t,:;/|*_~.\"'\u2013\u2014-\u201c\u201d\u201e\u00ab\u00bb<>\uff1a\uff0f\u30fb\uff1d="
    "\u25a0\u25cf\u25b2\u25c6\u25b6"
)
_LABELLED = re.compile(r"(?P<before>[^:\uff1a]{1,40}?)\s*[:\uff1a]\s*(?P<after>[^\W\d_].*)")
_PAIRS = {"(": ")", "[": "]", "\uff08": "\uff09", "\u3010": "\u3011", "\uff3b": "\uff3d"}
_GENERATION = frozenset(("jr", "sr", "ii", "iii", "iv"))  # these belong to the name before
_PLACE_SIGNED = re.compile("^[\uac00-\ud7a3]{2,6}=(?=[\uac00-\ud7a3])")  # in Korean
_BESIDE_DASH = re.compile(r"\s+[\u2013\u2014-]\s+")
# Names are listed by spaces in Chinese, where a name has none; in Japanese a name has one.
_CHINESE, _BETWEEN_HAN = re.compile("[记讯编报辑撰]"), re.compile(r"(?<=[\u4e00-\u9fff]{2})\s+")
_DIGIT, _NUMBER = re.compile(r"\d"), re.compile(r"\d+")
_LETTERS, _WORD = re.compile(r"[^\W\d_]+"), re.compile(r"\S+")


class Byline(NamedTuple):
    """The names in a byline; `whole` is False where it says more than they do."""

    names: tuple[str, ...]
    whole: bool = True
    no_names: tuple[str, ...] = ()  # parts that name nobody: `View all posts`, an address


def read_byline(text: str) -> Byline:
    """Returns the names in one string.

    >>> read_byline("By Ana Lima and Bo Ek, Staff Writers").names, read_byline("Smith, John").names
    (('Ana Lima', 'Bo Ek'), ('Smith, John',))
    """
    found = _read(text[:_LONGEST])
    return found if len(text) <= _LONGEST else found._replace(whole=False)


@lru_cache(maxsize=4096)  # bylines recur
def _read(text: str) -> Byline:
    text = _tidy(text)
    bare, no_names = _without_addresses(text)
    bare = author_words.ago_first().sub("", _from_the_by(bare))
    bare = author_words.label_inside().sub(r"\n\g<label>", bare)
    found: list[str] = []
    for part in _HARD_BREAK.split(_without_first_date(bare)):
        if not all(map(_is_no_person, found)) and _is_beside_names(part):
            continue
        names, nobody = _names_in(_without_date(part))
        found += names
        no_names += nobody
    names_found = _once(found)
    # An agency or a desk beside people is whom they write for.
    names_found = tuple(name for name in names_found if not _is_no_person(name)) or names_found
    whole = not no_names and _holds_all(text, names_found)
    return Byline(names_found, whole, tuple(no_names))


def join_bylines(bylines: Iterable[Byline]) -> Byline:
    """Returns the bylines of a list as one, each name once.

    Beside the full name of a person, what is a role, an outlet or of a date is none.
    """
    read = list(bylines)
    names = _once(name for one in read for name in one.names)
    if any(map(_is_person, names)):
        kept = tuple(name for name in names if not _is_beside_people(name))
        return _joined(read, kept, whole=len(kept) == len(names))
    return _joined(read, names, whole=True)


def _joined(read: Sequence[Byline], names: tuple[str, ...], *, whole: bool) -> Byline:
    whole = whole and all(one.whole for one in read)
    return Byline(names, whole, tuple(part for one in read for part in one.no_names))


def _is_person(name: str) -> bool:
    return _is_full(name) and not _is_beside_people(name)


def _is_beside_people(name: str) -> bool:
    """Returns whether a name in a list is a role, an outlet, or words of a date alone."""
    words = [fold(word) for word in name.split()]
    if all(map(_is_role_word, words)) or not author_words.occupations().isdisjoint(words):
        return True
    of_a_date = words[0] in author_words.date_labels() or _DIGIT.search(name)
    return _is_no_person(name) or bool(of_a_date and _is_of_a_date(name))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(fold(name) or name, name)
    return tuple(first.values())[:_MOST]


def _tidy(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
    text = _INVISIBLE.sub("", text)
    return _TAG.sub("\n", text) if "<" in text else text


def _without_addresses(text: str) -> tuple[str, list[str]]:
    """Returns the text without mail addresses, pages and handles, and those if nothing is left."""
    if _PATH.fullmatch(text):
        return "", [text]
    if "@" not in text and "." not in text:
        return text, []
    if mailed := _MAIL_AND_NAME.fullmatch(text.strip()):
        return mailed["name"], []
    bare = _ADDRESS.sub("\n", text)
    return bare, [] if bare.strip(_AROUND + "\n()") else [text.strip()]


def _from_the_by(text: str) -> str:
    """Returns what follows the word for `by`, where a date or a time stands before it."""
    if not _DIGIT.search(text, 0, _LONGEST_DATE):  # the other search takes long
        return text
    match = author_words.by_inside().search(text, 0, _LONGEST_DATE)
    return text[match.end() :] if match and _DIGIT.search(text, 0, match.start()) else text


def _without_date(text: str) -> str:
    """Returns the text up to the date that ends it, if one does; nothing of what is only a date."""
    digit = _DIGIT.search(text)
    if digit is None or "\n" in text:
        return text
    if not _is_of_a_date(text[digit.start() :]):
        return text
    words = text[: digit.start()].split()
    while words and fold(words[-1]) in author_words.date_words():
        words.pop()
    if not words and sum(map(str.isdigit, text)) >= _DATE_DIGITS:
        return ""
    return " ".join(words) if len(words) > 1 else text


def _without_first_date(text: str) -> str:
    """Returns what follows the date or time of several numbers that begins the text, if one does.

    >>> _without_first_date("15 Oct 2024, 10:05 am Ana Lima"), _without_first_date("50 Cent")
    ('Ana Lima', '50 Cent')
    """
    numbers = end = 0
    for word in _WORD.finditer(text, 0, _LONGEST_DATE):
        if not _is_of_a_date(word[0]):
            break
        numbers += len(_NUMBER.findall(word[0]))
        is_name = not numbers or (word[0].istitle() and " " not in text[word.end() :].strip())
        end = end if is_name else word.end()
    rest = text[end:].lstrip(_AROUND)
    return rest if numbers > 1 and rest else text


def _is_of_a_date(word: str) -> bool:
    return all(fold(letters) in author_words.date_words() for letters in _LETTERS.findall(word))


def _names_in(part: str) -> tuple[list[str], list[str]]:
    """Returns the names of a part without hard breaks, or the part if it names nobody."""
    bare = _unwrapped(part)
    if not bare:
        return [], []
    if _CHINESE.search(part.removesuffix(bare)):
        bare = _BETWEEN_HAN.sub(", ", bare)
    if _is_nobody(bare):
        return [], [bare]
    signed = bare != part.strip(_AROUND)
    bare = _BRACKETED.sub(" ", bare).strip() or bare
    names = [_name(piece) for piece in _pieces(bare, signed=signed)]
    names = [name for name in names if name and not _is_nobody(name)]
    return names, [] if names else [bare]


def _unwrapped(part: str) -> str:
    """Returns a part without labels, brackets around it and what else is no letter."""
    while True:
        before = part
        part = _PLACE_SIGNED.sub("", part.strip(_AROUND))
        if part[:1] in _PAIRS and part.endswith(_PAIRS[part[0]]):
            part = part[1:-1]
        if opening := author_words.opening().match(part):
            part = part[opening.end() :]
        elif labelled := _LABELLED.fullmatch(part):
            part = _of_the_halves(labelled["before"], labelled["after"])
        if part == before:
            return part


def _of_the_halves(before: str, after: str) -> str:
    """Returns the half that names someone: a colon stands behind a label or before a role.

    >>> _of_the_halves("Cutlines", "Ana Lima"), _of_the_halves("Ana Lima", "Political Editor")
    ('Ana Lima', 'Ana Lima')
    """
    if _is_nobody(before):
        return before
    return before if _is_full(before) and _is_role(after) else after


def _pieces(part: str, *, signed: bool) -> list[str]:
    """Splits at commas and words for `and`, but only into full names; roles and outlets go.

    In a `signed` part, which began with `by`, the first piece is a name, and a single word behind a
    comma is a place. A slash never stands between the parts of one name.
    """
    part = _without_place_beside(part)
    halves = [half for half in part.split("/") if half.strip(_AROUND)]
    if len(halves) > 1 and not all(map(is_outlet, halves)):
        signed, part = True, ", ".join(halves)
    listed = _with_generations(_COMMA.split(part))
    pieces = [author_words.and_first().sub("", one) for one in listed]
    pieces = [piece for one in pieces for piece in _split_at_and(one, signed=signed)]
    pieces = [piece for piece in pieces if piece.strip(_AROUND) and not _is_nobody(piece)]
    pieces = [_before_the_role(_without_place(piece)) for piece in pieces]
    pieces = pieces[:1] + [piece for piece in pieces[1:] if not _DIGIT.search(piece)]
    if signed and pieces:
        rest = [one for one in pieces[1:] if _is_full(one) and not _is_beside(one)]
        return rest if rest and is_outlet(pieces[0]) else [pieces[0], *rest]
    full = next((i for i, one in enumerate(pieces) if _is_full(one) and not _is_role(one)), None)
    if full is None:
        named = [one for one in pieces if not is_outlet(one)]
        return named if len(named) == 1 else [part] if named else pieces
    before = [one for one in pieces[:full] if not (_is_role(one) or is_outlet(one))]
    after = [one for one in pieces[full + 1 :] if not _is_beside(one)]
    kept = [*before, pieces[full], *after]
    return kept if all(map(_is_full, kept)) else [", ".join(one.strip(_AROUND) for one in kept)]


def _without_place_beside(part: str) -> str:
    """Returns a part without the single words, such as places, that dashes put beside names."""
    pieces = _BESIDE_DASH.split(part)
    full = [piece for piece in pieces if _is_full(piece)]
    return ", ".join(full) if full and len(full) < len(pieces) else part


def _before_the_role(piece: str) -> str:
    """Returns the name of `Ana Lima Health reporter`, which has no comma before the role."""
    piece = author_words.glued_role().sub("", piece.strip(_AROUND)) or piece
    words = piece.strip(_AROUND).split()
    if len(words) < 4 or not _is_role_word(words[-1]) or any(map(_is_role_word, words[:2])):
        return piece
    return " ".join(words[:2])


def _with_generations(pieces: Sequence[str]) -> list[str]:
    joined: list[str] = []
    for piece in pieces:
        if joined and piece.strip(". ").lower() in _GENERATION:
            joined[-1] = f"{joined[-1]} {piece.strip()}"
        else:
            joined.append(piece)
    return joined


def _split_at_and(piece: str, *, signed: bool = False) -> list[str]:
    parts = author_words.between().split(piece)
    full = list(map(_is_full, parts))
    named = [is_full or is_outlet(part) for is_full, part in zip(full, parts, strict=True)]
    return parts if all(named) or (signed and full[-1]) else [piece]


def _is_full(name: str) -> bool:
    """Returns whether a text may be a name by itself: of two words, or in Han or Hangul."""
    name = name.strip(_AROUND)
    if not 2 <= len(name) <= _LONGEST_NAME:
        return False
    return " " in name or _WHOLE_HAN.fullmatch(name) is not None


_WHOLE_HAN = re.compile(f"[{author_words.HAN_OR_KANA}]{{2,6}}")


def _name(piece: str) -> str:
    """Returns a name without brackets, titles and roles around it, and no place behind it."""
    name = author_words.report_from().sub("", _unwrapped(piece))
    words = _once_of_two(_before_the_button(name)).split()
    lead = max((i for i, word in enumerate(words[:5]) if _is_role_word(word)), default=-1) + 1
    rest = words[lead:]
    if lead and len(rest) > 1 and all(word[:1].isupper() for word in rest[:2]):
        words = rest
    while len(words) > 2 and fold(words[0]) in author_words.titles():
        words = words[1:]
    return _unwrapped(" ".join(words))


def _before_the_button(name: str) -> str:
    """Returns the name of `Ana Lima View all posts`."""
    button = author_words.button_behind().search(name)
    return name[: button.start()] if button else name


def _once_of_two(name: str) -> str:
    """Returns the name of `Ana LimaAna Lima`, as a card and its caption give it."""
    half = name[: len(name) // 2].strip()
    return half if " " in half and name[-len(half) :] == half else name


def _without_place(piece: str) -> str:
    """Returns a full name without the place or outlet that a small word puts behind it."""
    placed = author_words.behind().match(piece)
    return placed["name"] if placed else piece


def _is_role(piece: str) -> bool:
    """Returns whether a piece is what a person is: `Staff Writer`, `Redakteurin`, `PhD`."""
    words = piece.strip(_AROUND).split()
    if not words or len(words) > _ROLE_WORDS:
        return False
    return any(map(_is_role_word, words)) or fold(piece) in author_words.degrees()


def _is_beside(piece: str) -> bool:
    """Returns whether a piece behind a name is a role, an outlet or in lower case."""
    bare = piece.strip(_AROUND)
    if _is_role(piece) or is_outlet(piece) or is_city(bare):
        return True
    words = bare.split()
    if any(fold(word) in author_words.no_names() for word in words):
        return True
    if words and fold(words[-1]) in author_words.outlet_words():
        return True
    return bare[:1].islower() and len(words) > 1 and fold(words[0]) not in author_words.particles()


def _is_beside_names(part: str) -> bool:
    """Returns whether a part behind names has none: an outlet, a role, `Health & Medicine`."""
    if _DIGIT.search(part):
        return True
    if _COMMA.search(part) or _WHOLE_HAN.fullmatch(author_words.glued_role().sub("", part)):
        return False
    parts = author_words.between().split(part)
    return _is_beside(part) if len(parts) == 1 else not all(map(_is_full, parts))


def _is_role_word(word: str) -> bool:
    """Returns whether a word is a role, or ends in one: `Politikredakteurin`."""
    folded = fold(word)
    if folded in author_words.roles():
        return True
    return len(folded) > author_words.COMPOUND and folded.endswith(author_words.long_roles())


def is_city(name: str) -> bool:
    """Returns whether a name of several words is a large city."""
    return fold(name).replace("-", " ") in author_words.cities()


def is_outlet(name: str) -> bool:
    """Returns whether a name is a paper, a station or an agency."""
    return fold(name) in author_words.outlets()


def _is_no_person(name: str) -> bool:
    """Returns whether a name beside others is an outlet, a paper or a word of a label.

    A paper: `The River Post`; a word of a label: `Additional` of `Additional reporting by`.
    """
    words = fold(name).split() or [""]
    is_paper = words[0] == "the" and words[-1] in author_words.outlet_words()
    return is_paper or is_outlet(name) or fold(name) in author_words.joining()


def _is_nobody(part: str) -> bool:
    """Returns whether a part is a button, a notice, a biography or the like."""
    folded = fold(part)
    words = folded.split()
    if words and all(map(_is_role_word, words)) and not is_outlet(part):
        return folded not in author_words.desks()
    return (
        folded in author_words.nobodies()
        or _is_title(part)
        or folded in author_words.labels()
        or folded.startswith(author_words.nobody_beginnings())
        or (len(part) > _LONGEST_PART and not _COMMA.search(part))
    )


def _is_title(part: str) -> bool:
    """Returns whether a part is a title without a name: `Senior Reporter`.

    >>> _is_title("Senior Reporter"), _is_title("Staff Reporter"), _is_title("Editor Wang")
    (True, False, False)
    """
    words = part.strip(_AROUND).split()
    return len(words) > 1 and all(map(_is_role_word, words)) and not is_outlet(part)


def _holds_all(text: str, names: Sequence[str]) -> bool:
    """Returns whether the names hold every word of the text but those for `by` and `and`."""
    said = set(fold(text).split()) - author_words.joining()
    return said <= {word for name in names for word in fold(name).split()}
