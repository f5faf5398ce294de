"""The plain twins of the native functions: their specification."""

from __future__ import annotations

from pipeline.native.twins.language import LanguageModel
from pipeline.native.twins.reading import count_among, read_text
from pipeline.native.twins.text import squeeze, squeeze_lines

__all__ = ["LanguageModel", "count_among", "read_text", "squeeze", "squeeze_lines"]
