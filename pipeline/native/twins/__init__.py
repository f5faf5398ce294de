"""The plain twins of the native functions: their specification."""

from __future__ import annotations

from pipeline.native.twins.text import squeeze, squeeze_lines

__all__ = ["squeeze", "squeeze_lines"]
