"""Detects that a source has changed. The only file about sources that makes decisions.

A share has jumped if it is far from the usual one, and such a count in one window would be very
unlikely even on one of the source's own bad days. No signal is given before three days of data, for
fewer than three articles, or during a backfill.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.article import Flaw, Verdict
from pipeline.check.limits import LIMITS
from pipeline.clean import FLAWS
from pipeline.sources.counts import BACKFILLED, FIELDS, HOUR, Counts, Traits
from pipeline.sources.record import SignalName, Span
from pipeline.sources.usual import WEEK, Level, Usual, count_of, usual_hour

LEAST_ARTICLES = 3  # in a window that is judged
_LEAST_CASES = 3
_LEAST_JUMP, _FEW = 0.2, 3.0  # least increase of a share; larger for few articles
# How unlikely a jump must be, in nats: 10 is less than once in 20,000 windows. In a fortnight of
# 23 real sources, about 11,000 shares are judged.
_SURPRISE = 10.0
_BAD_DAY = 3.0  # standard deviations from the usual share to that of a bad day
_SHORTER, _LONGER = 2.0, 3.0  # ratios of mean lengths that count as different
_PAUSE = 2.0  # times its longest usual pause that a source may be silent
_LEAST_PAUSES = 4  # needed to know the usual pause
_LEAST_WATCHED = 3 * 24  # hours of data before a silence or a flood is detected
_DUE = 10.0  # articles expected during a silence
_MOST_HOURS = 48  # looked back to estimate the expected articles
_SAMPLES = 5  # example articles
_FLOOD, _FLOOD_LEAST = 3, 20  # times its third busiest hour, and least excess of articles

# Repairs and findings that mean left-over page furniture and markup, or repeated text. Together
# they mean that the scraper extracts the wrong part of the page.
_FLAWS = {**FLAWS, **{limit.rule: limit.flaw for limit in LIMITS if limit.flaw}}
RESIDUE = frozenset(rule for rule, flaw in _FLAWS.items() if flaw is Flaw.RESIDUE)
REPEATS = frozenset(rule for rule, flaw in _FLAWS.items() if flaw is Flaw.REPEAT)
WATCHED = RESIDUE | REPEATS  # findings that are counted for signals


class Found(NamedTuple):
    """One change; example articles have one of `marks`."""

    signal: SignalName
    window: Span
    value: float
    usual: float
    what: str | None
    message: str
    marks: frozenset[str] = frozenset()


def in_window(span: Span, counts: Counts, usual: Usual) -> Iterator[Found]:
    """Yields the changes that the articles of one window show."""
    if not usual.is_known or counts.articles < LEAST_ARTICLES:
        return
    if _has_jumped(BACKFILLED, counts, usual):
        return
    for signal, mark, noun in (
        (SignalName.REJECTS_JUMPED, str(Verdict.REJECT), "rejected"),
        (SignalName.DUPLICATES_JUMPED, str(Verdict.DUPLICATE), "are copies"),
    ):
        if _has_jumped(mark, counts, usual):
            yield _share(signal, span, mark, (counts, usual), noun)
    gone = [name for name in FIELDS if _has_jumped(f"no {name}", counts, usual)]
    if gone:
        found = _share(SignalName.FIELD_GONE, span, f"no {gone[0]}", (counts, usual), "without it")
        yield found._replace(what=gone[0], message=f"{', '.join(gone)}: {found.message}")
    yield from _rules(span, counts, usual)
    yield from _length(span, counts, usual)


def _rules(span: Span, counts: Counts, usual: Usual) -> Iterator[Found]:
    """Yields repairs that became far more frequent, and what their combination means."""
    names = {*counts.repairs, *WATCHED & counts.findings.keys()}
    jumped = [name for name in sorted(names) if _has_jumped(name, counts, usual)]
    residue, repeats = RESIDUE.intersection(jumped), REPEATS.intersection(jumped)
    if residue and repeats:
        both = sorted(residue | repeats, key=lambda name: (-count_of(counts, name), name))
        found = _share(SignalName.EXTRACTOR_BROKE, span, both[0], (counts, usual), "with it")
        yield found._replace(message=f"{', '.join(both)} came together; {found.message}")
    repairs = [name for name in jumped if name in counts.repairs]
    if repairs:
        most = max(repairs, key=lambda name: counts.repairs[name])
        yield _share(SignalName.REPAIRS_JUMPED, span, most, (counts, usual), "needed it")


def _length(span: Span, counts: Counts, usual: Usual) -> Iterator[Found]:
    """Yields a change of length: nearly all articles are in the shortest or longest tenth."""
    now, before = counts.mean_words, usual.words
    for is_short in (True, False):
        ratio = (before / now if is_short else now / before) if now and before else math.inf
        if ratio <= (_SHORTER if is_short else _LONGER):
            continue
        cases = usual.tail(counts, is_short=is_short)
        if _is_jump(cases, counts.articles, usual.tail_share(is_short=is_short), usual):
            message = f"{now:,.0f} words an article, usually {before:,.0f}"
            value, middle = round(now, 1), round(before, 1)
            yield Found(SignalName.LENGTH_SHIFTED, span, value, middle, None, message)


def flood(hour: Counts, hours: Mapping[int, int], watched: int) -> Found | None:
    """Returns a flood: far more articles in one hour than ever before.

    `hours`: earlier hours with articles; `watched`: the number of all earlier hours.
    """
    if hour.fresh < _FLOOD_LEAST or watched < _LEAST_WATCHED or len(hours) < _LEAST_PAUSES:
        return None
    busy = sorted(hours.values())[-3]
    if hour.fresh < _FLOOD * busy + _FLOOD_LEAST:
        return None
    message = f"{hour.fresh:,} articles in this hour; its busiest hours have {busy:,}"
    return Found(SignalName.FLOOD, Span.HOUR, float(hour.fresh), float(busy), None, message)


def silence(now: float, last: float, hours: Mapping[int, int], first: int) -> Found | None:
    """Returns a silence: longer than the usual pauses, or while many articles were expected.

    `now` and `last` (the latest arrival) are in seconds; `first` is the first hour of data.
    """
    quiet, watched = (now - last) / HOUR, int(now // HOUR) - first
    if quiet < 1 or watched < _LEAST_WATCHED or len(hours) <= _LEAST_PAUSES:
        return None
    pauses = sorted(after - before for before, after in pairwise(sorted(hours)))
    # A single outage is not a usual pause, but the first weekend must not be a signal.
    longest = pauses[-2] if watched >= 3 * WEEK else pauses[-1]
    due = _due(int(last // HOUR) + 1, int(now // HOUR), hours, first)
    if quiet < _PAUSE * longest + 1 and due < _DUE:
        return None
    message = f"nothing for {quiet:,.0f} h; its pauses are {longest:,} h at most"
    if due >= _DUE:
        message += f", and {due:,.0f} articles should have come"
    return Found(SignalName.SILENT, Span.HOUR, round(quiet, 1), float(longest), None, message)


def _due(start: int, end: int, hours: Mapping[int, int], first: int) -> float:
    """Returns a lower bound of the articles expected from hour `start` until `end`."""
    due = 0.0
    for hour in range(max(start, end - _MOST_HOURS), end):
        level = usual_hour(hours, hour, first)
        if level:
            least = max(0.0, level.middle - _BAD_DAY * level.spread)
            # Compared with the week before: days of the week differ.
            due += min(least, hours.get(hour - WEEK, 0)) if hour - WEEK >= first else least
        if due >= _DUE:
            break
    return due


def _has_jumped(name: str, counts: Counts, usual: Usual) -> bool:
    return _is_jump(count_of(counts, name), counts.articles, usual.share(name), usual)


def _is_jump(cases: int, articles: int, level: Level, usual: Usual) -> bool:
    least = _LEAST_JUMP + _FEW / max(articles, 10)
    if cases < _LEAST_CASES or cases / articles - level.middle <= least:
        return False
    return surprise(cases, articles, _bad_day(level, usual)) >= _SURPRISE


def _bad_day(level: Level, usual: Usual) -> float:
    """Returns the share on a bad day; never 0, as a share never seen is still possible."""
    return max(level.middle + _BAD_DAY * level.spread, 1 / (usual.articles + 2))


def surprise(cases: int, of: int, share: float) -> float:
    """Returns how unlikely at least this many cases are if each has probability `share`, in nats.

    Chernoff's bound: the probability is at most exp(-surprise). 0 if they are expected.
    """
    if share >= 1 or cases <= share * of:
        return 0.0
    known = cases / of
    rest = (1 - known) * math.log((1 - known) / (1 - share)) if known < 1 else 0.0
    return of * (known * math.log(known / share) + rest)


def _share(
    signal: SignalName, span: Span, name: str, known: tuple[Counts, Usual], noun: str
) -> Found:
    counts, usual = known
    cases, before = count_of(counts, name), usual.share(name).middle
    message = f"{cases:,} of {counts.articles:,} articles {noun}, usually {before:.0%}"
    if "_" in name:
        message = f"{name}: {message}"
    value = round(cases / counts.articles, 4)
    return Found(signal, span, value, round(before, 4), name, message, frozenset({name}))


def look_at(found: Found, recent: Sequence[tuple[str, Traits]]) -> tuple[str, ...]:
    """Returns ids of articles that show the change, the newest first."""
    fitting = (
        id_
        for id_, article in reversed(recent)
        if found.marks <= article.marks | article.repairs | article.findings
    )
    return tuple(dict.fromkeys(fitting))[:_SAMPLES]
