"""The shape of a repair, shared by the modules that hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rulebook import Table
from pipeline.clean.triggers import Trigger


class Context(Struct, frozen=True):
    """What a repair may know besides the four texts: the article's metadata, its source's lines."""

    source: str | None = None  # name or domain
    host: str | None = None  # of the article's address, lower case
    language: str | None = None  # declared, lower-case primary tag
    markdown: bool = False  # the input was declared Markdown
    plain: bool = False  # the input had no fields: what is in them stands in the body
    learned: Table | None = None  # put there by `clean` from its options, else none


class Candidates:
    """The lines of a body that a rule has to look at.

    `spans`: (start, end) of every line, as of `text.line_spans`; `lines`: the numbers, in order, of
    those in which the rule's trigger was found; none where it was found in another field, or is of
    no line. `shared` is for rules with one trigger: what one of them found for all.
    """

    __slots__ = ("lines", "shared", "spans")

    def __init__(self, spans: Sequence[tuple[int, int]], lines: Sequence[int]) -> None:
        self.spans = spans
        self.lines = lines
        self.shared: Any = None


class Rule(NamedTuple):
    """A repair: its public id, what it does in one line, where it looks, and what it finds there.

    `find` is called only where the trigger found something. On the candidates it returns what it
    returns where all lines are candidates.
    """

    id: str
    summary: str
    trigger: Trigger
    find: Callable[[Draft, Candidates, Context], Sequence[Splice]]
    flaw: Flaw | None = None  # what it says of the page that it found something
