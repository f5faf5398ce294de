"""Being written: the page."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pipeline.article import Article
from pipeline.report.tally import Tally


class Run(Struct, frozen=True, kw_only=True):
    """What is told of a run besides its tally; times are UTC, ISO 8601."""

    inputs: tuple[str, ...]
    started: str
    seconds: float
    ruleset: str


def render(tally: Tally, originals: Mapping[str, Article], run: Run) -> str:
    return ""
