"""The live page: what stands on the topics now, kept in bounded memory and drawn for a browser.

Values in, HTML out: whoever follows the topics puts their records into `Memory`; `Pages` draws
it. The numbers on the page are counts of those records and of nothing else.
"""

from __future__ import annotations

from pipeline.live.pages import Answer, Pages, Shown, State, Status
from pipeline.live.paths import article_path, source_path
from pipeline.live.recent import Kept
from pipeline.live.store import Memory
from pipeline.live.story import Found, Story, tell
from pipeline.live.wire import Letter

__all__ = [
    "Answer",
    "Found",
    "Kept",
    "Letter",
    "Memory",
    "Pages",
    "Shown",
    "State",
    "Status",
    "Story",
    "article_path",
    "source_path",
    "tell",
]
