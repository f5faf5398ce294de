"""Copydesk: the desk between the scrapers and everyone downstream.

Bytes come in; `parse` reads an article out of them or says why it can't. `clean` repairs it and
logs every edit, `check` measures it and says what is out of bounds, `dedup` fingerprints it and
compares it with what was seen before. It leaves through exactly one of four doors (clean,
duplicates, rejected, dead letter) with a record that says why.

`flow` is that story in two functions, `prepare` and `decide`: read it first. `article` holds the
records, `runners` the files and streams around the core, `report` the page at the end.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.interface import Desk, Outcome

__all__ = ["Desk", "Outcome", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports the Python interface when it is used: commands that need none of it start faster."""
    if name in {"Desk", "Outcome"}:
        return getattr(import_module("pipeline.interface"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
