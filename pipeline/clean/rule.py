"""The shape of a repair, shared by the modules that hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import Struct

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rulebook import Table


class Context(Struct, frozen=True):
    """What a repair may know besides the four texts: the article's metadata, its source's lines."""

    source: str | None = None  # name or domain
    host: str | None = None  # of the article's address, lower case
    language: str | None = None  # declared, lower-case primary tag
    markdown: bool = False  # the input was declared Markdown
    plain: bool = False  # the input had no fields: what is in them stands in the body
    learned: Table | None = None  # put there by `clean` from its options, else none


class Rule(NamedTuple):
    """A repair: its public id, what it does in one line, and the function that finds splices.

    `needs` are bits of `suspects.Look`: a draft that shows none of them isn't even looked at.
    """

    id: str
    summary: str
    find: Callable[[Draft, Context], Sequence[Splice]]
    needs: int | None = None
    flaw: Flaw | None = None  # what it says of the page that it found something
