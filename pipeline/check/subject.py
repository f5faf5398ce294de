"""The input of the measures: the fields of an article, and lazy views of its texts.

A view is computed at first use and cached on the subject, so measures share the work. Nothing here
knows a limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from pipeline import lines, text, traits
from pipeline.check import notices, templates
from pipeline.check.identify import Guess, identify
from pipeline.native import count_among, read_text

# Longer texts are not searched for notices: of the walls and error pages in the labelled sets the
# longest has 30 words; a full cookie dialogue has some 250.
_NOTICE_WORDS = 300

_LAST_LINES = 4
_NOTICE_CHARACTERS = 160  # a longer line is a paragraph

# With fewer letters the language is not identified.
_FEWEST_LETTERS = 30

# One space on each side: `\s+` would be tried from each space of a long run.
_SEPARATES = re.compile("[|\u2022\u00b7\u00bb\u2013\u2014:-]")
_SEPARATOR = re.compile(r"\s[|\u2022\u00b7\u00bb\u2013\u2014:-]+\s|[|\u2022\u00bb]|: ")


_View = TypeVar("_View")


class view(Generic[_View]):  # noqa: N801 - named like `cached_property`, which it replaces
    """A view of the subject, cached once computed.

    Until Python 3.12 `functools.cached_property` takes a lock at each access: 10 us an article.
    """

    def __init__(self, compute: Callable[[Subject], _View]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, subject: Subject, _: type[Subject] | None = None) -> _View:
        value = subject.__dict__[self._name] = self._compute(subject)
        return value


class Reading(NamedTuple):
    """The counts of the body that `native.read_text` returns."""

    kinds: list[int]  # characters, by kind of `native.bits`
    scripts: list[int]  # letters, by script of `traits.SCRIPTS`
    keys: bytes  # 8 bytes for each word, equal for equal words
    words: int
    numbers: int  # words of numerals only
    distinct: int  # words
    runs: list[int]  # words in repeated runs, by the length of the run
    lines: bytes  # the bits of each line that is not blank, see `native.bits`
    sentences: int
    symbols: int  # hash signs and ellipses
    line_counts: list[int]  # lines with each of those bits, in their order


def keys_of(words: str) -> bytes:
    """Returns the keys of a text's words, 8 bytes each, as `Reading` has them."""
    return read_text(words, traits.table())[2]


@cache
def _template_words() -> bytes:
    return keys_of(" ".join((*templates.NO_VALUES, "ipsum")))


class Subject(Struct, frozen=True, kw_only=True, dict=True):
    """One article to measure, with its cleaned texts; all fields may be empty."""

    headline: str = ""
    body: str = ""
    description: str = ""
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    date_published: str | None = None  # ISO 8601
    date_published_raw: str | None = None
    language: str | None = None  # as declared, BCP 47
    seen_at: str = ""  # UTC, ISO 8601; empty: the dates are not compared with it
    asked_to_subscribe: bool = False  # in a line that cleaning removed

    @view
    def declared(self) -> str | None:
        """The primary tag of the declared language, lower case, or None."""
        tag = (self.language or "").replace("_", "-").split("-")[0].strip().lower()
        return tag or None

    @view
    def reading(self) -> Reading:
        """The counts of the body's characters, words, lines, sentences and runs of words."""
        return Reading._make(read_text(self.body, traits.table()))

    @view
    def headline_words(self) -> list[str]:
        """The headline's words."""
        return text.words(self.headline)

    @view
    def headline_parts(self) -> list[str]:
        """The parts of `Page not found | The Gazette`."""
        if not _SEPARATES.search(self.headline):  # quicker than parting
            return [self.headline] if self.headline.strip() else []
        return [part for part in _SEPARATOR.split(self.headline) if part.strip()]

    @view
    def rows(self) -> list[str]:
        """The body's lines, blank or not."""
        return self.body.split("\n")

    @view
    def lines(self) -> list[str]:
        """The body's lines that hold more than white space, without that white space."""
        return [*filter(None, map(str.strip, self.rows))]

    @view
    def furniture_odds(self) -> Sequence[float]:
        """The log-odds that each such line is furniture; none if the line model cannot tell."""
        return lines.scores(lines.Article(self.body, self.headline, self.description))

    @view
    def suspected(self) -> list[int]:
        """The numbers of the body's lines, from 1, that are furniture more likely than not."""
        odds = self.furniture_odds
        if not odds or max(odds) <= 0:
            return []
        spans = text.line_spans(self.body)
        starts = [start for (start, _), one in zip(spans, odds, strict=True) if one > 0]
        # Counted from one to the next: a body may have millions of lines.
        steps = (self.body.count("\n", before, start) for before, start in pairwise([0, *starts]))
        return list(accumulate(steps, initial=1))[1:]

    @view
    def paragraphs(self) -> list[str]:
        """The parts of the body between blank lines."""
        parts, between = self.rows[::2], self.rows[1::2]
        # In most bodies each line is a paragraph; splitting again would take longer.
        if all(parts) and not any(between) and len(parts) > len(between):
            return parts
        return text.paragraphs(self.body)

    @view
    def notice_shares(self) -> dict[str, float]:
        """Share of the words in notices, by kind; empty for a text of over 300 words."""
        words = self.reading.words
        return notices.shares(self.lines, words) if 0 < words <= _NOTICE_WORDS else {}

    @view
    def asks_to_subscribe(self) -> bool:
        """Whether one of the last lines, or a line that cleaning removed, asks to subscribe."""
        return self.asked_to_subscribe or any(
            len(line) <= _NOTICE_CHARACTERS and notices.kind_of(line) == "paywall"
            for line in self.lines[-_LAST_LINES:]
        )

    @view
    def template_marks(self) -> list[str]:
        """Left-overs of templates in the body."""
        return templates.marks(self.body, names_no_value=self.has_template_words)

    @view
    def has_template_words(self) -> bool:
        """Whether the body has words that templates print for a missing value or as filler."""
        return count_among(self.reading.keys, _template_words()) > 0

    @view
    def guess(self) -> Guess:
        """The most likely language of the body and its score; none for too few letters."""
        if sum(self.reading.scripts) < _FEWEST_LETTERS:
            return Guess(None, 0.0)
        return identify(self.body)
