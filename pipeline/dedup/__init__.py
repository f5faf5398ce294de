"""Finding copies: fingerprint a text, look up its neighbours, give a verdict.

fingerprint(body) -> Fingerprint
index.neighbours(prepared) -> entries -> match(prepared, entries, options) -> Match | None
index.add(entry_of(prepared, found))
"""

from __future__ import annotations

from pipeline.dedup.compact import CompactIndex, load_kernels
from pipeline.dedup.details import Details
from pipeline.dedup.fingerprint import fingerprint
from pipeline.dedup.index import Entry, Held, Index, entry_of, window_start
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.verdict import match, withheld

__all__ = [
    "CompactIndex",
    "DedupOptions",
    "Details",
    "Entry",
    "Held",
    "Index",
    "entry_of",
    "fingerprint",
    "load_kernels",
    "match",
    "window_start",
    "withheld",
]
