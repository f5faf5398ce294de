"""The report of a run: `Tally` counts while articles go by, `render` draws the page at the end."""

from __future__ import annotations

from pipeline.report.page import Run, render
from pipeline.report.tally import Tally

__all__ = ["Run", "Tally", "render"]
