"""The words of dates in all languages, from the language files.

A word has a meaning in each language that lists it. The meanings of the article's language count,
else those of English, else those of all languages, because declared languages are often wrong.
`listopada` is October in Croatian and November in Polish: two meanings, and no certain day.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

from pipeline.languages import calendars, forms_of, words_by_language, words_for
from pipeline.text import UNSPACED


class Kind(StrEnum):
    """What a word of a date says."""

    MONTH = "month"
    JALALI_MONTH = "jalali_month"
    WEEKDAY = "weekday"
    BEFORE_NOON = "before_noon"
    AFTER_NOON = "after_noon"
    ZONE = "zone"
    ERA = "era"
    NOTHING = "date_word"
    LABEL = "date_label"
    TODAY = "today"
    YESTERDAY = "yesterday"


class Meaning(NamedTuple):
    """A kind, and the number of a month, the hours of a zone or the offset of an era."""

    kind: Kind
    value: int | None = None


class Word(NamedTuple):
    """A number, or a word with its possible meanings and the calendars of their languages."""

    text: str
    meanings: frozenset[Meaning] = frozenset()
    calendars: frozenset[str] = frozenset()

    def is_a(self, *kinds: Kind) -> bool:
        return any(meaning.kind in kinds for meaning in self.meanings)

    def values(self, kind: Kind) -> set[int | None]:
        return {meaning.value for meaning in self.meanings if meaning.kind is kind}


# Minutes in each unit of relative dates.
AGO = {"minutes_ago": 1, "hours_ago": 60, "days_ago": 1440, "weeks_ago": 10_080}

_NUMBERED = (Kind.MONTH, Kind.JALALI_MONTH)
_VALUED = (Kind.ZONE, Kind.ERA)
_ALSO_NOTHING = ("day_ordinal", "day_of", "update_label")  # lists that datelines read too
# Accents, Arabic vowel signs and the nukta, which are often left out, and invisible characters.
_LEFT_OUT = re.compile(
    "[\u0300-\u036f\u0640\u064b-\u065f\u0670\u093c\u09bc\u0a3c\u0abc\u0b3c"
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_ALIKE = str.maketrans(
    "\u0131\u064a\u0649\u0643\u0629\u2019\u02bc\u2018\u060c\u2010\u2011\u2013\u2014\u2212",
    "i\u06cc\u06cc\u06a9\u0647''',-----",
)
_NUMBER = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]{3,12}(?!\w)")
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
# Numbers in Han, before what they count: a year, a month, a day, an hour or a minute.
_HAN_DIGITS = "\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d"
_HAN_VALUES = str.maketrans(f"{_HAN_DIGITS}\u96f6", "01234567890")
_TEN = "\u5341"
_HAN_NUMBER = re.compile(
    f"[\u96f6{_HAN_DIGITS}{_TEN}]+(?=[\u5e74\u6708\u65e5\u53f7\u65f6\u6642\u5206])"
)
# The space before what counts years, months, days and hours in Han and Hangul.
_BEFORE_MARK = re.compile(
    "(?<=\\d)\\s+(?=[\u5e74\u6708\u65e5\u53f7\u865f\u65f6\u6642\u5206\ub144\uc6d4\uc77c])"
)
# The zero of a month's number where the number is part of its name.
_PADDED_MONTH = re.compile("(?<!\\d)0(?=\\d\\s*[\u6708\uc6d4])|(?<=thang )0(?=\\d)")
# Languages whose dates are in the file of another one.
_SAME = {"nb": "no", "nn": "no", "sh": "sr", "fil": "tl", "prs": "fa"}
_SHORT = 3  # letters: `nya` is July in one language and August in another, of which we know one
# What separates the parts of a date; a full stop may also close an abbreviation.
_BETWEEN = frozenset(" ,.;:|/()[]-'\"\u00b7\u2022\u3001\u3002\u104a\u1363+")


def key_of(text: str) -> str:
    """Returns the text as it is compared: no accents, no case, one space, digits 0 to 9."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = unicodedata.normalize("NFC", _LEFT_OUT.sub("", folded).translate(_ALIKE))
    bare = "".join(str(int(char)) if char.isdecimal() else char for char in bare)
    bare = _PADDED_MONTH.sub("", _BEFORE_MARK.sub("", bare))
    return " ".join(_HAN_NUMBER.sub(_in_digits, bare).split())


def _in_digits(han: re.Match[str]) -> str:
    """Returns a number in Han in digits: of digits alone, or of tens and ones."""
    tens, ten, ones = han[0].translate(_HAN_VALUES).partition(_TEN)
    return str(int(tens or 1) * 10 + int(ones or 0)) if ten else tens


def words_in(text: str, language: str) -> list[Word] | None:
    """Returns the words and numbers of a key; None if it has a word that no date has."""
    found: list[Word] = []
    place = 0
    while place < len(text):
        if text[place] in _BETWEEN:
            place += 1
        elif word := _word_at(text, place, language):
            found.append(word)
            place += len(word.text)
        elif number := _NUMBER.match(text, place):
            found.append(Word(number.group()))
            place = number.end()
        elif month := _misspelt_month(text, place, language):
            found.append(month)
            place += len(month.text)
        else:
            return None
    return found


