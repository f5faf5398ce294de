"""Datelines: the place, day and agency of a story, at the head of its first sentence.

`LAGOS, Nov. 3 (NAN) - The council ...`. A dateline stays in the text, as part of the sentence, and
is also a field of the record. A place without a date or an agency must be in capitals and no
`story_label` of a language file, since otherwise it looks like a label (`WATCH - `).
"""

from __future__ import annotations

import re
from functools import cache

from pipeline.languages import forms_of, one_of, words_for
from pipeline.text import fold

_MAX_CHARS = 90  # of a dateline and the dash after it
_WORD = r"[^\W\d_][\w'\u2019.]*(?:-[^\W\d_][\w'\u2019]*)*"
_PLACE = rf"{_WORD}(?:[ ]{_WORD}){{0,3}}"
_MONTH = r"[^\W\d_]{3,14}"  # a word that must be in the list of months
_ORDINAL, _OF = one_of("day_ordinal"), one_of("day_of")
_DAY = (
    rf"(?:\d{{1,2}}(?:\.|{_ORDINAL})?\s(?:{_OF}\s)?{_MONTH}\.?"
    rf"|{_MONTH}\.?\s\d{{1,2}}{_ORDINAL}?)(?:,?\s(?:{_OF}\s)?\d{{4}})?"
)
_DATELINE = re.compile(
    rf"""
    (?P<place>{_PLACE}(?:(?:,[ ]?|[ ]?/[ ]?){_PLACE})??)
    (?P<day>,?[ ](?:{_DAY}))?
    (?P<agency>,?[ ]?\((?:[a-z]{{2,5}}|[ ]?[^\W\d_a-z][^()\n]{{1,30}})\))?
    (?P<later>,?[ ](?:{_DAY}))?
    (?:\.\s?[-\u2013\u2014]|\s(?:--|[-\u2013\u2014\u2015]))\s+(?P<lead>\S.*)
    """,
    re.VERBOSE,
)
# Han: the agency's name, the place, the day, the word for a dispatch, without separators.
_DISPATCH = re.compile(
    r"[\uff08(\u3010\[]?[\u4e00-\u9fff]{2,12}\d{1,2}\u6708\d{1,2}\u65e5"
    rf"{one_of('dispatch')}"
    r"[\uff09)\u3011\]]?"
)
_LETTERS = re.compile(r"[^\W\d_]+")
_DASHES = frozenset("-\u2013\u2014\u2015")
_LABELS = frozenset(map(fold, words_for("story_label")))


def dateline_of(body: str) -> str | None:
    """Returns the dateline at the head of a body, without the dash, or None.

    >>> dateline_of("LAGOS, Nov. 3 (NAN) - The council met on Monday.")
    'LAGOS, Nov. 3 (NAN)'
    """
    head = body[: body.find("\n")] if "\n" in body[:_MAX_CHARS] else body[:_MAX_CHARS]
    dispatch = _DISPATCH.match(head)
    if dispatch:
        return dispatch.group()
    found = None if _DASHES.isdisjoint(head) else _DATELINE.match(head)
    if found is None or not _is_place(found) or found["lead"].isupper():
        return None
    if not all(_names_month(found[day]) for day in ("day", "later") if found[day]):
        return None
    return head[: max(found.end(name) for name in ("place", "day", "agency", "later"))]


def _is_place(found: re.Match[str]) -> bool:
    place = found["place"]
    if fold(place) in _LABELS:
        return False
    if found["day"] or found["agency"] or found["later"]:
        return not place[0].islower()
    return place.isupper() and len(place) > 2


def _names_month(day: str) -> bool:
    return any(word.casefold() in _months() for word in _LETTERS.findall(day))


@cache
def _months() -> frozenset[str]:
    """Returns the months of all languages, in full and abbreviated."""
    lists = forms_of("month").values()
    return frozenset(form for months in lists for forms in months for form in forms)
