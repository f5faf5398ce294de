"""Finds copies: fingerprints a text, looks up its neighbours, compares it with them.

fingerprint(body) -> Fingerprint
index.neighbours(prepared) -> entries -> match(prepared, entries, options) -> Match | None
index.add(entry_of(prepared, found))
"""

from __future__ import annotations

from pipeline.dedup.fingerprint import as_minhash, fingerprint
from pipeline.dedup.index import (
    CompactIndex,
    Details,
    Entry,
    Held,
    Index,
    entry_of,
    has_other_facts,
    window_start,
)
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.verdict import match, withheld

__all__ = [
    "CompactIndex",
    "DedupOptions",
    "Details",
    "Entry",
    "Held",
    "Index",
    "as_minhash",
    "entry_of",
    "fingerprint",
    "has_other_facts",
    "match",
    "window_start",
    "withheld",
]
