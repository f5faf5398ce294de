"""The functions that would be too slow in Python, written in C and specified by `twins`.

All other code imports the functions from here. They are those of the native module. If it is not
built, or with COPYDESK_NATIVE=0, they are the twins, which return the same and take much longer.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [  # noqa: F405 - the twins say what there is
    "MISSING",
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

# The sets of hashes, the models and the memory of `copydesk run` are little endian as they are.
if sys.byteorder != "little":
    raise ImportError("Copydesk works on little-endian machines only, such as x86-64 and arm64")

# Why the native module is missing, for people; empty if it is loaded or switched off.
MISSING = ""

if TYPE_CHECKING:
    from pipeline.native.twins import *  # noqa: F403
else:
    _chosen = None
    if os.environ.get("COPYDESK_NATIVE") != "0":
        try:
            _chosen = import_module("pipeline.native._native")
            lacking = [name for name in __all__[1:] if not hasattr(_chosen, name)]
            reason = f"it is of another version, without {lacking[0]}" if lacking else ""
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
