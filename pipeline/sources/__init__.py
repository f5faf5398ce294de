"""Sources: what each one sends, what is usual for it, and signals when that changes."""

from __future__ import annotations

from pipeline.sources.counted import CountedRecord, counted_record, read_counted
from pipeline.sources.counts import as_seconds
from pipeline.sources.options import SourcesOptions
from pipeline.sources.record import (
    OTHER,
    SIGNALS,
    Baseline,
    RuleCount,
    Signal,
    SignalName,
    SourceLine,
    SourceRecord,
    SourceWindow,
    Span,
)
from pipeline.sources.watch import Source, Watch, Watermark, name_of, read_state

__all__ = [
    "OTHER",
    "SIGNALS",
    "Baseline",
    "CountedRecord",
    "RuleCount",
    "Signal",
    "SignalName",
    "Source",
    "SourceLine",
    "SourceRecord",
    "SourceWindow",
    "SourcesOptions",
    "Span",
    "Watch",
    "Watermark",
    "as_seconds",
    "counted_record",
    "name_of",
    "read_counted",
    "read_state",
]
