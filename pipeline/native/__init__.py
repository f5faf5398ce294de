"""What costs too much in Python, in C; `twins` says in plain Python what each function does.

Everybody imports the functions from here. They are those of the native module; where it is not
built, or with COPYDESK_NATIVE=0, they are the twins, which give the same and take much longer.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "MISSING",
    "Index",
    "LanguageModel",
    "Scanner",
    "count_among",
    "count_covered",
    "count_shared",
    "fingerprint",
    "hash_shingles",
    "read_text",
    "sample",
    "squeeze",
    "squeeze_lines",
]

# Why the twins are used, for people; empty where the native module is, or was not wanted.
MISSING = ""

if TYPE_CHECKING:
    from pipeline.native.twins import (
        Index,
        LanguageModel,
        Scanner,
        count_among,
        count_covered,
        count_shared,
        fingerprint,
        hash_shingles,
        read_text,
        sample,
        squeeze,
        squeeze_lines,
    )
else:
    _chosen = None
    if os.environ.get("COPYDESK_NATIVE") != "0":
        try:
            _chosen = import_module("pipeline.native._native")
            lacking = [name for name in __all__[1:] if not hasattr(_chosen, name)]
            reason = f"that of another version is there, without {lacking[0]}" if lacking else ""
        except ImportError as error:  # not built, or for another system
            lacking, reason = True, str(error)
        if lacking:
            _chosen = None
            MISSING = (
                f"the native module is missing ({reason}): the results are the same, but an article"
                " takes some ten times as long. Install Copydesk again with a C compiler (Debian:"
                " apt-get install gcc; macOS: xcode-select --install; else pip install ziglang)."
            )
    if _chosen is None:
        _chosen = import_module("pipeline.native.twins")
    globals().update({name: getattr(_chosen, name) for name in __all__[1:]})
