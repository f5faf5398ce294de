"""Sources: what each sends, what is usual for it, and the signals that it is no longer so."""

from __future__ import annotations

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
from pipeline.sources.watch import Watch, Watermark, is_dead_letter, name_of

__all__ = [
    "OTHER",
    "SIGNALS",
    "Baseline",
    "RuleCount",
    "Signal",
    "SignalName",
    "SourceLine",
    "SourceRecord",
    "SourceWindow",
    "SourcesOptions",
    "Span",
    "Watch",
    "Watermark",
    "as_seconds",
    "is_dead_letter",
    "name_of",
]