def _misspelt_month(text: str, place: int, language: str) -> Word | None:
    """Returns the one month with two letters of a word exchanged: `Arp` for `Apr`, or None."""
    run = _LETTERS.match(text, place)
    if run is None:
        return None
    word = run.group()
    swapped = (f"{word[:i]}{word[i + 1]}{word[i]}{word[i + 2 :]}" for i in range(len(word) - 1))
    known = [_meant(one, language) for one in swapped if one in _lexicon().words]
    months = [one for one in known if len(one.values(Kind.MONTH)) == 1]
    if len(known) != 1 or not months:
        return None
    return months[0]._replace(text=word)


def _word_at(text: str, place: int, language: str) -> Word | None:
    """Returns the longest word at a place that ends where a word can end."""
    lexicon = _lexicon()
    for length in lexicon.lengths.get(text[place], ()):
        word = text[place : place + length]
        if word in lexicon.words and _ends(text, place + length):
            found = _meant(word, language)
            if found.meanings:
                return found
    return None


def _ends(text: str, place: int) -> bool:
    """Returns whether a word may end before this place."""
    if place >= len(text):
        return True
    last, after = text[place - 1], text[place]
    if last.isdigit() or after.isdigit():
        return not (last.isdigit() and after.isdigit())
    if not _is_letter(last) or not _is_letter(after):
        return True
    return bool(_IS_UNSPACED.match(last) or _IS_UNSPACED.match(after))


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM"


@lru_cache(maxsize=4096)
def _meant(word: str, language: str) -> Word:
    by_language = _lexicon().words[word]
    code = _SAME.get(language, language)
    first = next((one for one in (code, "en") if one in by_language), None)
    known = {first: by_language[first]} if first else by_language
    meanings = frozenset(one for its in known.values() for one in its)
    if first is None and len(word) <= _SHORT and len(known) == 1:
        meanings = frozenset(one for one in meanings if one.kind not in _NUMBERED)
    return Word(word, meanings, frozenset(calendars().get(one, "gregorian") for one in known))


class _Lexicon(NamedTuple):
    words: dict[str, dict[str, set[Meaning]]]  # by language
    lengths: dict[str, list[int]]  # of the words that begin with a character, the longest first


@cache
def _lexicon() -> _Lexicon:
    words: dict[str, dict[str, set[Meaning]]] = {}
    lengths: dict[str, set[int]] = {}
    for code, word, meaning in _entries():
        words.setdefault(word, {}).setdefault(code, set()).add(meaning)
        lengths.setdefault(word[0], set()).add(len(word))
    return _Lexicon(words, {first: sorted(found)[::-1] for first, found in lengths.items()})


def _entries() -> Iterator[tuple[str, str, Meaning]]:
    for kind in _NUMBERED:
        for code, entries in forms_of(kind).items():
            for number, forms in enumerate(entries, start=1):
                for form in forms:
                    yield code, key_of(form), Meaning(kind, number)
    for kind in Kind:
        for code, entry in _words_of(kind) if kind not in _NUMBERED else ():
            if kind in _VALUED:
                word, _, value = entry.rpartition(" ")
                yield code, key_of(word), Meaning(kind, None if value == "?" else int(value))
            else:
                yield code, key_of(entry), Meaning(kind)
    for name in _ALSO_NOTHING:
        for code, entry in _words_of(name):
            yield code, key_of(entry), Meaning(Kind.NOTHING)


def _words_of(name: str) -> Iterator[tuple[str, str]]:
    for code, words in words_by_language(name).items():
        for word in words:
            yield code, word


@cache
def agos() -> dict[str, int]:
    """Returns the minutes of each relative wording, with `#` for a number."""
    return {
        _spaced(key_of(wording)): minutes
        for name, minutes in AGO.items()
        for wording in words_for(name)
    }


def ago_in(text: str) -> int | None:
    """Returns how many minutes ago a key says, or None.

    >>> ago_in("published 2 hours ago"), ago_in("vor 3 tagen"), ago_in("never")
    (120, 4320, None)
    """
    text = _first_label().sub("", text)
    numbers = _NUMBER.findall(text)
    minutes = agos().get(_spaced(_NUMBER.sub("#", text).replace("+", "")).rstrip("."))
    if minutes is None or len(numbers) > 1:
        return None
    return minutes * int(numbers[0][:6] if numbers else 1)


@cache
def _first_label() -> re.Pattern[str]:
    return re.compile(rf"^{marks('date_label')}(?:\s*:\s*|\s+)")


def _spaced(wording: str) -> str:
    return " ".join(wording.replace("#", " # ").split())


def says_update(text: str) -> bool:
    """Returns whether a date is that of a change: `Updated: 15 Oct 2024`."""
    key = key_of(text)
    return any(label in key for label in _update_labels())


def before_update(key: str) -> str:
    """Returns what stands in a key before the label of a change; the key where none does."""
    places = (key.find(f"{mark}{label}") for label in _update_labels() for mark in " (")
    return key[: min((at for at in places if at > 0), default=len(key))].rstrip(
        " ,;|/(-\u2013\u2014\u00b7"
    )


@cache
def _update_labels() -> tuple[str, ...]:
    return tuple(map(key_of, words_for("update_label")))


@cache
def marks(name: str) -> str:
    """Returns a regex for the marks of a list, as keys write them."""
    found = sorted({re.escape(key_of(mark)) for mark in words_for(name)}, key=len, reverse=True)
    return f"(?:{'|'.join(found)})"
