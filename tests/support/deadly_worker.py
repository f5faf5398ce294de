"""A worker whose cleaning dies or hangs at some articles, as a bug in native code would."""

from __future__ import annotations

import ctypes
import sys
import time
from typing import Any

from pipeline import flow
from pipeline.clean import clean_with
from pipeline.cli import main

CRASH, HANG = "crashes the worker", "hangs the worker"


def _deadly(own: Any, draft: Any, *rest: Any) -> Any:
    if CRASH in draft.body:
        ctypes.string_at(0)
    while HANG in draft.body:
        time.sleep(0.1)
    return clean_with(own, draft, *rest)


if __name__ == "__main__":
    flow.clean_with = _deadly  # type: ignore[attr-defined]
    sys.exit(main(sys.argv[1:]))
