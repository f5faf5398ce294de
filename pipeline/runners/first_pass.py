"""Learning from files: applies the general rules and passes lines and dates to the learners."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from pipeline.article import Prepared
from pipeline.check.suspects import lines_of
from pipeline.clean.learning import LEAST, Learner
from pipeline.clean.rules.scored_lines import RULE as MODEL_RULE
from pipeline.errors import WrongUseError
from pipeline.flow import Stages
from pipeline.parse.date_orders import DateOrders
from pipeline.runners.inputs import Input
from pipeline.runners.pool import prepare_all
from pipeline.settings import Lessons


class Learners(NamedTuple):
    """What learns from the articles: one from their lines, one from their dates."""

    lines: Learner
    dates: DateOrders

    def lessons(self) -> Lessons:
        """Returns what was learned so far."""
        return Lessons(self.lines.rules(), self.dates.learned())


def learn(
    inputs: Iterable[Input],
    stages: Stages,
    *,
    jobs: int = 1,
    least: int = LEAST,
    progress: Callable[[int], None] = lambda _: None,
) -> Learners:
    """Learns lines from the articles that are fit to publish, and dates from them.

    Lines learned earlier are not removed first, so they are learned again or forgotten.
    """
    learners = Learners(Learner(least), DateOrders())
    # What the line model is sure of is worth learning: a learned line goes from every article.
    disabled = (*stages.clean.disabled, MODEL_RULE)
    general = replace(stages, clean=replace(stages.clean, rules={}, disabled=disabled))
    done = 0
    for batch in prepare_all(inputs, general, jobs):
        for ready in batch:
            if isinstance(ready, Prepared):
                article = ready.article
                learners.dates.add(
                    article.source, article.date_published_raw, article.url, article.id
                )
                learners.lines.add(
                    article.source,
                    article.canonical_url,
                    ready.fingerprint.text_hash,
                    article.article_body,
                    lines_of(ready.quality.findings),
                )
        done += len(batch)
        progress(done)
    return learners


def refuse_read_once(paths: Sequence[str]) -> None:
    """Raises `WrongUseError` if an input cannot be read twice."""
    for path in paths:
        if path == "-" or (os.path.exists(path) and _is_pipe(path)):  # noqa: PTH110 - as given
            name = "standard input" if path == "-" else path
            raise WrongUseError(
                f"{name} can be read only once, and --learn reads twice: save it to a file first, "
                "or learn with `copydesk learn` and name its file as clean.learned"
            )


def _is_pipe(path: str) -> bool:
    mode = os.stat(path).st_mode  # noqa: PTH116 - the path stays as the user gave it
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
