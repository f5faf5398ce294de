"""Every Prometheus metric, fed from committed outcomes and never from the stages themselves.

Names and units are public. Each input is counted once: where it leaves, after the transaction that
publishes it is committed.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from pipeline import __version__
from pipeline.article import DeadLetter, Outcome
from pipeline.metrics.source_series import Sources
from pipeline.own import FAILED
from pipeline.publish import door
from pipeline.routing import Door, Role, doors_of
from pipeline.sources import SourceRecord

_STEPS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)
_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
# The stage of each role, as `copydesk_stage_duration_seconds` names it.
STAGES = {Role.DESK: "prepare", Role.DEDUP: "decide", Role.SOURCES: "count"}

# Reasons of dead letters that a role gives itself; `parse` has others, for unreadable values.
REASONS_OF = {
    Role.DESK: ("internal-error", "deadly", "too-large-to-send"),
    Role.DEDUP: ("internal-error", "deadly", "not-prepared"),
    Role.SOURCES: ("deadly", "not-an-account"),
}
_FOREIGN = frozenset({"not-prepared", "not-an-account"})  # another program wrote to our topics

Lags = Callable[[], dict[tuple[str, int], int]]


class Done(NamedTuple):
    """A record that was processed and committed."""

    outcome: Outcome | DeadLetter | None  # None: on its way to the next role
    arrived: int  # ms since 1970, when the raw record reached Kafka
    seconds: float  # that processing it took


class IndexFacts(NamedTuple):
    """The index of a process, over all its partitions."""

    articles: int
    bytes: int
    oldest: float | None  # seconds since 1970; None where it is empty
    cuts: int


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self, role: Role) -> None:
        # Otherwise each counter has a second series, `_created`, which nobody uses.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._role = role
        self._received = self._counter(
            "articles_received", "Raw records worked on and committed: the sum of all outcomes."
        )
        self._articles = self._counter(
            "articles", "Inputs by the door they left through.", "outcome"
        )
        self._repaired = self._counter("repaired_articles", "Articles that any repair edited.")
        self._repairs = self._counter("repairs", "Articles that a repair edited.", "rule")
        self._findings = self._counter(
            "findings", "Articles that a finding was made in.", "rule", "severity"
        )
        self._observed = self._counter(
            "observed", "Articles that a rule would have touched which is only observed.", "rule"
        )
        self._failures = self._counter(
            "rule_failures", "Articles that went on without a rule of the user's own.", "rule"
        )
        self._duplicates = self._counter(
            "duplicates",
            "Copies withheld, by kind and by who printed the earlier one.",
            "kind",
            "relation",
        )
        self._dead_letters = self._counter("dead_letters", "Dead letters.", "stage", "reason")
        self._unread = self._counter(
            "unread_records", "Records that retention deleted before they were read."
        )
        self._stage = self._histogram(
            "stage_duration_seconds",
            "The work on one record; of those handled together, the mean.",
            _STEPS,
            "stage",
        ).labels(STAGES[role])
        self._end_to_end = self._histogram(
            "end_to_end_seconds",
            "From the raw record's timestamp to the commit of its outcome.",
            _SLOW,
        )
        self._newest = _Newest()
        self.registry.register(self._newest)
        self._durations = self._histogram(
            "transaction_duration_seconds", "From the first send to the commit.", _FAST
        )
        self._transactions = self._counter("transactions", "Transactions.", "result")
        self._begin_at_zero()
        self._ready = self._gauge(
            "ready", "1: fenced, replayed, not rebalancing, and its topic there; 0: not."
        )
        build = self._gauge("build_info", "Always 1: what runs here.", "version", "role")
        build.labels(__version__, role).set(1)
        ProcessCollector(registry=self.registry)

    def _begin_at_zero(self) -> None:
        """Starts series at zero: Prometheus sees an increase only after an earlier value."""
        for result in ("committed", "failed"):
            self._transactions.labels(result)
        for through in doors_of(self._role):
            self._articles.labels(through)
        for reason in REASONS_OF[self._role]:
            self._dead_letters.labels(self._role, reason)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"copydesk_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"copydesk_{name}", about, labels, registry=self.registry)

    def _histogram(
        self, name: str, about: str, buckets: Sequence[float], *labels: str
    ) -> Histogram:
        return Histogram(f"copydesk_{name}", about, labels, buckets=buckets, registry=self.registry)

    def watch_ready(self, is_ready: Callable[[], bool]) -> None:
        """Shows at each scrape whether the worker is ready."""
        self._ready.set_function(lambda: float(is_ready()))

    def watch_lag(self, lags: Lags) -> None:
        """Shows at each scrape how many records of each partition are not committed yet."""
        self.registry.register(_Lag(lags))

    def watch_index(self, facts: Callable[[], IndexFacts]) -> None:
        """Shows at each scrape the size of the index."""
        self.registry.register(_Index(facts))

    def watch_sources(self, records: Callable[[], Iterable[SourceRecord]], most: int) -> None:
        """Shows at each scrape the sources by name, `most` of them at most."""
        self.registry.register(Sources(records, most))

    def lose(self, count: int) -> None:
        """Counts records that are gone before they were read."""
        self._unread.inc(count)

    def record(self, done: Sequence[Done]) -> None:
        """Counts what one transaction committed."""
        if self._role is Role.DESK:
            self._received.inc(len(done))
        counted: Tally[tuple[Counter, tuple[str, ...]]] = Tally()
        moment = time.time()
        for outcome, arrived, seconds in done:
            self._stage.observe(seconds)
            if outcome is None:
                continue
            counted.update(self._counted(outcome))
            if arrived >= 0:  # it may have no timestamp; one in the future counts as now
                came = min(arrived / 1000, moment)
                self._end_to_end.observe(moment - came)
                self._newest.note(came)
        for (counter, labels), count in counted.items():
            (counter.labels(*labels) if labels else counter).inc(count)

    def _counted(self, outcome: Outcome | DeadLetter) -> Iterator[tuple[Counter, tuple[str, ...]]]:
        """Yields each counter that an outcome increases, with its labels."""
        through = door(outcome)
        yield self._articles, (through,)
        if _is_foreign(outcome):  # the desk counted its own records as received
            yield self._received, ()
        if isinstance(outcome, DeadLetter):
            yield self._dead_letters, (outcome.stage, outcome.reason)
            return
        quality = outcome.quality
        if quality.repairs:
            yield self._repaired, ()
        for rule in {repair.rule for repair in quality.repairs}:
            yield self._repairs, (rule,)
        for rule, severity in {(one.rule, one.severity) for one in quality.findings}:
            yield self._findings, (rule, severity)
        for rule in {one.rule for one in quality.observed}:
            yield self._observed, (rule,)
        for rule in {str(one.value) for one in quality.findings if one.rule == FAILED.id}:
            yield self._failures, (rule,)
        if through is Door.DUPLICATES and quality.match:
            yield self._duplicates, (quality.match.kind, quality.match.relation)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Times and counts the transaction inside the context."""
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self._transactions.labels("failed").inc()
            raise
        self._durations.observe(time.monotonic() - begun)
        self._transactions.labels("committed").inc()

    def exposition(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)


