"""The time of a run, the one clock of the commands and of `Desk`."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from pipeline.errors import WrongUseError


def now() -> str:
    """Returns the time of the run; `SOURCE_DATE_EPOCH` (seconds) sets it, to compare outputs."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if fixed is None:
        moment = datetime.now(UTC)
    else:
        try:
            moment = datetime.fromtimestamp(int(fixed), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise WrongUseError(
                f"SOURCE_DATE_EPOCH is {fixed!r}: it must be seconds since 1970"
            ) from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
