"""Knows the notices a site prints where an article should be: cookies, log-in, errors, paywalls.

Their phrases stand under `[notices]` in the language files, and are compared as `text.fold` leaves
them. A phrase stands for a whole sentence or line; one that ends in `...` for its beginning. All
languages count for every article: a site's notices need not be in the article's language. What
headlines of news may begin with too (`Something went wrong`) is of the kind `error_in_body`.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from pipeline import text
from pipeline.languages.bundle import Notices, load_bundle

# A sentence that opens with a quotation mark is somebody's words: an article about cookie
# banners quotes them, a banner does not quote itself.
_OPENING_QUOTES = tuple("\"'\u00ab\u2018\u201c\u201e\u300c\u300e")
# Characters of a sentence that are looked at; the longest phrase has 50.
_READ = 160
# Where a sentence starts: its first word in scripts with spaces, else its first character.
_LOOK = 24  # characters
_START = re.compile("[a-z0-9\u00df-\u00f6\u00f8-\u024f\u0400-\u04ff]{1,10}|\\w")


def _start(sentence: str) -> str | None:
    """The first letters, without case; None where that takes more than a look to tell.

    A sentence and its fold have the same, so one whose start no phrase has needs no folding.
    """
    sample = sentence[:_LOOK].casefold()
    found = _START.search(sample)
    if found is None or (found.end() == len(sample) and len(sentence) > _LOOK):
        return None
    return found.group()


def _starts(phrases: Notices) -> frozenset[str | None]:
    return frozenset([None, *map(_start, chain(phrases.whole, phrases.beginnings))])


_NOTICES, _SECTIONS = load_bundle().notices, load_bundle().sections
_NOTICE_STARTS, _SECTION_STARTS = _starts(_NOTICES), _starts(_SECTIONS)
# Words of the longest beginning.
_LONGEST = max(phrase.count(" ") for phrase in _NOTICES.beginnings) + 1
# "Read more" may be glued to the last sentence; a single word there would be part of it.
_MORE = tuple(
    f" {phrase}" for phrase, kind in _NOTICES.whole.items() if kind == "more" and " " in phrase
)
# The last two letters of all of them.
_MORE_ENDS = {phrase[-2:] for phrase, kind in _NOTICES.whole.items() if kind == "more"}
_ASCII_SIGNS = string.punctuation + string.whitespace


def kind_of(sentence: str) -> str | None:
    """The kind of notice this sentence or line is, or None."""
    if sentence.startswith(_OPENING_QUOTES):
        return None
    return _kind(_NOTICES, _NOTICE_STARTS, sentence)


def shares(lines: Sequence[str], words: int) -> dict[str, float]:
    """For each kind of notice found: the share of the text's `words` that stand in it."""
    found: Counter[str] = Counter()
    for line in lines:
        for start, end in text.sentences(line):
            sentence = line[start:end].strip()
            kind = kind_of(sentence)
            if kind:
                found[kind] += len(text.words(sentence))
    return {kind: count / words for kind, count in found.items()}


def is_section(name: str) -> bool:
    """Whether a name is one of a part of a site: Home, Archive, Privacy policy, Tag: x."""
    return _kind(_SECTIONS, _SECTION_STARTS, name) is not None


def ends_in_more(line: str) -> bool:
    """Whether the line ends in a link to the rest: Read more, Lire la suite."""
    ends = line[-_READ:].rstrip(_ASCII_SIGNS)[-2:]
    if ends.isascii() and ends.isalnum() and ends.lower() not in _MORE_ENDS:
        return False  # without folding, which takes ten times as long
    folded = text.fold(line[-_READ:])
    return _NOTICES.whole.get(folded) == "more" or folded.endswith(_MORE)


def _kind(phrases: Notices, starts: frozenset[str | None], sentence: str) -> str | None:
    if _start(sentence) not in starts:
        return None
    folded = text.fold(sentence[:_READ])
    return phrases.whole.get(folded) or _kind_by_beginning(phrases.beginnings, folded)


def _kind_by_beginning(beginnings: dict[str, str], folded: str) -> str | None:
    beginning = ""
    for word in folded.split(" ", _LONGEST)[:_LONGEST]:
        beginning = f"{beginning} {word}" if beginning else word
        if beginning in beginnings:
            return beginnings[beginning]
    return None
