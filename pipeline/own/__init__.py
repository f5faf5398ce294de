"""Rules of the user's own: repairs and checks by import path, phrases and languages in a folder.

`options` are the settings, `loading` imports what they name, `isolation` runs it in a process of
its own: nothing that it does can stop a worker or lose an article. `language_files` says what is
wrong with a language file.
"""

from __future__ import annotations

from pipeline.article import Severity
from pipeline.own.isolation import Own, own_of
from pipeline.own.loading import Check, Imported, imported
from pipeline.own.options import OwnOptions
from pipeline.parse.problems import Notice

__all__ = ["FAILED", "Check", "Imported", "Own", "OwnOptions", "imported", "own_of"]

FAILED = Notice(
    "rule-failed",
    Severity.WARN,
    "a rule of your own failed, and the article went on without it; value: its id",
)
