"""Whether an article was seen before, in what way, and what follows: see `evidence`."""

from __future__ import annotations

from pipeline.dedup.verdict.evidence import compare, match, measure, withheld

__all__ = ["compare", "match", "measure", "withheld"]
