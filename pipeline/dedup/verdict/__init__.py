"""Whether an article was seen before, in what way, and what follows: see `evidence`."""

from __future__ import annotations

from pipeline.dedup.verdict.evidence import compare, is_withheld, match, measure

__all__ = ["compare", "is_withheld", "match", "measure"]
