"""Times as people write them in options such as `--since`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pipeline.errors import WrongUseError

_AGO = re.compile(r"(\d+)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment_of(text: str, option: str) -> float:
    """Returns a time in ms since 1970: an ISO date or time (UTC), or so long ago: 90m, 6h, 2d."""
    ago = _AGO.fullmatch(text)
    if ago:
        moment = datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise WrongUseError(
                f"{option}: {text!r} is no time. Examples: 2026-11-30, 2026-11-30T08:15, 90m, 2d"
            ) from error
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.timestamp() * 1000
