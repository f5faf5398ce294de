"""The live page: the newest records of the topics, in bounded memory, rendered for a browser.

Values in, HTML out: a follower of the topics puts their records into `Memory`, and `Pages` renders
it. All numbers on the page are counts of those records.
"""

from __future__ import annotations

from pipeline.live.pages import Answer, Pages, PageState, Shown, Status
from pipeline.live.paths import article_path, source_path
from pipeline.live.recent import Kept
from pipeline.live.store import Memory
from pipeline.live.story import Found, Story, story_of
from pipeline.live.wire import Letter

__all__ = [
    "Answer",
    "Found",
    "Kept",
    "Letter",
    "Memory",
    "PageState",
    "Pages",
    "Shown",
    "Status",
    "Story",
    "article_path",
    "source_path",
    "story_of",
]
