"""Errors outside the article, each named for what the caller does about it.

Bad articles are never exceptions: they are `DeadLetter` values. Any other exception inside the
core is a bug.
"""

from __future__ import annotations


class CopydeskError(Exception):
    """A person can fix this: the message says what is wrong, where, and what to do."""

    exit_code = 1  # of the process that it ends


class WrongUseError(CopydeskError):
    """The command, its arguments or its settings cannot work: stop before starting."""

    exit_code = 2


class WorkFailedError(CopydeskError):
    """Something outside failed during the work (disk, permission, broker): stop."""
