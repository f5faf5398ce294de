"""The types that all modules of repairs share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.learned_lines import Table
from pipeline.clean.options import CERTAINTY
from pipeline.clean.triggers import Trigger


class Context(Struct, frozen=True):
    """What a repair may know besides the draft: metadata, and the source's learned lines."""

    source: str | None = None  # name or domain
    host: str | None = None  # of the article's address, lower case
    language: str | None = None  # declared, lower-case primary tag
    markdown: bool = False  # the input was declared Markdown
    plain: bool = False  # the input had no fields: the body contains all texts
    date_line: str = ""  # the line above the story that is only its date
    learned: Table | None = None  # set by `clean` from its options, and so is:
    certainty: float = CERTAINTY  # of the line model, from which on a line is cut


class RuleFailedError(Exception):
    """A rule of the user's own cannot be used for an article, which goes on without it."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(f"{rule}: {why}")
        self.rule, self.why = rule, why


class Candidates(Struct):
    """The candidate lines of a body for a rule.

    `spans`: (start, end) of every line, as from `text.line_spans`; `lines`: the ascending numbers
    of the lines that contain the rule's trigger. They are empty if the trigger was found in another
    field, or is not about lines. `shared` lets rules with the same trigger share their work.
    """

    spans: Sequence[tuple[int, int]]
    lines: Sequence[int]
    shared: Any = None


class Rule(NamedTuple):
    """A repair: its public id, a summary, its trigger, and the function that finds the edits.

    `find` is called only if the trigger is found. For the candidate lines it returns the same as
    with all lines as candidates.
    """

    id: str
    summary: str
    trigger: Trigger
    find: Callable[[Draft, Candidates, Context], Sequence[Splice]]
    flaw: Flaw | None = None  # the flaw of the page that this repair shows
