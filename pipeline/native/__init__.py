"""What costs too much in Python, in C; `twins` says in plain Python what each function does.

Everybody imports the functions from here. They are those of the native module; where it is not
built, or with COPYDESK_NATIVE=0, they are the twins, which give the same and take much longer.
"""

from __future__ import annotations

import os
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

MISSING = ""  # why the twins are used, for people; empty where the native module is

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
    if os.environ.get("COPYDESK_NATIVE") == "0":
        MISSING = "COPYDESK_NATIVE is 0"
    else:
        try:
            from pipeline.native import _native as _chosen

            if not all(hasattr(_chosen, name) for name in __all__[1:]):
                MISSING = f"{_chosen.__file__} is of another version of Copydesk"
        except ImportError as error:
            MISSING = str(error)
    if MISSING:
        from pipeline.native import twins as _chosen
    globals().update({name: getattr(_chosen, name) for name in __all__[1:]})
