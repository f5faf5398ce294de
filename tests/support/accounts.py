"""Accounts for tests of sources: inputs by hand, of any time, and sources with a past."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from itertools import count, product
from typing import Any

from pipeline.article import DEAD_LETTER, Origin, Verdict
from pipeline.sources import CountedRecord, Signal, SignalName, Watch
from pipeline.sources.counted import CountedRule, Measured
from pipeline.sources.counts import DAY, HOUR, as_time

MONDAY = 1_793_577_600  # 2 November 2026, midnight: what is known begins here
HARBOUR = "Harbour Post"

_ids = count(1)


def account(  # noqa: PLR0913
    at: float,
    source: str | None = HARBOUR,
    verdict: Verdict = Verdict.PUBLISH,
    *,
    words: float = 400,
    age: float | None = 0.1,
    repairs: Iterable[str] = (),
    findings: Iterable[str] = (),
    id_: str | None = None,
) -> CountedRecord:
    """What the desk would say of an article that arrived at `at`, `age` days after it was out."""
    return CountedRecord(
        id=id_ or f"a-{next(_ids)}",
        origin=Origin(file="day.jsonl", line=1),
        source=source,
        verdict=verdict,
        repairs=tuple(map(CountedRule, repairs)),
        findings=tuple(map(CountedRule, findings)),
        measures=Measured(words, age),
        seen_at=as_time(at),
    )


def unreadable(at: float, source: str | None = None) -> CountedRecord:
    """The account of bytes that are no article."""
    return account(at, source, Verdict.REJECT, findings=(DEAD_LETTER,), words=0, age=None)


def known(
    days: int = 10,
    hours: Iterable[int] = range(24),
    each: int = 1,
    weekdays: Container[int] = range(7),
    **traits: Any,
) -> Watch:
    """A watch that knows a source of usual articles: `each` in these hours of so many days."""
    watch = Watch()
    for day, hour, number in product(range(days), hours, range(each)):
        if day % 7 in weekdays:
            watch.add(account(after(day) + (hour + number / each) * HOUR, **traits))
    watch.changed_records()
    return watch


def after(days: float) -> float:
    """The time so many days after what is known begins."""
    return MONDAY + days * DAY


def signals_of(watch: Watch, source: str | None = HARBOUR) -> Mapping[SignalName, Signal]:
    """The signals that a source has now, by name."""
    watch.changed_records()
    (record,) = (one for one in watch.records() if one.source == source)
    return {signal.signal: signal for signal in record.signals}
