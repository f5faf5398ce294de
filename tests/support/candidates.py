"""What a rule is given to look at, without the scan."""

from __future__ import annotations

from pipeline.article import Draft
from pipeline.clean.rule import Candidates
from pipeline.text import line_spans


def all_lines(draft: Draft) -> Candidates:
    """Every line of the body is a candidate."""
    spans = line_spans(draft.body)
    return Candidates(spans, range(len(spans)))
