"""The article as the measures see it: its fields, and views of the body computed once.

Every view is lazy and cached on the subject, so a measure asks for what it needs and the work
is shared. Nothing here knows a limit.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pipeline import text
from pipeline.check import alphabet, notices
from pipeline.check.identify import Guess, identify
from pipeline.check.runs import Runs, count_runs

# Longer texts are not looked through for notices: of the walls and error pages in the labelled
# sets the longest has 30 words; a full cookie dialogue has some 250.
_NOTICE_WORDS = 300

# Fewer letters than this say too little about the language.
_FEWEST_LETTERS = 30


class Subject(Struct, frozen=True, kw_only=True, dict=True):
    """One article to measure. Texts are as cleaning left them; all fields may be empty."""

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

    @cached_property
    def declared(self) -> str | None:
        """The primary tag of the declared language, lower case, or None."""
        tag = (self.language or "").replace("_", "-").split("-")[0].strip().lower()
        return tag or None

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The body's code points."""
        return np.frombuffer(self.body.encode("utf-32-le", "surrogatepass"), np.uint32)

    @cached_property
    def classes(self) -> NDArray[np.uint8]:
        """The class of each character of the body, see `alphabet`."""
        classes: NDArray[np.uint8] = alphabet.CLASS_OF.take(self.codes, mode="clip")
        return classes

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many characters of the body are in each class, by class number."""
        return tuple(np.bincount(self.classes, minlength=alphabet.CLASSES).tolist())

    @cached_property
    def words(self) -> list[str]:
        """The body's words."""
        return text.words(self.body)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The distinct words, as written."""
        return frozenset(self.words)

    @cached_property
    def word_keys(self) -> NDArray[np.int64]:
        """One number per word; equal words have equal numbers within this process."""
        return np.fromiter(map(hash, self.words), np.int64, len(self.words))

    @cached_property
    def runs(self) -> Runs:
        """How much of the text stands in runs of words that come again."""
        return count_runs(self.word_keys)

    @cached_property
    def headline_words(self) -> list[str]:
        """The headline's words."""
        return text.words(self.headline)

    @cached_property
    def lines(self) -> list[str]:
        """The body's lines that hold more than white space, without that white space."""
        return [line for line in map(str.strip, self.body.split("\n")) if line]

    @cached_property
    def paragraphs(self) -> list[str]:
        """What stands between blank lines."""
        return text.paragraphs(self.body)

    @cached_property
    def sentences(self) -> int:
        """Sentences of the body; a text without end marks counts as one, an empty one as none."""
        return text.count_sentences(self.body)

    @cached_property
    def notices(self) -> dict[str, float]:
        """Share of the words in notices, by kind; empty for a text of over 300 words."""
        if not 0 < len(self.words) <= _NOTICE_WORDS:
            return {}
        return notices.shares(self.lines, len(self.words))

    @cached_property
    def scripts(self) -> dict[str, int]:
        """Letters of the body by script, see `alphabet.SCRIPTS`."""
        by_class = self.counts
        return {
            script: letters
            for index, script in enumerate(alphabet.SCRIPTS)
            if (letters := sum(by_class[alphabet.letters_of(index)]))
        }

    @cached_property
    def guess(self) -> Guess:
        """The likeliest language of the body and its score; none for too few letters."""
        if sum(self.scripts.values()) < _FEWEST_LETTERS:
            return Guess(None, 0.0)
        return identify(self.body)
