"""Finds the phrases of the language files that a line may match, by its first two words.

`pipeline.languages` holds the phrases and the grammar in which they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from pipeline.languages.bundle import Phrase, load_bundle
from pipeline.languages.grammar import (
    ANY,
    COPYRIGHT_SIGN,
    LONGEST_WORD,
    key_of,
    next_word,
    second_key,
)
from pipeline.text import UNSPACED

# The first word of a line without leading white space, after at most a dozen signs. An opening
# quote before the word rules the line out, since a quotation is no furniture, and so does a bar,
# since it makes a row of a table. Both runs are bounded, so a line of any length costs the same.
MOST_SIGNS = 12
LINE_BEGINNING = re.compile(
    f'[^\\w|"\u201c\u201e\u00ab\u300c{COPYRIGHT_SIGN}\n]{{0,{MOST_SIGNS}}}'
    f"(\\w{{1,{LONGEST_WORD}}}|{COPYRIGHT_SIGN})"
)
# A regex for a letter with which a name may begin: no small letter of Latin or Cyrillic.
CAPITAL = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff\u0430-\u044f]"
# A first word ends where one begins that needs no space before it: `Facebook\u3067`.
_SPACED_WORD = re.compile(rf"[a-zA-Z0-9]+(?=[{UNSPACED}])")


class Phrases(NamedTuple):
    """Phrases by the keys of the first two words of the lines that they may match."""

    by_opening: Mapping[tuple[str, str], tuple[Phrase, ...]]
    reach: Mapping[str, int]  # characters of the longest line that may match, by the first key

    def that_may_match(self, text: str, start: int, end: int) -> tuple[Phrase, ...]:
        """Returns the phrases that begin like the line `text[start:end]`.

        May include false positives, never omits a phrase that matches.
        """
        begun = LINE_BEGINNING.match(text, start, end)
        if begun is None:
            return ()
        first = _SPACED_WORD.match(text, begun.start(1), begun.end()) or begun
        key = key_of(first.group(first.lastindex or 0))
        if end - start > self.reach.get(key, 0):
            return ()
        second = next_word(text, first.end(), end)
        found = self.by_opening.get((key, second_key(second) if second else ""))
        return self.by_opening[key, ANY] if found is None else found


@cache
def load() -> Phrases:
    """Returns all phrases of all languages."""
    its = load_bundle()
    by_opening = {}
    for opening, numbers in its.openings.items():
        first, _, second = opening.partition(" ")
        by_opening[first, second] = tuple(its.phrases[number] for number in numbers)
    return Phrases(by_opening, its.reach)