class _Newest:
    """The time of the newest article; no series before the first article."""

    def __init__(self) -> None:
        self._arrived: float | None = None  # seconds since 1970

    def note(self, arrived: float) -> None:
        """Notes an article that left, by its time of arrival."""
        self._arrived = arrived if self._arrived is None else max(self._arrived, arrived)

    def collect(self) -> Iterator[Metric]:
        newest = GaugeMetricFamily(
            "copydesk_last_article_timestamp_seconds",
            "When the newest raw record whose outcome is committed reached Kafka (Unix time).",
        )
        if self._arrived is not None:
            newest.add_metric([], self._arrived)
        yield newest


class _Lag:
    """Asks for the lag at each scrape."""

    def __init__(self, lags: Lags) -> None:
        self._lags = lags

    def collect(self) -> Iterator[Metric]:
        lag = GaugeMetricFamily(
            "copydesk_consumer_lag_records",
            "Records of a source partition that no transaction of ours has committed yet.",
            labels=["topic", "partition"],
        )
        for (topic, partition), records in self._lags().items():
            lag.add_metric([topic, str(partition)], records)
        yield lag


class _Index:
    """Asks for the size of the index at each scrape."""

    def __init__(self, facts: Callable[[], IndexFacts]) -> None:
        self._facts = facts

    def collect(self) -> Iterator[Metric]:
        facts = self._facts()
        yield GaugeMetricFamily(
            "copydesk_index_articles", "Entries the index holds.", value=facts.articles
        )
        yield GaugeMetricFamily(
            "copydesk_index_bytes", "Memory the index takes, estimated.", value=facts.bytes
        )
        oldest = GaugeMetricFamily(
            "copydesk_index_oldest_timestamp_seconds",
            "When the entry that leaves the window next was last delivered (Unix time).",
        )
        if facts.oldest is not None:
            oldest.add_metric([], facts.oldest)
        yield oldest
        yield CounterMetricFamily(
            "copydesk_index_chain_cuts",
            "Places in full postings that went to a newer article, since this process began.",
            value=facts.cuts,
        )


def _is_foreign(outcome: Outcome | DeadLetter) -> bool:
    return isinstance(outcome, DeadLetter) and outcome.reason in _FOREIGN
