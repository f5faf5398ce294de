"""The plain twins of the native functions: their specification."""

from __future__ import annotations

from pipeline.native.twins.fingerprint import (
    count_covered,
    count_shared,
    fingerprint,
    hash_shingles,
    mark_covered,
    sample,
)
from pipeline.native.twins.index import Index
from pipeline.native.twins.language import LanguageModel
from pipeline.native.twins.lines import LineModel
from pipeline.native.twins.measures import passed_limits, round_measures
from pipeline.native.twins.reading import count_among, read_text
from pipeline.native.twins.scan import Scanner
from pipeline.native.twins.text import squeeze, squeeze_lines
from pipeline.native.twins.trees import Trees
from pipeline.native.twins.wording import weigh_lines

__all__ = [
    "Index",
    "LanguageModel",
    "LineModel",
    "Scanner",
    "Trees",
    "count_among",
    "count_covered",
    "count_shared",
    "fingerprint",
    "hash_shingles",
    "mark_covered",
    "passed_limits",
    "read_text",
    "round_measures",
    "sample",
    "squeeze",
    "squeeze_lines",
    "weigh_lines",
]
