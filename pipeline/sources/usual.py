"""What is usual for a source, derived from its own past only.

Uses medians and median absolute deviations (MAD), so a bad day among good ones has no effect. Each
week back weighs half as much, so a lasting change becomes usual after about a week. Counts are
compared with the same hour of the week, or of the day while fewer than three weeks are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from pipeline.article import Verdict
from pipeline.sources.counts import FIELDS, REPAIRED, Counts
from pipeline.sources.record import Baseline

DAYS = 28  # of data that are kept
HOURS = 24 * DAYS
WEEK = 7 * 24  # hours
_LEAST_DAYS, _LEAST_ARTICLES = 3, 15  # needed to know usual shares
_LEAST_SAMPLES = 3  # of an hour
_EXTREME = 0.1  # share of articles that count as very short, and as very long
_FULL_DAY = 20  # articles of a day that has full weight
_SIGMA = 1.4826  # standard deviation of a normal distribution, in MADs


class Level(NamedTuple):
    """A median and its spread: a standard deviation estimated from the MAD."""

    middle: float
    spread: float


class Usual:
    """The statistics of the days before today."""

    def __init__(self, days: Mapping[int, Counts], today: int) -> None:
        self._days = [
            (0.5 ** ((today - day) / 7) * min(counts.articles, _FULL_DAY), counts)
            for day, counts in days.items()
            if counts.articles
        ]
        self._shares: dict[str, Level] = {}
        self.days = len(self._days)
        self.articles = sum(counts.articles for _, counts in self._days)

    @property
    def is_known(self) -> bool:
        """Whether there are enough data to compare with."""
        return self.days >= _LEAST_DAYS and self.articles >= _LEAST_ARTICLES

    def share(self, mark: str) -> Level:
        """Returns the usual share of articles with a mark, repair or finding (distinct names)."""
        level = self._shares.get(mark)
        if level is None:
            level = level_of((weight, _share(counts, mark)) for weight, counts in self._days)
            self._shares[mark] = level
        return level

    @cached_property
    def extremes(self) -> tuple[int, int]:
        """The classes of length without the shortest and the longest tenth."""
        known = [
            (weight * number / counts.articles, float(length))
            for weight, counts in self._days
            for length, number in counts.lengths.items()
        ]
        return int(_quantile(known, _EXTREME)), int(_quantile(known, 1 - _EXTREME))

    def tail(self, counts: Counts, *, is_short: bool) -> int:
        """Returns the number of articles in the shortest or longest tenth."""
        low, high = self.extremes
        return sum(
            number
            for length, number in counts.lengths.items()
            if (length < low if is_short else length > high)
        )

    def tail_share(self, *, is_short: bool) -> Level:
        """Returns the usual share of such articles in a day."""
        return level_of(
            (weight, self.tail(counts, is_short=is_short) / counts.articles)
            for weight, counts in self._days
        )

    @cached_property
    def words(self) -> float:
        """The usual mean length of a day's articles."""
        return level_of((weight, counts.mean_words) for weight, counts in self._days).middle

    @cached_property
    def day_articles(self) -> float:
        """The usual number of articles in a day."""
        return level_of((weight, one.fresh) for weight, one in self._days).middle


def usual_hour(hours: Mapping[int, int], hour: int, first: int) -> Level | None:
    """Returns the usual number of articles in an hour (since 1970); None with too few data.

    `hours` has the hours with articles; `first` is the first hour of data.
    """
    for step in (WEEK, 24):
        before = range(hour - step, max(first, hour - HOURS) - 1, -step)
        if len(before) >= _LEAST_SAMPLES:
            return level_of(
                (0.5 ** ((hour - one) / WEEK), float(hours.get(one, 0))) for one in before
            )
    return None


def baseline(usual: Usual, hour: Level | None) -> Baseline | None:
    """Returns the statistics as a record."""
    if not usual.is_known:
        return None
    middle, spread = hour or Level(0.0, 0.0)
    return Baseline(
        days=usual.days,
        hour_articles=middle,
        hour_spread=round(spread, 2),
        day_articles=usual.day_articles,
        repaired_share=round(usual.share(REPAIRED).middle, 4),
        duplicate_share=round(usual.share(Verdict.DUPLICATE).middle, 4),
        rejected_share=round(usual.share(Verdict.REJECT).middle, 4),
        words=round(usual.words, 1),
        fields={name: round(1 - usual.share(f"no {name}").middle, 4) for name in FIELDS},
    )


def level_of(weighted: Iterable[tuple[float, float]]) -> Level:
    """Returns the weighted median of (weight, value) and its spread; 0, 0 without data."""
    known = list(weighted)
    middle = _quantile(known)
    return Level(middle, _SIGMA * _quantile([(weight, abs(at - middle)) for weight, at in known]))


def _quantile(weighted: Sequence[tuple[float, float]], share: float = 0.5) -> float:
    """Returns the weighted quantile; 0 without data."""
    enough = share * sum(weight for weight, _ in weighted)
    reached = 0.0
    for weight, value in sorted(weighted, key=lambda one: one[1]):
        reached += weight
        if reached >= enough:
            return value
    return 0.0


def _share(counts: Counts, name: str) -> float:
    return count_of(counts, name) / counts.articles


def count_of(counts: Counts, name: str) -> int:
    """Returns the number of articles with a mark, a repair or a finding."""
    return counts.marks.get(name, 0) or counts.repairs.get(name, 0) or counts.findings.get(name, 0)
