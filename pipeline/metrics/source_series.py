"""The metrics of sources, computed from their records at each scrape.

Labels are bounded: a limited number of sources have their own name, all others are `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from pipeline.routing import Door
from pipeline.sources import OTHER, Baseline, SignalName, SourceRecord, SourceWindow

NAMELESS = "(none)"  # the label of inputs that name no source


class Sources:
    """Names the first sources (after a restart, the largest); the rest are `other`.

    A named source stays named, so that no series of `other` ever decreases.
    """

    def __init__(self, records: Callable[[], Iterable[SourceRecord]], most: int) -> None:
        self._records = records
        self._most = most
        self._named: set[str] = set()
        self._rest: dict[Door, int] = {}  # never less than shown before

    def collect(self) -> Iterator[Metric]:
        records = sorted(self._records(), key=lambda one: -one.windows[-1].received)
        shown = _SourceMetrics()
        rest: list[SourceRecord] = []
        taken: set[str | None] = {OTHER, NAMELESS}  # no label may appear twice
        for record in records:
            name = NAMELESS if record.source is None else record.source
            if record.source not in taken and len(self._named) < self._most:
                self._named.add(name)
            if record.source not in taken and name in self._named:
                taken.add(record.source)
                shown.add(name, record)
            else:
                rest.append(record)
        shown.add_rest(rest, self._rest)
        shown.sources.add_metric([], len(records))
        return iter(vars(shown).values())


class _SourceMetrics:
    """The metrics of sources, one attribute each."""

    def __init__(self) -> None:
        self.articles = CounterMetricFamily(
            "copydesk_source_articles",
            "Inputs of a source by the door they left through, since it was first seen.",
            labels=["source", "outcome"],
        )
        self.last = _of_source("last_article_timestamp_seconds", "Its newest arrival (Unix time).")
        self.signal = _of_source(
            "signal", "1 while the source has the signal; of `other` how many have it.", "signal"
        )
        self.since = _of_source(
            "signal_since_timestamp_seconds",
            "When a signal that the source has was first true (Unix time).",
            "signal",
        )
        self.hour = _of_source("hour_articles", "Its articles of the current hour.")
        self.usual_hour = _of_source(
            "usual_hour_articles", "Median of its articles in this hour of the week."
        )
        self.share = _of_source("share", "Share of today's articles.", "of")
        self.usual_share = _of_source("usual_share", "Median of the share on earlier days.", "of")
        self.field = _of_source(
            "field_share", "Share of today's articles that came with a field.", "field"
        )
        self.usual_field = _of_source(
            "usual_field_share", "Median of the share on earlier days.", "field"
        )
        self.words = _of_source("words", "Mean length of today's articles.")
        self.usual_words = _of_source("usual_words", "Median of daily mean lengths.")
        self.sources = GaugeMetricFamily(
            "copydesk_sources", "Sources counted apart by this process.", labels=[]
        )

    def add(self, name: str, record: SourceRecord) -> None:
        """Adds one source under its own name."""
        hour, day, run = record.windows[1:]
        for through, count in _outcomes([run]).items():
            self.articles.add_metric([name, through], count)
        self.last.add_metric([name], _seconds(record.last_seen_at))
        on = {signal.signal for signal in record.signals}
        for signal in SignalName:
            self.signal.add_metric([name, signal], float(signal in on))
        for one in record.signals:
            self.since.add_metric([name, one.signal], _seconds(one.since))
        self.hour.add_metric([name], hour.received)
        if day.received > day.dead_letters:
            self._add_shares(self.share, name, day)
            for field, share in day.fields.items():
                self.field.add_metric([name, field], share)
            self.words.add_metric([name], day.mean_words)
        usual = record.baseline
        if usual:
            self.usual_hour.add_metric([name], usual.hour_articles)
            self._add_shares(self.usual_share, name, usual)
            for field, share in usual.fields.items():
                self.usual_field.add_metric([name, field], share)
            self.usual_words.add_metric([name], usual.words)

    def add_rest(self, records: Sequence[SourceRecord], before: dict[Door, int]) -> None:
        """Adds all others as one: what they sent, and how many of them have each signal.

        `before` holds the counts of the last scrape and is updated: sources may be dropped, but
        counters must not decrease.
        """
        for through, count in _outcomes([record.windows[-1] for record in records]).items():
            before[through] = max(count, before.get(through, 0))
            if records:
                self.articles.add_metric([OTHER, through], before[through])
        if not records:
            return
        self.last.add_metric([OTHER], max(_seconds(record.last_seen_at) for record in records))
        self.hour.add_metric([OTHER], sum(record.windows[1].received for record in records))
        for signal in SignalName:
            having = sum(signal in {one.signal for one in record.signals} for record in records)
            self.signal.add_metric([OTHER, signal], having)

    def _add_shares(
        self, family: GaugeMetricFamily, name: str, shares: SourceWindow | Baseline
    ) -> None:
        family.add_metric([name, "repaired"], shares.repaired_share)
        family.add_metric([name, "duplicates"], shares.duplicate_share)
        family.add_metric([name, "rejected"], shares.rejected_share)


def _outcomes(runs: Sequence[SourceWindow]) -> dict[Door, int]:
    return {door: sum(run.through(door) for run in runs) for door in Door}


def _of_source(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"copydesk_source_{name}", about, labels=["source", *labels])


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
