"""What each limit would be in each language, derived from genuine articles.

    python -m bench.quality.limits [--all] [--share .01]

For every warning limit and every language with at least 200 genuine articles (those that
`bench.quality.verdicts` calls genuine): how many of them pass the limit in force, and the number
that the given share of them would pass. A limit that more than the share pass is too tight for
the language: its line ends in the number to put under `[limits]` of the language file,
with the figure it came from. `--all` prints also the limits that fit.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import ceil, floor
from typing import NamedTuple

from bench.quality import data
from bench.quality.data import DESK, Row, desked
from bench.quality.rejected import group_of
from pipeline.article import Severity
from pipeline.check.findings import number_of
from pipeline.check.limits import LIMITS, Limit

FEWEST = 200  # articles: of one in two hundred the share is still seen
_SHARE = 0.01  # of genuine articles that may pass a warning limit
# What stands around a text is the corpus's doing, not the language's.
_OF_THE_RECORD = frozenset({
    "headline_words", "headline_is_source", "date_given", "age", "url_given", "url_well_formed",
    "authors", "source_given", "other_language_score", "headline_is_body", "headline_is_section",
})  # fmt: skip

Measures = dict[str, float]


class Fit(NamedTuple):
    """How one limit sits on the genuine articles of one language."""

    language: str
    rule: str
    articles: int  # to which it applies
    number: float  # in force
    passed: float  # share of the articles that pass it
    derived: float  # what the chosen share would pass

    @property
    def figure(self) -> str:
        """The source to write beside the derived number."""
        return (
            f"this project; {self.passed:.1%} of {self.articles:,} genuine articles in"
            f" {self.language} pass {self.number:g}"
        )


def main() -> int:
    """Print the limits that do not fit, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--all", action="store_true", help="print also the limits that fit")
    parser.add_argument("--share", type=float, default=_SHARE, help="of articles that may pass")
    options = parser.parse_args()
    if not data.DATA.is_dir():
        print(f"skipped: {data.DATA} is not there")
        return 0
    print(
        f"{'language':10}{'limit':32}{'articles':>9}{'in force':>10}{'pass it':>9}{'derived':>10}"
    )
    for fit in fits(options.share):
        if options.all or fit.passed > options.share:
            print(
                f"{fit.language:10}{fit.rule:32}{fit.articles:9,}{fit.number:10g}{fit.passed:9.2%}"
                f"{fit.derived:10g}"
            )
    return 0


def fits(share: float) -> Iterator[Fit]:
    """Every warning limit on every language with enough genuine articles."""
    for language, articles in sorted(genuine().items()):
        for limit in LIMITS:
            if limit.severity is Severity.WARN and limit.measure not in _OF_THE_RECORD:
                fit = _fit(limit, language, articles, share)
                if fit is not None:
                    yield fit


def genuine() -> dict[str, list[Measures]]:
    """The measures of all genuine articles, by language."""
    found = defaultdict[str, list[Measures]](list)
    for name in data.sets():
        for row in data.rows(name):
            group = group_of(name, row, None)
            if " " not in group and group != "?":
                found[group] += _measures(row)
    return {language: taken for language, taken in found.items() if len(taken) >= FEWEST}


def _measures(row: Row) -> Iterator[Measures]:
    result = desked(row)
    if result.quality is not None and not result.rejected:
        yield result.quality.measures


def _fit(limit: Limit, language: str, articles: Sequence[Measures], share: float) -> Fit | None:
    number = number_of(limit, DESK.check, language, None)
    values = sorted(
        measures[limit.measure]
        for measures in articles
        if limit.measure in measures
        and all(s.least <= measures.get(s.measure, 0.0) <= s.most for s in limit.scope)
    )
    if number is None or len(values) < FEWEST:
        return None
    is_low = limit.low is not None
    passed = sum(value < number if is_low else value > number for value in values)
    return Fit(
        language, limit.rule, len(values), number, passed / len(values),
        _outward(_quantile(values, share, is_low=is_low), is_low=is_low),
    )  # fmt: skip


def _quantile(values: Sequence[float], share: float, *, is_low: bool) -> float:
    """The value that at most the share of them lies beyond."""
    beyond = int(share * len(values))
    return values[beyond] if is_low else values[-1 - beyond]


def _outward(number: float, *, is_low: bool) -> float:
    """Two digits that count, rounded away from the articles."""
    if not number:
        return 0.0
    unit = 10.0 ** (len(str(int(abs(number)))) - 2 if abs(number) >= 1 else -2)
    scaled = number / unit
    return round((floor(scaled) if is_low else ceil(scaled)) * unit, 4)


if __name__ == "__main__":
    sys.exit(main())
