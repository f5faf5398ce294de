"""The kinds of boilerplate whose lines the language files describe, and their phrases."""

from __future__ import annotations

from pipeline.clean.phrases import load
from pipeline.languages.contents import FURNITURE

CLICK_CALLS = "drop_click_calls"
KINDS = FURNITURE
MAX_CHARS = {kind.id: kind.max_chars for kind in KINDS}
PHRASES = load()
