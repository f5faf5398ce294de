"""When a source is no longer what it was. The only file about sources that decides.

A share has jumped when so many articles of one window would hardly come together by chance on one
of the source's own bad days, and the share is far from the usual one. Nothing is said before three
days are known, of fewer than three articles, or while a backfill comes in.
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

LEAST_ARTICLES = 3  # of a window that is judged
_LEAST_CASES = 3
_LEAST_JUMP, _FEW = 0.2, 3.0  # of a share; of few articles more, by so many of them, but of ten
# How unlikely a jump must be by chance, in nats: 10 is less than once in 20,000 windows. On a
# fortnight of 23 real sources some 11,000 shares are judged.
_SURPRISE = 10.0
_BAD_DAY = 3.0  # standard deviations from the usual share to that of a bad day
_SHORTER, _LONGER = 2.0, 3.0  # times: of mean lengths that differ
_PAUSE = 2.0  # times its longest usual pause a source may be silent
_LEAST_PAUSES = 4  # that a usual one can be told from
_LEAST_WATCHED = 3 * 24  # hours before a silence or a flood is told
_DUE = 10.0  # articles that should have come in a silence
_MOST_HOURS = 48  # looked back for what was due
_SAMPLES = 5  # articles to look at
_FLOOD, _FLOOD_LEAST = 3, 20  # times its third busiest hour, and so many articles more

# Repairs and findings that mean left-over page furniture and markup, or text that comes again.
# Together they mean that the scraper takes the wrong part of the page.
_FLAWS = {**FLAWS, **{limit.rule: limit.flaw for limit in LIMITS if limit.flaw}}
RESIDUE = frozenset(rule for rule, flaw in _FLAWS.items() if flaw is Flaw.RESIDUE)
REPEATS = frozenset(rule for rule, flaw in _FLAWS.items() if flaw is Flaw.REPEAT)
WATCHED = RESIDUE | REPEATS  # findings that matter here


class Found(NamedTuple):
    """One thing that changed; `marks` are what the articles to look at have."""

    signal: SignalName
    window: Span
    value: float
    usual: float
    what: str | None
    message: str
    marks: frozenset[str] = frozenset()


def in_window(span: Span, counts: Counts, usual: Usual) -> Iterator[Found]:
    """What the articles of one window tell."""
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
    """Repairs that are needed far more often, and what it means that some come together."""
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
    """Nearly all shorter than nine in ten are, or longer."""
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
    """Far more than ever in one hour.

    `hours`: those before in which something came; `watched`: how many there were.
    """
    if hour.fresh < _FLOOD_LEAST or watched < _LEAST_WATCHED or len(hours) < _LEAST_PAUSES:
        return None
    busy = sorted(hours.values())[-3]
    if hour.fresh < _FLOOD * busy + _FLOOD_LEAST:
        return None
    message = f"{hour.fresh:,} articles in this hour; its busiest hours have {busy:,}"
    return Found(SignalName.FLOOD, Span.HOUR, float(hour.fresh), float(busy), None, message)


def silence(now: float, last: float, hours: Mapping[int, int], first: int) -> Found | None:
    """Nothing for longer than its pauses are, or while much should have come.

    `now` and `last`, the latest arrival, in seconds; `first` is the first hour watched.
    """
    quiet, watched = (now - last) / HOUR, int(now // HOUR) - first
    if quiet < 1 or watched < _LEAST_WATCHED or len(hours) <= _LEAST_PAUSES:
        return None
    pauses = sorted(after - before for before, after in pairwise(sorted(hours)))
    # One outage among them makes no rule, but the first weekend is none.
    longest = pauses[-2] if watched >= 3 * WEEK else pauses[-1]
    due = _due(int(last // HOUR) + 1, int(now // HOUR), hours, first)
    if quiet < _PAUSE * longest + 1 and due < _DUE:
        return None
    message = f"nothing for {quiet:,.0f} h; its pauses are {longest:,} h at most"
    if due >= _DUE:
        message += f", and {due:,.0f} articles should have come"
    return Found(SignalName.SILENT, Span.HOUR, round(quiet, 1), float(longest), None, message)


def _due(start: int, end: int, hours: Mapping[int, int], first: int) -> float:
    """Articles that should have come from hour `start` until `end`, at the very least."""
    due = 0.0
    for hour in range(max(start, end - _MOST_HOURS), end):
        level = usual_hour(hours, hour, first)
        if level:
            least = max(0.0, level.middle - _BAD_DAY * level.spread)
            # Not more than a week before: days may be unlike each other.
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
    """The share on a bad day; a share never seen is not impossible."""
    return max(level.middle + _BAD_DAY * level.spread, 1 / (usual.articles + 2))


def surprise(cases: int, of: int, share: float) -> float:
    """How unlikely so many cases or more are where each has the chance `share`, in nats.

    The bound of Chernoff: the probability is at most exp(-surprise). 0 where they are expected.
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
    """Ids of articles that show it, the newest first; `recent` are (id, what it is like)."""
    fitting = (
        id_
        for id_, article in reversed(recent)
        if found.marks <= article.marks | article.repairs | article.findings
    )
    return tuple(dict.fromkeys(fitting))[:_SAMPLES]
