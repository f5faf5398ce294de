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
    HeldEntry,
    Index,
    entry_of,
    has_other_facts,
    window_start,
)
from pipeline.dedup.options import DedupOptions
from pipeline.dedup.verdict import is_withheld, match

__all__ = [
    "CompactIndex",
    "DedupOptions",
    "Details",
    "Entry",
    "HeldEntry",
    "Index",
    "as_minhash",
    "entry_of",
    "fingerprint",
    "has_other_facts",
    "is_withheld",
    "match",
    "window_start",
]
