"""Every Prometheus metric, fed from what was committed and never from the stages themselves.

Names and units are public. Counters count inputs once: an article is counted where it leaves, when
the transaction that lets it out is committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from pipeline.article import DeadLetter, Outcome
from pipeline.publish import door

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)

Lags = Callable[[], dict[tuple[str, int], int]]


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self, role: str) -> None:
        self.registry = CollectorRegistry()
        known = self.registry
        self._articles = Counter(
            "copydesk_articles",
            "Inputs by the door they left through.",
            ["outcome"],
            registry=known,
        )
        self._dead_letters = Counter(
            "copydesk_dead_letters", "Dead letters.", ["stage", "reason"], registry=known
        )
        self._duplicates = Counter(
            "copydesk_duplicates",
            "Copies withheld, by kind and by who printed the earlier one.",
            ["kind", "relation"],
            registry=known,
        )
        self._end_to_end = Histogram(
            "copydesk_end_to_end_seconds",
            "From the raw record's timestamp to the commit of its outcome.",
            buckets=_SLOW,
            registry=known,
        )
        self._durations = Histogram(
            "copydesk_transaction_duration_seconds",
            "From the first send to the commit.",
            buckets=_FAST,
            registry=known,
        )
        self._transactions = Counter(
            "copydesk_transactions", "Transactions.", ["result"], registry=known
        )
        self._received = Counter(
            "copydesk_articles_received", "Raw records worked on and committed.", registry=known
        )
        self._is_desk = role == "desk"
        build = Gauge("copydesk_build_info", "What runs here.", ["version", "role"], registry=known)
        build.labels(version("copydesk"), role).set(1)

    def watch_lag(self, lags: Lags) -> None:
        """Show, whenever asked, how many records of each partition are not committed yet."""
        self.registry.register(_Lag(lags))

    def watch_index(self, articles: Callable[[], int]) -> None:
        """Show, whenever asked, how many entries the index holds."""
        gauge = Gauge("copydesk_index_articles", "Entries the index holds.", registry=self.registry)
        gauge.set_function(articles)

    def record(self, outcome: Outcome | DeadLetter | None, arrived: int) -> None:
        """Count what was committed; None is on its way to the next role. `arrived` is in ms."""
        if self._is_desk:
            self._received.inc()
        if outcome is None:
            return
        self._articles.labels(door(outcome)).inc()
        self._end_to_end.observe(max(0.0, time.time() - arrived / 1000))
        if isinstance(outcome, DeadLetter):
            self._dead_letters.labels(outcome.stage, outcome.reason).inc()
        elif outcome.quality.match and door(outcome) == "duplicates":
            match = outcome.quality.match
            self._duplicates.labels(match.kind, match.relation).inc()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Times and counts what happens inside."""
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self._transactions.labels("failed").inc()
            raise
        self._durations.observe(time.monotonic() - begun)
        self._transactions.labels("committed").inc()

    def exposition(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self.registry)


class _Lag:
    """Asks for the lag when it is scraped."""

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
